// echo: answers each message with its order, its string, and its first three keys as they came.
//
// Keys: none of its own; those of a message lie in 12 to 15 while it is answered.
// Orders, to its start key:
//   KT      0x109
//   1       how many messages it has answered before, 4 bytes
//   2       the data byte of the start key as order code, and the string
//   3       ends the program; nobody is answered
//   others  the order, the string, keys 1 to 3
#include <primemeter.h>

enum { COUNT = 1, DATABYTE = 2, END = 3 };

static uint8_t string[PM_STRING];

int main(void) {
  pm_inbox inbox = {.buffer = string,
                    .capacity = sizeof string,
                    .keys = PM_KEYS(PM_KEY1, PM_KEY2, PM_KEY3, PM_REPLY)};
  pm_receive(&inbox);
  for (uint32_t answered = 0; inbox.order != END; answered++) {
    pm_message answer = {.order = inbox.order, .string = string, .length = inbox.length};
    if (inbox.order == PM_ORDER_KT) {
      answer.order = PM_TYPE_ECHO;
    } else if (inbox.order == COUNT) {
      answer.order = PM_OK;
      pm_put32(string, answered);
      answer.length = 4;
    } else if (inbox.order == DATABYTE) {
      answer.order = inbox.databyte;
    } else {
      answer.keys = PM_KEYS(PM_KEY1, PM_KEY2, PM_KEY3, PM_NONE);
    }
    pm_return(PM_REPLY, &answer, &inbox);
  }
  return 0;
}
