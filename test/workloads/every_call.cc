// every_call [TIMES]: every allocation call, each exactly TIMES times.
#include <malloc.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "truth.h"

namespace {

constexpr std::align_val_t kAlign{64};
constexpr size_t kPage = 4096;

void* Kept(void* pointer) {
  Escape(pointer);
  return OrDie(pointer);
}

void CFamily() {
  free(Kept(malloc(101)));
  free(Kept(calloc(3, 35)));
  free(Kept(realloc(Kept(malloc(107)), 1009)));
  free(Kept(reallocarray(Kept(malloc(109)), 3, 337)));
  void* block = nullptr;
  if (posix_memalign(&block, 64, 127) != 0) abort();
  free(Kept(block));
  free(Kept(aligned_alloc(64, 128)));
  free(Kept(memalign(128, 131)));
  free(Kept(valloc(137)));
  free(Kept(pvalloc(139)));
}

// The calls themselves: new-expressions may be left out or joined by the compiler.
void CppFamily() {
  ::operator delete(Kept(::operator new(149)));
  ::operator delete(Kept(::operator new(151)), 151);
  ::operator delete(Kept(::operator new(157, std::nothrow)), std::nothrow);
  ::operator delete(Kept(::operator new(163, kAlign)), kAlign);
  ::operator delete(Kept(::operator new(167, kAlign)), 167, kAlign);
  ::operator delete(Kept(::operator new(173, kAlign, std::nothrow)), kAlign, std::nothrow);
  ::operator delete[](Kept(::operator new[](179)));
  ::operator delete[](Kept(::operator new[](181)), 181);
  ::operator delete[](Kept(::operator new[](191, std::nothrow)), std::nothrow);
  ::operator delete[](Kept(::operator new[](193, kAlign)), kAlign);
  ::operator delete[](Kept(::operator new[](197, kAlign)), 197, kAlign);
  ::operator delete[](Kept(::operator new[](199, kAlign, std::nothrow)), kAlign, std::nothrow);
}

void Mappings() {
  constexpr int kProtection = PROT_READ | PROT_WRITE;
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
  void* one = mmap(nullptr, kPage, kProtection, kFlags, -1, 0);
  void* two = mremap(one, kPage, 3 * kPage, MREMAP_MAYMOVE);
  if (one == MAP_FAILED || two == MAP_FAILED) abort();
  munmap(two, 3 * kPage);
  if (sbrk(kPage) == reinterpret_cast<void*>(-1)) abort();
}

void Failures() {
  volatile size_t too_much = SIZE_MAX / 2;
  Escape(malloc(too_much));
  Escape(calloc(too_much, 4));
  void* block = Kept(malloc(211));
  if (realloc(block, too_much) != nullptr) abort();
  free(block);  // still there
  free(nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  const auto times = static_cast<unsigned long>(NumberArgument(argc, argv, 1, 100));
  SayText();
  for (unsigned long i = 0; i < times; i++) {
    CFamily();
    CppFamily();
    Mappings();
    Failures();
  }
  SayCalls("malloc", 5 * times);
  SayCalls("calloc", 2 * times);
  SayCalls("realloc", 2 * times);
  SayCalls("reallocarray", times);
  SayCalls("posix_memalign", times);
  SayCalls("aligned_alloc", times);
  SayCalls("memalign", times);
  SayCalls("valloc", times);
  SayCalls("pvalloc", times);
  SayCalls("free", 10 * times);  // free(NULL) is no event
  SayCalls("operator_new", 6 * times);
  SayCalls("operator_new[]", 6 * times);
  SayCalls("operator_delete", 6 * times);
  SayCalls("operator_delete[]", 6 * times);
  SayCalls("mmap", times);
  SayCalls("mremap", times);
  SayCalls("munmap", times);
  SayCalls("sbrk", times);
  SayFailed("malloc", times);
  SayFailed("calloc", times);
  SayFailed("realloc", times);
  return 0;
}
