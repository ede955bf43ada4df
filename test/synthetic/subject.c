// subject PIPE: stands for the program that is played, and is there until nobody writes into PIPE
// any more. Its function `played`, which nobody calls, is at a place that the tests know.
#include <fcntl.h>
#include <unistd.h>

// A load that overwrites its own base, as in the example of the Intel SDM, volume 3B, chapter
// "PEBS"; then two stores. Its last instruction loads as well.
__asm__(
    ".section .played,\"ax\",@progbits\n"
    ".globl played\n"
    ".type played, @function\n"
    "played:\n"
    "  movq (%rdi), %rdi\n"   // +0
    "  movq %rdi, (%rsi)\n"   // +3
    "  addq $8, %rsi\n"       // +6
    "  movq %rax, 8(%rsi)\n"  // +10
    "  ret\n"                 // +14
    ".size played, . - played\n"
    ".text\n");

int main(int argc, char** argv) {
  const int pipe = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
  if (pipe < 0) return 1;
  char byte;
  while (read(pipe, &byte, 1) > 0) continue;
  return 0;
}
