#include "memkind/page_table.h"

#include "memkind/kernel.h"

namespace heimdallr::memory {

constinit PageTable g_pages{};

PageTable::Leaf* PageTable::MakeLeaf(std::size_t index) {
  Leaf* leaf = leaves_[index].load(std::memory_order_acquire);
  if (leaf != nullptr) return leaf;
  auto* const made = static_cast<Leaf*>(MapAnonymous(sizeof(Leaf)));
  if (made == nullptr) return nullptr;
  // Release: whoever finds it sees zeros.
  if (leaves_[index].compare_exchange_strong(leaf, made, std::memory_order_acq_rel)) return made;
  Unmap(made, sizeof(Leaf));
  return leaf;
}

bool PageTable::Add(const void* start, std::size_t size) {
  const auto first = reinterpret_cast<std::uintptr_t>(start);
  if (size == 0 || first >> kAddressBits != 0 || (first + size - 1) >> kAddressBits != 0) {
    return false;
  }
  for (std::uintptr_t index = first >> kLeafBits; index <= (first + size - 1) >> kLeafBits;
       ++index) {
    if (MakeLeaf(index) == nullptr) return false;
  }
  for (std::uintptr_t page = first; page < first + size; page += std::uintptr_t{1} << kPageBits) {
    Set(reinterpret_cast<const void*>(page), kOwnPage);
  }
  return true;
}

void PageTable::Remove(const void* start, std::size_t size) {
  const auto first = reinterpret_cast<std::uintptr_t>(start);
  for (std::uintptr_t page = first; page < first + size; page += std::uintptr_t{1} << kPageBits) {
    const auto* const address = reinterpret_cast<const void*>(page);
    if (Get(address) != kForeignPage) Set(address, kForeignPage);
  }
}

std::size_t PageTable::OwnBytesFrom(const void* address, std::size_t limit) const {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  constexpr std::uintptr_t kPageBytes = std::uintptr_t{1} << kPageBits;
  std::size_t bytes = 0;
  while (bytes < limit && Get(reinterpret_cast<const void*>(first + bytes)) != kForeignPage) {
    bytes += kPageBytes - ((first + bytes) & (kPageBytes - 1));
  }
  return bytes < limit ? bytes : limit;
}

}  // namespace heimdallr::memory
