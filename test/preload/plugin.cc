// See c_host.c.
#include <cstdint>
#include <new>

extern "C" int PluginRun() {
  for (int i = 0; i < 100; ++i) {
    int* number = new int(i);
    asm volatile("" : "+r"(number) : : "memory");
    delete number;
  }
  volatile std::size_t too_much = SIZE_MAX / 2;
  try {
    void* block = ::operator new(too_much);
    asm volatile("" : "+r"(block) : : "memory");
    return 1;
  } catch (const std::bad_alloc&) {
  }
  return ::operator new(too_much, std::nothrow) == nullptr ? 0 : 1;
}
