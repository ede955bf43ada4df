// An allocator of the program's own: a pool for small blocks, malloc for others, as operator new.
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

struct Cell {
  Cell* next;
};
constexpr std::size_t kSmall = 64;
constexpr std::size_t kCells = 1024;
char memory[kCells * kSmall];
Cell* unused = nullptr;
bool filled = false;

bool InPool(void* block) {
  return block >= static_cast<void*>(memory) && block < static_cast<void*>(memory + sizeof(memory));
}

}  // namespace

extern "C" int OwnAllocatorLive() {
  int live = static_cast<int>(kCells);
  for (Cell* cell = unused; cell != nullptr; cell = cell->next) --live;
  return filled ? live : 0;
}

void* operator new(std::size_t size) {
  if (!filled) {
    filled = true;
    for (std::size_t i = 0; i < kCells; ++i) {
      Cell* const cell = reinterpret_cast<Cell*>(memory + i * kSmall);
      cell->next = unused;
      unused = cell;
    }
  }
  if (size <= kSmall && unused != nullptr) {
    Cell* const cell = unused;
    unused = cell->next;
    return cell;
  }
  if (void* const block = std::malloc(size)) return block;
  throw std::bad_alloc();
}

void operator delete(void* block) noexcept {
  if (InPool(block)) {
    unused = new (block) Cell{unused};
  } else {
    std::free(block);
  }
}

void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
