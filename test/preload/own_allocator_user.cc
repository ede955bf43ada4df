// Uses own_allocator.cc from a library. Prints what it called, like subject.cc.
#include <cstdio>
#include <cstdlib>
#include <new>

extern "C" {
int OwnAllocatorLive();
extern char __executable_start;
extern char etext;
}

namespace {
void* Kept(void* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}
}  // namespace

int main() {
  std::printf("text %p %p\n", static_cast<void*>(&__executable_start), static_cast<void*>(&etext));
  for (int i = 0; i < 1000; ++i) {
    ::operator delete(Kept(::operator new(32)));          // from the pool
    ::operator delete(Kept(::operator new(1000)), 1000);  // from malloc
  }
  std::printf("live %d\n", OwnAllocatorLive());
  return OwnAllocatorLive() == 0 ? 0 : 1;
}
