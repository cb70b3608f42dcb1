// spin: never ends, prints nothing.
int main(void) {
  for (;;) __asm__ volatile("");
}
