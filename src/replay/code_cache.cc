#include "replay/code_cache.h"

#include <algorithm>
#include <array>

namespace heimdallr::replay {
namespace {

/// The smallest page of any architecture: on larger ones, only reads are split more finely.
constexpr std::uint64_t kPageBytes = 4096;

std::uint64_t PageOf(std::uint64_t address) { return address / kPageBytes; }

}  // namespace

CodeCache::CodeCache(std::unique_ptr<InstructionDecoder> decoder, CodeReader reader,
                     std::size_t limit)
    : decoder_(std::move(decoder)),
      reader_(std::move(reader)),
      limit_(std::max<std::size_t>(limit, 1)) {}

std::variant<const Instruction*, Reason> CodeCache::Lookup(SpaceId space, std::uint64_t ip) {
  const Key key{space, ip};
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    ++totals_.misses;
    Entry entry = ReadAndDecode(space, ip);
    if (const auto* reason = std::get_if<Reason>(&entry);
        reason != nullptr && *reason == Reason::kCodeUnreadable) {
      return *reason;
    }
    Insert(key, std::move(entry));
    found = entries_.find(key);
  } else {
    ++totals_.hits;
  }
  if (const auto* reason = std::get_if<Reason>(&found->second)) return *reason;
  return &std::get<Instruction>(found->second);
}

CodeCache::Entry CodeCache::ReadAndDecode(SpaceId space, std::uint64_t ip) const {
  std::array<std::byte, 64> buffer;
  const std::size_t wanted = std::min(decoder_->max_length(), buffer.size());
  std::size_t size = reader_(space, ip, std::span(buffer).first(wanted));
  if (size == 0) {
    // The next page may not be mapped; the instruction may still end before it.
    const auto in_page = static_cast<std::size_t>(kPageBytes - ip % kPageBytes);
    if (in_page >= wanted) return Reason::kCodeUnreadable;
    size = reader_(space, ip, std::span(buffer).first(in_page));
  }
  if (size == 0) return Reason::kCodeUnreadable;
  auto decoded = decoder_->Decode(std::span(buffer).first(std::min(size, wanted)), ip);
  return std::visit([](auto& value) { return Entry(std::move(value)); }, decoded);
}

void CodeCache::Insert(const Key& key, Entry entry) {
  if (entries_.size() >= limit_) {
    entries_.clear();
    pages_.clear();
    ++totals_.flushes;
  }
  const auto [space, ip] = key;
  // What could not be decoded may depend on every byte that was looked at.
  const auto* instruction = std::get_if<Instruction>(&entry);
  const std::uint64_t length =
      instruction != nullptr ? instruction->length_bytes : decoder_->max_length();
  const std::uint64_t last = PageOf(ip + std::max<std::uint64_t>(length, 1) - 1);
  for (std::uint64_t page = PageOf(ip); page <= last; ++page) {
    // An instruction over two pages may still be listed in the one that did not change.
    auto& listed = pages_[{space, page}];
    if (std::find(listed.begin(), listed.end(), ip) == listed.end()) listed.push_back(ip);
  }
  entries_.emplace(key, std::move(entry));
}

void CodeCache::Invalidate(SpaceId space, std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  // By whole pages, as mappings change: dropping more than needed only costs a read.
  auto page = pages_.lower_bound({space, PageOf(begin)});
  const Key last{space, PageOf(end - 1)};
  while (page != pages_.end() && page->first <= last) {
    for (const std::uint64_t ip : page->second) entries_.erase({space, ip});
    page = pages_.erase(page);
  }
}

void CodeCache::Drop(SpaceId space) {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  Invalidate(space, 0, kAll);
}

}  // namespace heimdallr::replay
