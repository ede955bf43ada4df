// What the interposer is tried on: `subject CASE`. Each case makes calls of a known number and
// prints "expect CODE COUNT" lines, the codes being those of the channel, and the range of its own
// code, which tells its calls from those libc makes for itself. Exits with 0 when all it saw of its
// own calls (results, errno, contents) was right.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <string>
#include <thread>
#include <vector>

extern "C" {
extern char __executable_start;
extern char etext;
[[gnu::weak]] void free_sized(void*, size_t);
[[gnu::weak]] void free_aligned_sized(void*, size_t, size_t);
extern char** environ;
}

namespace {

enum Code {
  kMalloc = 1,
  kCalloc,
  kRealloc,
  kReallocarray,
  kFree,
  kPosixMemalign,
  kAlignedAlloc,
  kMemalign,
  kValloc,
  kPvalloc,
  kFreeSized,
  kFreeAlignedSized,
  kNew,
  kNewArray,
  kDelete,
  kDeleteArray,
  kMmap,
  kMunmap,
  kMremap,
  kBrk,
  kSbrk,
  kReallocBegin = 64,
  kReallocarrayBegin,
  kMremapBegin,
  kBrkShrink,
  kSbrkShrink,
};

constexpr int kErrno = 77;
int failures = 0;

void Expect(int code, unsigned long count) { dprintf(1, "expect %d %lu\n", code, count); }

void SayText() {
  dprintf(1, "text %p %p\n", static_cast<void*>(&__executable_start), static_cast<void*>(&etext));
}

void Check(bool good, const char* what) {
  if (good) return;
  dprintf(1, "wrong: %s (errno %d)\n", what, errno);
  ++failures;
}

template <typename T>
T* Kept(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

volatile size_t huge = SIZE_MAX / 2;

void Pairs(unsigned long count) {
  for (unsigned long i = 0; i < count; ++i) free(Kept(malloc(16 + i % 500)));
}

// Calls that succeed leave errno alone, those that fail set it as libc does.
void ErrnoOfSuccess() {
  errno = kErrno;
  void* block = Kept(malloc(10));
  block = Kept(realloc(block, 1000));
  free(block);
  ::operator delete(Kept(::operator new(10)));
  munmap(Kept(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), 4096);
  Check(errno == kErrno, "errno of calls that succeed");
  Expect(kMalloc, 1);
  Expect(kRealloc, 1);
  Expect(kReallocBegin, 1);
  Expect(kFree, 1);
  Expect(kNew, 1);
  Expect(kDelete, 1);
  Expect(kMmap, 1);
  Expect(kMunmap, 1);
}

void Edges() {
  errno = 0;
  Check(malloc(huge) == nullptr && errno == ENOMEM, "malloc too large");
  errno = 0;
  Check(calloc(huge, 4) == nullptr && errno == ENOMEM, "calloc overflow");
  errno = 0;
  Check(reallocarray(nullptr, huge, 4) == nullptr && errno == ENOMEM, "reallocarray overflow");
  void* untouched = &failures;
  void* result = untouched;
  errno = kErrno;
  Check(posix_memalign(&result, 3, 10) == EINVAL && errno == kErrno && result == untouched,
        "posix_memalign EINVAL");
  void* block = Kept(malloc(0));
  Check(block != nullptr, "malloc(0)");
  Check(realloc(block, 0) == nullptr, "realloc(p, 0)");
  block = Kept(malloc(20));
  memcpy(block, "abcdefg", 8);
  Check(realloc(block, huge) == nullptr && errno == ENOMEM, "realloc too large");
  Check(strcmp(static_cast<char*>(block), "abcdefg") == 0, "failed realloc keeps the block");
  Check(malloc_usable_size(block) >= 20, "malloc_usable_size");
  Check(malloc_usable_size(nullptr) == 0, "malloc_usable_size(NULL)");
  free(block);
  free(nullptr);
  free(Kept(realloc(nullptr, 30)));
  Check(mmap(nullptr, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
            errno == EINVAL,
        "mmap of nothing");
  Check(munmap(reinterpret_cast<void*>(1), 4096) == -1 && errno == EINVAL, "munmap of nothing");
  Check(sbrk(0) != nullptr, "sbrk(0)");
  Check(sbrk(8192) != nullptr, "sbrk growth");
  Check(sbrk(-4096) != nullptr, "sbrk shrink");
  Check(brk(static_cast<char*>(sbrk(0)) - 4096) == 0, "brk shrink");
  Check(brk(static_cast<char*>(sbrk(0)) + 4096) == 0, "brk growth");
  Expect(kMalloc, 3);
  Expect(kCalloc, 1);
  Expect(kReallocarray, 1);
  Expect(kReallocarrayBegin, 0);
  Expect(kPosixMemalign, 1);
  Expect(kRealloc, 3);
  Expect(kReallocBegin, 2);
  Expect(kFree, 2);
  Expect(kMmap, 1);
  Expect(kMunmap, 0);
  Expect(kSbrk, 1);
  Expect(kSbrkShrink, 1);
  Expect(kBrkShrink, 1);
  Expect(kBrk, 1);
}

void Forms() {
  void* block = nullptr;
  Check(posix_memalign(&block, 64, 100) == 0 && reinterpret_cast<uintptr_t>(block) % 64 == 0,
        "posix_memalign");
  free(block);
  free(Kept(aligned_alloc(256, 512)));
  free(Kept(memalign(1024, 10)));
  free(Kept(valloc(10)));
  free(Kept(pvalloc(10)));
  free(Kept(reallocarray(Kept(malloc(10)), 10, 10)));
  const auto* zero = static_cast<unsigned char*>(Kept(calloc(100, 10)));
  for (int i = 0; i < 1000; ++i) Check(zero[i] == 0, "calloc is zero");
  free(const_cast<unsigned char*>(zero));
  if (free_sized != nullptr) {
    free_sized(Kept(malloc(33)), 33);
    free_aligned_sized(Kept(aligned_alloc(64, 128)), 64, 128);
    free_sized(nullptr, 0);
  }
  constexpr std::align_val_t kAlign{128};
  ::operator delete(Kept(::operator new(11, kAlign)), kAlign);
  ::operator delete[](Kept(::operator new[](12, kAlign, std::nothrow)), 12, kAlign);
  ::operator delete[](Kept(::operator new[](0)), size_t{0});
  ::operator delete(nullptr);
  void* mapping = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mapping = mremap(mapping, 4096, 8192, MREMAP_MAYMOVE);
  Check(mapping != MAP_FAILED, "mremap");
  Check(mremap(mapping, 8192, huge, 0) == MAP_FAILED, "mremap too large");
  munmap(mapping, 8192);
  Expect(kPosixMemalign, 1);
  Expect(kAlignedAlloc, 2);
  Expect(kMemalign, 1);
  Expect(kValloc, 1);
  Expect(kPvalloc, 1);
  Expect(kMalloc, 2);
  Expect(kReallocarray, 1);
  Expect(kReallocarrayBegin, 1);
  Expect(kCalloc, 1);
  Expect(kFree, 7);
  Expect(kFreeSized, 1);
  Expect(kFreeAlignedSized, 1);
  Expect(kNew, 1);
  Expect(kNewArray, 2);
  Expect(kDelete, 1);
  Expect(kDeleteArray, 2);
  Expect(kMmap, 1);
  Expect(kMremap, 2);
  Expect(kMremapBegin, 2);
  Expect(kMunmap, 1);
}

int handler_calls = 0;
void NewHandler() {
  if (++handler_calls == 3) std::set_new_handler(nullptr);
}

void NewFails() {
  int caught = 0;
  try {
    Kept(::operator new(huge));
  } catch (const std::bad_alloc&) {
    ++caught;
  }
  try {
    Kept(::operator new[](huge, std::align_val_t{64}));
  } catch (const std::bad_alloc&) {
    ++caught;
  }
  Check(caught == 2, "bad_alloc");
  Check(::operator new(huge, std::nothrow) == nullptr, "nothrow");
  Check(::operator new[](huge, std::nothrow) == nullptr, "nothrow array");
  free(Kept(malloc(5)));
  errno = 0;
  Check(malloc(huge) == nullptr, "malloc after new");
  std::set_new_handler(NewHandler);
  try {
    Kept(::operator new(huge));
  } catch (const std::bad_alloc&) {
    ++caught;
  }
  Check(caught == 3 && handler_calls == 3, "new handler");
  Check(malloc(huge) == nullptr, "malloc after new that threw");
  // A new-handler that fails at the same itself.
  std::set_new_handler([] {
    std::set_new_handler(nullptr);
    Check(malloc(huge) == nullptr, "malloc in the new handler");
  });
  Check(::operator new(huge, std::nothrow) == nullptr, "nothrow with a handler");
  Expect(kNew, 4);
  Expect(kNewArray, 2);
  Expect(kMalloc, 4);  // no frees: libstdc++ jumps to free when it ends an exception
}

// Allocations in a timer's handler, while the program allocates as fast as it can. glibc's malloc
// is not safe in a handler, so handlers map memory, which is.
std::atomic<unsigned long> handled{0};
void MapThrice() {
  for (int i = 0; i < 3; ++i) {
    void* const memory = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(memory, 4096);
  }
  handled.fetch_add(1);
}

void StartTimer() {
  const itimerval soon{.it_interval = {0, 0}, .it_value = {0, 50}};
  setitimer(ITIMER_REAL, &soon, nullptr);
}

[[gnu::noinline]] void AllocateInStorm(unsigned long pairs, int depth) {
  if (depth > 0) {
    AllocateInStorm(pairs, depth - 1);
    asm volatile("");  // no jump in place of the call
    return;
  }
  unsigned long seen = handled;
  StartTimer();
  for (unsigned long i = 0; i < pairs; ++i) {
    errno = kErrno;
    free(Kept(malloc(16 + i % 500)));
    if (errno != kErrno) ++failures;
    // Anew after each, so that handlers that take longer than the interval do not hold all up.
    if (handled == seen) continue;
    seen = handled;
    StartTimer();
  }
}

void Storm(void (*handler)(int), int depth) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(SIGALRM, &action, nullptr);
  constexpr unsigned long kPairs = 3'000'000;
  AllocateInStorm(kPairs, depth);
  signal(SIGALRM, SIG_IGN);
  Check(handled > 100, "signals came");
  Expect(kMalloc, kPairs);
  Expect(kFree, kPairs);
  Expect(kMmap, 3 * handled);
  Expect(kMunmap, 3 * handled);
}

void PlainStorm() {
  Storm([](int) { MapThrice(); }, 0);
}

// As if the handler had interrupted code that uses the frame pointer as any other register: its
// chain of thirty frames ends with what was in it, where that of the program goes on.
void OnTimerShortStack(int) {
#if defined(__x86_64__)
  struct Frame {
    const void* next;
    const void* caller;
  };
  Frame frames[30];
  for (Frame& frame : frames) frame = {&frame + 1, reinterpret_cast<const void*>(&StartTimer)};
  std::end(frames)[-1].next = reinterpret_cast<const void*>(0x18);
  asm volatile(
      "movq %%rsp, %%rbx\n\t"
      "subq $128, %%rsp\n\t"
      "andq $-16, %%rsp\n\t"
      "movq %%rbp, %%r12\n\t"
      "movq %0, %%rbp\n\t"
      "callq *%1\n\t"
      "movq %%r12, %%rbp\n\t"
      "movq %%rbx, %%rsp"
      :
      : "r"(frames), "r"(&MapThrice)
      : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
#else
  MapThrice();
#endif
}

void StormOfShortStacks() { Storm(OnTimerShortStack, 50); }

// Handlers that leave by siglongjmp, maybe from the middle of a hook. Nothing may hang.
sigjmp_buf resume;
void OnTimerJump(int) { siglongjmp(resume, 1); }

void Jumps() {
  struct sigaction action {};
  action.sa_handler = OnTimerJump;
  sigaction(SIGALRM, &action, nullptr);
  volatile int jumps = 0;
  const itimerval soon{.it_interval = {0, 0}, .it_value = {0, 200}};
  if (sigsetjmp(resume, 1) != 0) jumps = jumps + 1;
  if (jumps < 500) {
    setitimer(ITIMER_REAL, &soon, nullptr);
    for (;;) {
      // Not malloc: a jump out of it would break the heap of any program.
      void* const memory = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory != MAP_FAILED) munmap(memory, 4096);
    }
  }
  signal(SIGALRM, SIG_IGN);
  Pairs(20'000);
  Expect(kMalloc, 20'000);
  Expect(kFree, 20'000);
}

// Destructors of thread-specific data that free and allocate, as late as there are rounds.
constexpr int kThreads = 200;
pthread_key_t early_key;
pthread_key_t late_key;
void OnKey(void* value) {
  free(value);
  free(Kept(malloc(40)));
}
int rounds_of_stubborn = 0;
pthread_key_t stubborn_key;
void OnStubbornKey(void* value) {
  const auto round = reinterpret_cast<uintptr_t>(value);
  free(Kept(malloc(50)));
  if (round < 10) pthread_setspecific(stubborn_key, reinterpret_cast<void*>(round + 1));
}

void* TsdThread(void*) {
  pthread_setspecific(early_key, Kept(malloc(10)));
  pthread_setspecific(late_key, Kept(malloc(20)));
  pthread_setspecific(stubborn_key, reinterpret_cast<void*>(1));
  return nullptr;
}

void LateFrees() {
  pthread_key_create(&early_key, OnKey);
  pthread_key_create(&stubborn_key, OnStubbornKey);
  std::vector<pthread_key_t> filler(40);  // beyond the keys that need no allocation
  for (auto& key : filler) pthread_key_create(&key, nullptr);
  pthread_key_create(&late_key, OnKey);
  for (int i = 0; i < kThreads; ++i) {
    pthread_t thread;
    pthread_create(&thread, nullptr, TsdThread, nullptr);
    pthread_join(thread, nullptr);
  }
  // libc runs four rounds of destructors.
  Expect(kMalloc, kThreads * (2 + 2 + 4));
  Expect(kFree, kThreads * (4 + 4));
}

std::atomic<unsigned long> cancelled_pairs{0};
void* CancelledThread(void*) {
  for (;;) {
    free(Kept(malloc(60)));
    cancelled_pairs.fetch_add(1);
    pthread_testcancel();
  }
}

void Cancel() {
  for (int i = 0; i < 50; ++i) {
    pthread_t thread;
    pthread_create(&thread, nullptr, CancelledThread, nullptr);
    const unsigned long now = cancelled_pairs;
    while (cancelled_pairs < now + 100) sched_yield();
    pthread_cancel(thread);
    void* result = nullptr;
    pthread_join(thread, &result);
    Check(result == PTHREAD_CANCELED, "cancelled");
  }
  Expect(kMalloc, cancelled_pairs);
  Expect(kFree, cancelled_pairs);
}

// Children forked while other threads allocate.
void ForkAmongThreads() {
  std::atomic<bool> stop{false};
  std::atomic<unsigned long> pairs{0};
  std::vector<std::thread> threads;
  threads.reserve(16);
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      unsigned long own = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        free(Kept(malloc(70)));
        ++own;
      }
      pairs += own;
    });
  }
  constexpr int kChildren = 40;
  constexpr unsigned long kPairs = 500;
  for (int i = 0; i < kChildren; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      Pairs(kPairs);
      _exit(i % 7);
    }
    int status = 0;
    waitpid(child, &status, 0);
    Check(WIFEXITED(status) && WEXITSTATUS(status) == i % 7, "child's status");
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  Expect(kMalloc, pairs + kChildren * kPairs);
  Expect(kFree, pairs + kChildren * kPairs);
}

void Children(char* self) {
  constexpr int kEach = 50;
  char name[] = "pairs100";
  char* arguments[] = {self, name, nullptr};
  for (int i = 0; i < kEach; ++i) {
    pid_t child = vfork();
    if (child == 0) {
      execv("/proc/self/exe", arguments);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    Check(status == 0, "vfork child");
    Check(posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments, environ) == 0,
          "posix_spawn");
    waitpid(child, &status, 0);
    Check(status == 0, "spawned child");
  }
  // A child of vfork that ends without exec, and one whose exec fails.
  for (int i = 0; i < kEach; ++i) {
    const pid_t child = vfork();
    if (child == 0) _exit(3);
    int status = 0;
    waitpid(child, &status, 0);
    Check(WIFEXITED(status) && WEXITSTATUS(status) == 3, "vfork child's _exit");
  }
  Pairs(100);
  Expect(kMalloc, 100);
  Expect(kFree, 100);
}

// As little address space as a thread and its ring need, and less.
void AddressSpaceLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  std::FILE* const file = fopen("/proc/self/statm", "re");
  unsigned long pages = 0;
  Check(file != nullptr && fscanf(file, "%lu", &pages) == 1, "statm");
  fclose(file);
  limit.rlim_cur = pages * 4096 + (64UL << 20);
  setrlimit(RLIMIT_AS, &limit);
  unsigned long made = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<pthread_t> threads;
    for (int k = 0; k < 6; ++k) {
      pthread_t thread;
      if (pthread_create(
              &thread, nullptr,
              [](void*) -> void* {
                Pairs(10);
                return nullptr;
              },
              nullptr) == 0) {
        threads.push_back(thread);
        ++made;
      }
    }
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
  }
  Check(made > 0, "threads");
  dprintf(1, "made %lu\n", made * 10);
}

// Not static: frames with names of their own, each with a frame pointer.
[[gnu::noinline]] void Deep(int depth, unsigned long pairs) {
  if (depth > 0) {
    Deep(depth - 1, pairs);
  } else {
    Pairs(pairs);
  }
  asm volatile("" ::: "memory");
}

void Stacks() {
  for (int depth = 1; depth <= 40; ++depth) Deep(depth, 100);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) threads.emplace_back([] { Deep(5, 1000); });
  for (auto& thread : threads) thread.join();
  // On another stack, whose frames must not be followed into nothing.
  stack_t other{};
  other.ss_size = 64 * 1024;
  other.ss_sp =
      mmap(nullptr, other.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = [](int) { Deep(5, 100); };
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, nullptr);
  raise(SIGUSR1);
  Expect(kMalloc, 40 * 100 + 8 * 1000 + 100);
  Expect(kFree, 40 * 100 + 8 * 1000 + 100);
}

// Frame pointers that lead anywhere: what code without them leaves in the register.
#if defined(__x86_64__)
void* MallocWithFramePointer(uintptr_t value) {
  void* block = nullptr;
  size_t size = 80;
  // The stack is aligned by hand; all that a call may change is named.
  asm volatile(
      "push %%rbp\n\t mov %%rsp, %%rbx\n\t and $-16, %%rsp\n\t mov %2, %%rbp\n\t"
      "call malloc@PLT\n\t mov %%rbx, %%rsp\n\t pop %%rbp"
      : "=a"(block), "+D"(size)
      : "r"(value)
      : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
  return block;
}

void WildFramePointers() {
  char here = 0;
  const auto stack = reinterpret_cast<uintptr_t>(&here);
  const uintptr_t values[] = {0,
                              1,
                              8,
                              ~0UL,
                              ~7UL,
                              stack + 1,
                              stack - 64,
                              1UL << 47,
                              (1UL << 47) - 16,
                              stack & ~7UL,
                              0x7fffffffeff8,
                              reinterpret_cast<uintptr_t>(&environ)};
  unsigned long count = 0;
  for (int turn = 0; turn < 3; ++turn) {
    for (const uintptr_t value : values) {
      free(MallocWithFramePointer(value));
      ++count;
    }
    for (uintptr_t offset = 0; offset < 1 << 16; offset += 8) {
      free(MallocWithFramePointer((stack & ~7UL) + offset));
      ++count;
    }
  }
  Expect(kMalloc, count);
  Expect(kFree, count);
}
#endif

void Descriptors() {
  const int first = open("/dev/null", O_RDONLY);
  Pairs(10);
  std::thread([] { Pairs(10); }).join();
  const pid_t child = fork();
  if (child == 0) {
    Pairs(10);
    const int mine = open("/dev/null", O_RDONLY);
    _exit(mine == first + 1 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Check(status == 0, "descriptor of a child");
  Check(first == 3, "first descriptor");
  Check(open("/dev/null", O_RDONLY) == first + 1, "next descriptor");
  close_range(3, ~0U, 0);
  std::thread([] { Pairs(10); }).join();
  Expect(kMalloc, 40);
  Expect(kFree, 40);
}

// For the recorder's death: long enough to meet it.
void Long() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([] { Pairs(300'000); });
  Pairs(300'000);
  for (auto& thread : threads) thread.join();
  Expect(kMalloc, 1'200'000);
  Expect(kFree, 1'200'000);
}

// A library found by this program's own run path, and one in a namespace of its own.
void Dlopen() {
  void* const plain = dlopen("libheimdallr-test-plugin.so", RTLD_NOW | RTLD_LOCAL);
  Check(plain != nullptr, "dlopen by the run path");
  if (plain == nullptr) dprintf(1, "%s\n", dlerror());
  dlclose(plain);
  void* const bound = dlopen("libheimdallr-test-plugin.so", RTLD_NOW | RTLD_DEEPBIND);
  Check(bound != nullptr, "dlopen with RTLD_DEEPBIND");
  dlclose(bound);
  void* const apart = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
  Check(apart != nullptr, "dlmopen");
  Expect(101, 2);
}

struct Case {
  const char* name;
  void (*run)();
};
constexpr Case kCases[] = {
    {"errno", ErrnoOfSuccess},
    {"edges", Edges},
    {"forms", Forms},
    {"new_fails", NewFails},
    {"storm", PlainStorm},
    {"storm_of_short_stacks", StormOfShortStacks},
    {"jumps", Jumps},
    {"late_frees", LateFrees},
    {"cancel", Cancel},
    {"fork_among_threads", ForkAmongThreads},
    {"address_space", AddressSpaceLimit},
    {"stacks", Stacks},
#if defined(__x86_64__)
    {"wild_frame_pointers", WildFramePointers},
#endif
    {"descriptors", Descriptors},
    {"long", Long},
    {"dlopen", Dlopen},
    {"pairs100",
     [] {
       Pairs(100);
       Expect(kMalloc, 100);
       Expect(kFree, 100);
     }},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  SayText();
  if (name == "children") Children(argv[0]);
  for (const Case& one : kCases) {
    if (name == one.name) one.run();
  }
  return failures == 0 ? 0 : 1;
}
