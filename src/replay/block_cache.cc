#include "replay/block_cache.h"

#include <algorithm>
#include <limits>

#include "replay/block_replay.h"

namespace heimdallr::replay {
namespace {

// The smallest page of any architecture: reads are split there, as the next may not be mapped.
constexpr std::uint64_t kPageBytes = 4096;
// Without a known function: as far forward as a block is likely to go.
constexpr std::uint64_t kUnboundedBytes = 1024;

// What ran before a block, for values alone: farther back, little is known any more.
constexpr std::uint64_t kMaxPrologueBytes = 128;

bool EndsBlock(Flow flow) { return flow != Flow::kNext && flow != Flow::kCall; }

}  // namespace

BlockCache::BlockCache(std::unique_ptr<InstructionDecoder> decoder, CodeReader reader,
                       FunctionFinder finder, std::size_t limit)
    : decoder_(std::move(decoder)),
      reader_(std::move(reader)),
      finder_(std::move(finder)),
      limit_(std::max<std::size_t>(limit, 1)) {}

std::variant<BlockPosition, Reason> BlockCache::Lookup(SpaceId space, std::uint64_t ip) {
  const Key key{space, ip};
  if (const auto found = entries_.find(key); found != entries_.end()) {
    ++totals_.hits;
    return found->second;
  }
  if (const auto failed = failures_.find(key); failed != failures_.end()) return failed->second;
  ++totals_.misses;
  if (instructions_ + failures_.size() >= limit_) DropEverything();
  auto made = MakeBlock(space, ip);
  if (const auto* reason = std::get_if<Reason>(&made)) {
    // Code that could not be read may be readable the next time.
    if (*reason != Reason::kCodeUnreadable) failures_[key] = *reason;
    return *reason;
  }
  return Insert(space, ip, std::get<Block>(std::move(made)));
}

BlockPosition BlockCache::Insert(SpaceId space, std::uint64_t ip, Block block) {
  auto& slot = blocks_[{space, block.steps.front().ip}];
  // The bytes there changed, and nobody said so.
  if (slot != nullptr) Forget(space, *slot);
  slot = std::make_unique<Block>(std::move(block));
  instructions_ += slot->steps.size();
  if (slot->start == Block::Start::kUnknown) {
    // The instructions behind it have blocks of their own: from them, it is no known past.
    return entries_[{space, ip}] = {slot.get(), 0};
  }
  for (std::uint32_t i = 0; i < slot->steps.size(); ++i) {
    entries_[{space, slot->steps[i].ip}] = {slot.get(), i};
  }
  return entries_.at({space, ip});
}

void BlockCache::Forget(SpaceId space, const Block& block) {
  for (const Block::Step& step : block.steps) {
    const auto entry = entries_.find(Key{space, step.ip});
    if (entry != entries_.end() && entry->second.block == &block) entries_.erase(entry);
  }
  instructions_ -= block.steps.size();
}

std::vector<std::byte> BlockCache::Read(SpaceId space, std::uint64_t address,
                                        std::size_t size) const {
  std::vector<std::byte> bytes(size);
  if (bytes.empty()) return bytes;
  std::size_t have = reader_(space, address, bytes);
  // Page by page where the whole cannot be had.
  while (have < size) {
    const std::uint64_t at = address + have;
    const std::size_t part =
        std::min<std::size_t>(size - have, static_cast<std::size_t>(kPageBytes - at % kPageBytes));
    const std::size_t got = reader_(space, at, std::span(bytes).subspan(have, part));
    have += got;
    if (got < part) break;
  }
  bytes.resize(have);
  return bytes;
}

const FunctionLayout* BlockCache::LayoutAround(SpaceId space, std::uint64_t ip) {
  const std::optional<CodeRange> range = finder_(space, ip);
  if (!range || ip < range->start || ip >= range->end ||
      range->end - range->start > kMaxFunctionBytes) {
    return nullptr;
  }
  const auto [entry, is_new] = layouts_.try_emplace({space, range->start});
  if (is_new || entry->second.range != *range) {
    const std::vector<std::byte> code = Read(space, range->start, range->end - range->start);
    entry->second =
        LayOut(*range, code, *decoder_, [&](std::uint64_t address, std::span<std::byte> into) {
          return reader_(space, address, into);
        });
  }
  return &entry->second;
}

std::variant<Block, Reason> BlockCache::Decode(SpaceId space, std::uint64_t start,
                                               std::uint64_t end, Block::Start kind) const {
  const std::vector<std::byte> code = Read(space, start, end - start);
  if (code.empty()) return Reason::kCodeUnreadable;
  Block block{.start = kind};
  std::uint64_t ip = start;
  while (ip < end && block.steps.size() < kMaxSteps) {
    const auto decoded = decoder_->Decode(std::span(code).subspan(ip - start), ip);
    const auto* instruction = std::get_if<Instruction>(&decoded);
    if (instruction == nullptr) {
      if (block.steps.empty()) return std::get<Reason>(decoded);
      break;
    }
    block.steps.push_back({ip, *instruction});
    ip += instruction->length_bytes;
    if (EndsBlock(instruction->flow) || ip - start >= code.size()) break;
  }
  return block;
}

std::variant<Block, Reason> BlockCache::DecodeFrom(SpaceId space, std::uint64_t ip,
                                                   std::uint64_t end) const {
  return Decode(space, ip, end, Block::Start::kUnknown);
}

void BlockCache::AddPrologue(SpaceId space, const FunctionLayout& layout, Block& block) const {
  const std::uint64_t end = block.steps.front().ip;
  const std::uint64_t start = layout.WayTo(end, kMaxPrologueBytes);
  const std::vector<std::byte> code = Read(space, start, end - start);
  for (std::uint64_t ip = start; ip < end;) {
    const auto decoded = decoder_->Decode(std::span(code).subspan(ip - start), ip);
    const auto* instruction = std::get_if<Instruction>(&decoded);
    if (instruction == nullptr) return block.prologue.clear();
    block.prologue.push_back(instruction->effects);
    ip += instruction->length_bytes;
  }
}

std::variant<Block, Reason> BlockCache::MakeBlock(SpaceId space, std::uint64_t ip) {
  using enum Block::Start;
  const FunctionLayout* layout = LayoutAround(space, ip);
  if (layout == nullptr || ip >= layout->decoded_end) {
    return DecodeFrom(space, ip, ip + kUnboundedBytes);
  }
  const std::uint64_t start = layout->LeaderOf(ip);
  auto whole = Decode(space, start, layout->NextLeader(start), kKnown);
  auto* block = std::get_if<Block>(&whole);
  if (block == nullptr) return DecodeFrom(space, ip, layout->NextLeader(ip));
  const auto at = std::find_if(block->steps.begin(), block->steps.end(),
                               [ip](const Block::Step& step) { return step.ip == ip; });
  if (at == block->steps.end()) {
    // Beyond the longest block, or a jump into the middle of what looked like one instruction.
    return DecodeFrom(space, ip, layout->NextLeader(ip));
  }
  // A jump through a table may enter anywhere: what is before the tick may not have run.
  if (layout->has_indirect_jump) {
    block->start = kInDoubt;
  } else {
    AddPrologue(space, *layout, *block);
  }
  Prepare(*block);
  return whole;
}

void BlockCache::Invalidate(SpaceId space, std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  // From a block or function that may reach into the range; dropping too much only costs a read.
  const std::uint64_t reach = std::max<std::uint64_t>(kMaxFunctionBytes, kPageBytes);
  const Key first{space, begin > reach ? begin - reach : 0};
  const Key last{space, end};
  for (auto block = blocks_.lower_bound(first); block != blocks_.end() && block->first < last;) {
    Forget(space, *block->second);
    block = blocks_.erase(block);
  }
  layouts_.erase(layouts_.lower_bound(first), layouts_.lower_bound(last));
  failures_.erase(failures_.lower_bound(first), failures_.lower_bound(last));
}

void BlockCache::Drop(SpaceId space) {
  Invalidate(space, 0, std::numeric_limits<std::uint64_t>::max());
}

void BlockCache::DropEverything() {
  entries_.clear();
  failures_.clear();
  blocks_.clear();
  layouts_.clear();
  instructions_ = 0;
  ++totals_.flushes;
}

}  // namespace heimdallr::replay
