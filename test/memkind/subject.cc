// What libheimdallr-memkind.so is tried on: `memkind-subject CASE`. Exits with 0 when all it saw
// was right, and says on stdout what was not.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

extern "C" {
void* __libc_malloc(size_t);
[[gnu::weak]] uint64_t heimdallr_memory_of(const void*);
[[gnu::weak]] void free_sized(void*, size_t);
[[gnu::weak]] void free_aligned_sized(void*, size_t, size_t);
}

namespace {

enum Memory { kDefault = 0, kAsked = 1, kFallback = 2 };
constexpr int kErrno = 77;
std::atomic<int> failures{0};

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

bool Is(const void* block, Memory memory) {
  return block != nullptr && heimdallr_memory_of(block) == static_cast<uint64_t>(memory);
}

bool Filled(const void* block, int byte, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(block);
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] != byte) return false;
  }
  return true;
}

void CheckBlock(void* block, size_t size, size_t alignment, const char* what) {
  Check(Is(block, kAsked), what);
  Check(reinterpret_cast<uintptr_t>(block) % alignment == 0, what);
  Check(malloc_usable_size(block) >= size, what);
  const size_t usable = malloc_usable_size(block);
  const size_t ends = usable < 100'000 ? usable : 5000;
  memset(block, 0x5a, ends);
  memset(static_cast<char*>(block) + usable - ends, 0x5a, ends);
  free(block);
}

void Forms() {
  errno = kErrno;
  for (size_t size : {0UL, 1UL, 8UL, 16UL, 17UL, 100UL, 1024UL, 14336UL, 14337UL, 16384UL, 32768UL,
                      32769UL, 100000UL, 3000000UL}) {
    CheckBlock(Kept(malloc(size)), size, 16, "malloc");
    CheckBlock(Kept(valloc(size)), size, 4096, "valloc");
    CheckBlock(Kept(pvalloc(size)), (size + 4095) / 4096 * 4096, 4096, "pvalloc");
    void* block = Kept(calloc(size, 1));
    Check(Filled(block, 0, size), "calloc is zero");
    CheckBlock(block, size, 16, "calloc");
    for (size_t alignment = 8; alignment <= 8 << 20; alignment *= 2) {
      block = nullptr;
      Check(posix_memalign(&block, alignment, size) == 0, "posix_memalign");
      CheckBlock(block, size, alignment, "posix_memalign");
      CheckBlock(Kept(aligned_alloc(alignment, size)), size, alignment, "aligned_alloc");
      CheckBlock(Kept(memalign(alignment, size)), size, alignment, "memalign");
    }
    block = ::operator new(size);
    Check(Is(block, kAsked), "operator new");
    ::operator delete(block);
    block = ::operator new (size, std::align_val_t{256});
    Check(Is(block, kAsked) && reinterpret_cast<uintptr_t>(block) % 256 == 0, "aligned new");
    ::operator delete (block, std::align_val_t{256});
  }
  CheckBlock(Kept(memalign(48, 100)), 100, 64, "memalign of no power of two");
  CheckBlock(Kept(reallocarray(nullptr, 10, 100)), 1000, 16, "reallocarray");
  if (free_sized != nullptr) {
    free_sized(Kept(malloc(40)), 40);
    free_aligned_sized(Kept(aligned_alloc(64, 128)), 64, 128);
  }
  Check(errno == kErrno, "errno of calls that succeed");
  void* const one = Kept(malloc(0));
  void* const other = Kept(malloc(0));
  Check(one != nullptr && other != nullptr && one != other, "malloc(0) is unique");
  free(one);
  free(other);
  free(nullptr);
  Check(malloc_usable_size(nullptr) == 0, "malloc_usable_size(NULL)");
}

volatile size_t huge = SIZE_MAX / 2;

void Failures() {
  errno = 0;
  Check(malloc(huge) == nullptr && errno == ENOMEM, "malloc too large");
  errno = 0;
  Check(calloc(huge, 4) == nullptr && errno == ENOMEM, "calloc overflow");
  errno = 0;
  Check(reallocarray(nullptr, huge, 4) == nullptr && errno == ENOMEM, "reallocarray overflow");
  errno = 0;
  Check(pvalloc(SIZE_MAX) == nullptr && errno == ENOMEM, "pvalloc overflow");
  errno = 0;
  Check(memalign(SIZE_MAX, 1) == nullptr && errno == EINVAL, "memalign too large");
  void* untouched = &failures;
  errno = kErrno;
  Check(posix_memalign(&untouched, 3, 10) == EINVAL, "posix_memalign of no power of two");
  Check(posix_memalign(&untouched, 4, 10) == EINVAL, "posix_memalign of less than a pointer");
  Check(posix_memalign(&untouched, 64, huge) == ENOMEM, "posix_memalign too large");
  Check(errno == kErrno && untouched == &failures, "posix_memalign leaves things alone");
  char* const block = static_cast<char*>(Kept(malloc(100'000)));
  strcpy(block, "kept");
  errno = 0;
  Check(realloc(block, huge) == nullptr && errno == ENOMEM, "realloc too large");
  Check(strcmp(block, "kept") == 0, "a failed realloc keeps the block");
  free(block);
}

void Reallocs() {
  const size_t sizes[] = {1, 16, 17, 500, 5000, 32768, 32769, 70000, 1 << 20, 5 << 20};
  for (const size_t from : sizes) {
    for (const size_t to : sizes) {
      char* block = static_cast<char*>(Kept(malloc(from)));
      memset(block, 0x33, from);
      block = static_cast<char*>(Kept(realloc(block, to)));
      Check(Is(block, kAsked) && Filled(block, 0x33, from < to ? from : to), "realloc");
      memset(block, 0x44, to);
      free(block);
      // A block of another owner moves over.
      char* foreign = static_cast<char*>(Kept(__libc_malloc(from)));
      Check(Is(foreign, kDefault), "libc's block");
      memset(foreign, 0x55, from);
      foreign = static_cast<char*>(Kept(realloc(foreign, to)));
      Check(Is(foreign, kAsked) && Filled(foreign, 0x55, from < to ? from : to),
            "realloc of a foreign block");
      free(foreign);
    }
  }
  Check(realloc(Kept(malloc(10)), 0) == nullptr, "realloc(p, 0)");
  Check(realloc(Kept(malloc(100'000)), 0) == nullptr, "realloc(large, 0)");
  Check(realloc(Kept(__libc_malloc(10)), 0) == nullptr, "realloc(foreign, 0)");
  free(Kept(__libc_malloc(10)));
  Check(malloc_usable_size(Kept(__libc_malloc(1000))) >= 1000, "size of a foreign block");
}

// calloc where there was something before.
void Zeroed() {
  for (int round = 0; round < 20; ++round) {
    std::vector<void*> blocks;
    for (size_t size = 100; size < 8 << 20; size = size * 3 / 2) {
      void* const block = Kept(calloc(1, size));
      Check(Filled(block, 0, size), "calloc of used memory is zero");
      memset(block, 0xff, malloc_usable_size(block));
      blocks.push_back(block);
    }
    for (void* block : blocks) free(block);
  }
}

// Blocks of all sizes and forms with their contents, handed between threads.
struct Block {
  unsigned char* start;
  size_t size;
  unsigned char byte;
};

void Exchange(std::vector<Block>& shared, std::mutex& mutex, unsigned seed, int rounds) {
  uint32_t random = seed;
  const auto next = [&] { return (random = random * 1664525 + 1013904223) >> 8; };
  for (int i = 0; i < rounds; ++i) {
    Block block{};
    block.size = 1 + next() % (next() % 64 == 0 ? 200'000 : 2000);
    block.byte = static_cast<unsigned char>(next());
    switch (next() % 4) {
      case 0:
        block.start = static_cast<unsigned char*>(calloc(1, block.size));
        Check(Filled(block.start, 0, block.size), "calloc");
        break;
      case 1:
        block.start = static_cast<unsigned char*>(aligned_alloc(64, block.size));
        break;
      default:
        block.start = static_cast<unsigned char*>(malloc(block.size));
    }
    memset(block.start, block.byte, block.size);
    {
      const std::lock_guard lock(mutex);
      if (shared.size() > 500)
        std::swap(block, shared[next() % shared.size()]);
      else
        shared.push_back(block), block.start = nullptr;
    }
    if (block.start == nullptr) continue;
    Check(Filled(block.start, block.byte, block.size), "contents of a block");
    if (next() % 8 == 0) {
      const size_t size = 1 + next() % 50'000;
      block.start = static_cast<unsigned char*>(realloc(block.start, size));
      Check(Filled(block.start, block.byte, size < block.size ? size : block.size), "realloc");
    }
    free(block.start);
  }
}

void Threads() {
  std::vector<Block> shared;
  std::mutex mutex;
  for (int turn = 0; turn < 4; ++turn) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] { Exchange(shared, mutex, i + 100 * turn, 4000); });
    }
    for (auto& thread : threads) thread.join();
  }
  for (const Block& block : shared) {
    Check(Filled(block.start, block.byte, block.size), "contents at the end");
    free(block.start);
  }
}

int Wait(pid_t child) {
  int status = -1;
  Check(waitpid(child, &status, 0) == child, "waitpid");
  return status;
}

constexpr size_t kSizes[] = {40, 3000, 40'000, 1 << 20, 5 << 20};

struct Buffers {
  std::vector<std::pair<unsigned char*, size_t>> all;
  explicit Buffers(int byte) {
    for (const size_t size : kSizes) {
      all.emplace_back(static_cast<unsigned char*>(Kept(malloc(size))), size);
    }
    Fill(byte);
  }
  void Fill(int byte) {
    for (auto& [start, size] : all) memset(start, byte, size);
  }
  bool Hold(int byte) const {
    for (const auto& [start, size] : all) {
      if (!Filled(start, byte, size)) return false;
    }
    return true;
  }
  void Free() {
    for (auto& [start, size] : all) free(start);
    all.clear();
  }
};

// Neither process sees what the other writes, in blocks from before and after the fork.
enum class Child { kBrief, kThorough };

void ForkApart(int depth, Child what) {
  Buffers before(1);
  int to_child[2];
  int to_parent[2];
  Check(pipe(to_child) == 0 && pipe(to_parent) == 0, "pipe");
  const pid_t child = fork();
  char word = 0;
  if (child == 0) {
    failures = 0;
    Check(before.Hold(1), "the child starts with what the parent had");
    before.Fill(2);
    Buffers after(3);
    Check(write(to_parent[1], "x", 1) == 1 && read(to_child[0], &word, 1) == 1, "pipes");
    Check(before.Hold(2) && after.Hold(3), "the parent's writes stay out of the child");
    if (depth > 0) ForkApart(depth - 1, what);
    Check(before.Hold(2) && after.Hold(3), "and those of its own child");
    before.Free();
    after.Free();
    if (what == Child::kThorough) {
      Forms();
      Zeroed();
    }
    _exit(failures != 0);
  }
  Check(child > 0, "fork");
  Check(read(to_parent[0], &word, 1) == 1, "pipe");
  Check(before.Hold(1), "the child's writes stay out of the parent");
  before.Fill(4);
  Buffers after(5);
  Check(write(to_child[1], "x", 1) == 1, "pipe");
  Check(Wait(child) == 0, "the child's status");
  Check(before.Hold(4) && after.Hold(5), "the child's later writes too");
  before.Free();
  after.Free();
  for (const int fd : {to_child[0], to_child[1], to_parent[0], to_parent[1]}) close(fd);
}

void Fork() {
  // With nothing in the heap yet, too.
  const pid_t early = fork();
  if (early == 0) {
    Buffers own(7);
    _exit(own.Hold(7) ? 0 : 1);
  }
  Buffers own(8);
  Check(Wait(early) == 0 && own.Hold(8), "a fork before the first large block");
  ForkApart(2, Child::kThorough);
  std::thread([] { ForkApart(1, Child::kThorough); }).join();
  for (int i = 0; i < 20; ++i) ForkApart(0, Child::kBrief);
}

void ForkAmongThreads() {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  std::vector<Block> shared;
  std::mutex mutex;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (unsigned k = 0; !stop; ++k) Exchange(shared, mutex, i * 1000 + k, 50);
    });
  }
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      failures = 0;
      Buffers own(i);
      std::thread([] { Buffers(9).Free(); }).join();
      Check(own.Hold(i), "the child's own");
      own.Free();
      _exit(failures != 0);
    }
    Check(Wait(child) == 0, "child among threads");
  }
  // And two at once.
  std::thread other([] {
    for (int i = 0; i < 10; ++i) ForkApart(0, Child::kBrief);
  });
  for (int i = 0; i < 10; ++i) ForkApart(0, Child::kBrief);
  other.join();
  stop = true;
  for (auto& thread : threads) thread.join();
}

void ForkRefused() {
  errno = 0;
  Check(fork() == -1 && errno == ENOMEM, "fork is refused");
  Check(fork() == -1 && errno == ENOMEM, "and again");
  const int status = system("exit 3");
  Check(WIFEXITED(status) && WEXITSTATUS(status) == 3, "posix_spawn is not");
  Forms();
}

// A child resets the locks of all streams: not those of its parent, which are held all the time.
void ForkWithStreams() {
  std::atomic<bool> stop{false};
  std::FILE* const stream = fopen("/dev/null", "w");
  std::vector<std::thread> threads;
  std::atomic<unsigned long> lines{0};
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (; !stop; ++lines) {
        flockfile(stream);
        fprintf(stream, "some text %lu\n", lines.load());
        sched_yield();
        funlockfile(stream);
      }
    });
  }
  for (int i = 0; i < 100; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    Check(Wait(child) == 0, "child among streams");
  }
  // All three still get the lock.
  const unsigned long before = lines;
  while (lines < before + 1000) sched_yield();
  stop = true;
  for (auto& thread : threads) thread.join();
  fclose(stream);
}

// Of 16 MiB, in blocks of one size; what the thread keeps and memkind's own pages are not much.
size_t FillUp(size_t size, Memory memory) {
  std::vector<void*> blocks;
  blocks.reserve((16 << 20) / size + 1000);
  size_t bytes = 0;
  for (;;) {
    errno = 0;
    void* const block = Kept(malloc(size));
    if (block == nullptr) break;
    if (!Is(block, memory)) {
      free(block);
      break;
    }
    memset(block, 1, size);
    blocks.push_back(block);
    bytes += size;
  }
  Check(errno == (errno == 0 ? 0 : ENOMEM), "errno when it is full");
  for (void* block : blocks) free(block);
  return bytes;
}

void Full() {
  for (const size_t size : {size_t{1000}, size_t{4096}, size_t{20'000}, size_t{100'000}}) {
    for (int round = 0; round < 2; ++round) {
      const size_t bytes = FillUp(size, kAsked);
      dprintf(1, "of %zu: %zu\n", size, bytes);
      Check(bytes <= 16 << 20, "no more than was asked for");
      Check(bytes >= 12 << 20, "most of what was asked for");
    }
  }
  Check(malloc(17 << 20) == nullptr && errno == ENOMEM, "more than all");
  Check(calloc(1, 17 << 20) == nullptr && errno == ENOMEM, "calloc of more than all");
  void* const block = Kept(malloc(100));
  Check(realloc(block, 17 << 20) == nullptr && errno == ENOMEM, "realloc to more than all");
  free(block);
}

void FullWithFallback() {
  char* block = static_cast<char*>(Kept(malloc(17 << 20)));
  Check(Is(block, kFallback), "more than all falls back");
  memset(block, 6, 17 << 20);
  block = static_cast<char*>(Kept(realloc(block, 18 << 20)));
  Check(Is(block, kFallback) && Filled(block, 6, 17 << 20), "and stays there");
  block = static_cast<char*>(Kept(realloc(block, 1000)));
  Check(Is(block, kAsked) && Filled(block, 6, 1000), "and comes back");
  block = static_cast<char*>(Kept(realloc(block, 19 << 20)));
  Check(Is(block, kFallback) && Filled(block, 6, 1000), "and goes again");
  free(block);
  block = static_cast<char*>(Kept(malloc(100'000)));
  Check(Is(block, kAsked), "where there is room it does not");
  memset(block, 7, 100'000);
  block = static_cast<char*>(Kept(realloc(block, 20 << 20)));
  Check(Is(block, kFallback) && Filled(block, 7, 100'000), "a large block");
  free(block);
  block = static_cast<char*>(Kept(calloc(1, 17 << 20)));
  Check(Is(block, kFallback) && Filled(block, 0, 17 << 20), "calloc");
  free(block);
  block = static_cast<char*>(Kept(aligned_alloc(1 << 20, 17 << 20)));
  Check(Is(block, kFallback) && reinterpret_cast<uintptr_t>(block) % (1 << 20) == 0, "aligned");
  free(block);
}

void Unavailable() {
  errno = 0;
  Check(malloc(10) == nullptr && errno == ENOMEM, "malloc");
  Check(calloc(1, 10) == nullptr && errno == ENOMEM, "calloc");
  Check(realloc(nullptr, 10) == nullptr && errno == ENOMEM, "realloc");
  void* block = nullptr;
  Check(posix_memalign(&block, 64, 10) == ENOMEM, "posix_memalign");
  free(__libc_malloc(10));
}

void UnavailableWithFallback() {
  for (const size_t size : {10, 100'000}) {
    void* const block = Kept(malloc(size));
    Check(Is(block, kFallback), "malloc");
    free(block);
  }
}

// The program closes what it did not open, and opens files of its own there.
void Descriptors() {
  Buffers before(1);
  close_range(3, ~0U, 0);
  std::vector<int> files;
  for (int i = 0; i < 300; ++i) files.push_back(open("/proc/self/exe", O_RDONLY));
  for (int fd = 400; fd < 1024; ++fd) dup2(files[0], fd);
  Buffers after(2);
  Check(before.Hold(1) && after.Hold(2), "the heap without its descriptor");
  close_range(400, ~0U, 0);
  ForkApart(1, Child::kThorough);
  Check(before.Hold(1) && after.Hold(2), "and after a fork");
  for (const int fd : files) Check(fcntl(fd, F_GETFD) == 0, "the program's descriptors");
  Check(open("/dev/null", O_RDONLY) == files.back() + 1, "the next descriptor");
}

// Libraries and static objects of the program end after memkind does.
struct Late {
  char* block;
  char* large;
  Late() : block(static_cast<char*>(malloc(100))), large(static_cast<char*>(malloc(200'000))) {
    memset(block, 1, 100);
    memset(large, 2, 200'000);
  }
  ~Late() { Look("static object"); }
  void Look(const char* when) {
    if (!Filled(block, 1, 100) || !Filled(large, 2, 200'000)) {
      dprintf(1, "wrong: contents at the end (%s)\n", when);
      _exit(1);
    }
    char* const more = static_cast<char*>(malloc(5000));
    memset(more, 3, 5000);
    char* const moved = static_cast<char*>(realloc(large, 300'000));
    if (!Filled(moved, 2, 200'000)) _exit(1);
    block = static_cast<char*>(realloc(block, 200));
    if (!Filled(block, 1, 100)) _exit(1);
    memset(block, 1, 200);
    large = moved;
    free(more);
    if (malloc_usable_size(block) < 200) _exit(1);
    dprintf(1, "looked: %s\n", when);
  }
};
Late* late = nullptr;
[[gnu::destructor]] void LookAtEnd() {
  if (late != nullptr) late->Look("destructor");
}

void End() {
  static Late object;
  late = &object;
  // Libraries below memkind, and so libc alone, end after it.
  on_exit([](int, void*) { late->Look("on_exit"); }, nullptr);
  // While other threads go on.
  for (int i = 0; i < 4; ++i) {
    std::thread([] {
      for (;;) free(Kept(malloc(40'000)));
    }).detach();
  }
}

struct Case {
  const char* name;
  void (*run)();
};
constexpr Case kCases[] = {
    {"forms", Forms},
    {"failures", Failures},
    {"reallocs", Reallocs},
    {"zeroed", Zeroed},
    {"threads", Threads},
    {"fork", Fork},
    {"fork_among_threads", ForkAmongThreads},
    {"fork_with_streams", ForkWithStreams},
    {"fork_refused", ForkRefused},
    {"full", Full},
    {"full_with_fallback", FullWithFallback},
    {"unavailable", Unavailable},
    {"unavailable_with_fallback", UnavailableWithFallback},
    {"descriptors", Descriptors},
    {"end", End},
};

}  // namespace

int main(int argc, char** argv) {
  if (heimdallr_memory_of == nullptr) {
    dprintf(1, "wrong: the library is not loaded\n");
    return 2;
  }
  for (const Case& one : kCases) {
    if (argc > 1 && strcmp(argv[1], one.name) == 0) {
      one.run();
      dprintf(1, "done\n");
      return failures == 0 ? 0 : 1;
    }
  }
  return 2;
}
