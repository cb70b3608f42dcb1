// What bank.h declares: the transaction, and what the three servers of the bank have in common.
#include <bank.h>

void bank_open(char way) {
  bank->way = way;
  bank->magic = BANK_MAGIC;
}

bank_transfer bank_wish(uint32_t teller, uint32_t n) {
  uint32_t from = (teller * 7 + n) % BANK_ACCOUNTS;
  uint32_t to = (from + 1 + (teller + n) % (BANK_ACCOUNTS - 1)) % BANK_ACCOUNTS;
  return (bank_transfer){from, to, 1 + n % 10};
}

void bank_work(uint32_t rounds) {
  __asm__ volatile("1: addi %0, %0, -1\nbgtz %0, 1b" : "+r"(rounds));
}

void bank_do(const bank_transfer *transfer, uint32_t work) {
  bank->begun++;
  bank->change[transfer->from] -= transfer->amount;
  bank_work(work);
  bank->change[transfer->to] += transfer->amount;
  bank->done++;
}

uint32_t bank_read(const pm_inbox *inbox, bank_transfer *transfer) {
  const uint8_t *string = inbox->buffer;
  if (inbox->sent != BANK_STRING || inbox->length != BANK_STRING) return BANK_REFUSED;
  *transfer = (bank_transfer){pm_get32(string), pm_get32(string + 4), pm_get32(string + 8)};
  int known = transfer->from < BANK_ACCOUNTS && transfer->to < BANK_ACCOUNTS;
  return known ? PM_OK : BANK_REFUSED;
}

void bank_serve(uint32_t teller, const bank_transfer *transfer, uint32_t work) {
  volatile bank_person *person = &bank->teller[teller % BANK_TELLERS];
  person->state = BANK_INSIDE;
  person->begun++;
  bank_do(transfer, work);
  person->done++;
  person->state = BANK_OUTSIDE;
}

uint32_t bank_look(const pm_inbox *inbox, uint8_t *string, uint32_t *length) {
  if (inbox->order == PM_ORDER_KT) return PM_TYPE_BANK;
  if (inbox->order == BANK_BALANCE) {
    uint32_t account = inbox->length == 4 ? pm_get32(inbox->buffer) : BANK_ACCOUNTS;
    if (account >= BANK_ACCOUNTS) return BANK_REFUSED;
    pm_put32(string, BANK_OPENING + bank->change[account]);
    *length = 4;
    return PM_OK;
  }
  if (inbox->order != BANK_AUDIT) return PM_INVALID;
  uint32_t money = BANK_ACCOUNTS * BANK_OPENING;
  for (int account = 0; account < BANK_ACCOUNTS; account++) money += bank->change[account];
  pm_put32(string, money);
  pm_put32(string + 4, bank->done);
  *length = 8;
  return PM_OK;
}
