#include "trace/intern_tables.h"

#include <algorithm>

#include "trace/format.h"
#include "trace/wire.h"

namespace heimdallr::trace {
namespace {

constexpr std::size_t kStackFramesPerChunk = std::size_t{64} << 10;

}  // namespace

std::uint32_t StringTable::Intern(std::string_view text) {
  text = text.substr(0, kMaxOneStringBytes);
  if (text.empty()) return 0;
  if (const auto found = ids_.find(text); found != ids_.end()) return found->second;
  if (texts_.size() == kMaxStrings || bytes_ + text.size() > kMaxStringBytes) return 0;
  const std::string& kept = texts_.emplace_back(text);
  bytes_ += text.size();
  new_bytes_ += text.size() + 4;  // with its tag and length
  const auto id = static_cast<std::uint32_t>(texts_.size());
  ids_.emplace(kept, id);
  return id;
}

std::string StringTable::TakeNew() {
  std::string message;
  if (taken_ == texts_.size()) return message;
  PutField(message, 1, std::uint64_t{taken_ + 1});
  for (; taken_ < texts_.size(); ++taken_) {
    const std::string& text = texts_[taken_];
    PutTag(message, 2, WireType::kBytes);
    PutVarint(message, text.size());
    message += text;
  }
  new_bytes_ = 0;
  return message;
}

std::size_t StackTable::Hash::operator()(Frames frames) const {
  std::uint64_t hash = frames.size();
  for (const std::uint64_t frame : frames) {
    hash = (hash ^ frame) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  }
  return hash;
}

bool StackTable::Equal::operator()(Frames a, std::uint32_t b) const {
  return std::ranges::equal(a, table->Get(b));
}

std::uint32_t StackTable::Intern(Frames frames) {
  frames = frames.first(std::min(frames.size(), kMaxOneStackFrames));
  if (frames.empty()) return 0;
  if (const auto found = ids_.find(frames); found != ids_.end()) return *found;
  if (starts_.size() > kMaxStacks || frames_.size() + frames.size() > kMaxStackFrames) return 0;
  frames_.insert(frames_.end(), frames.begin(), frames.end());
  starts_.push_back(frames_.size());
  const auto id = static_cast<std::uint32_t>(starts_.size() - 1);
  ids_.insert(id);
  return id;
}

bool StackTable::WantsWriting() const {
  return frames_.size() - starts_[taken_] >= kStackFramesPerChunk;
}

std::string StackTable::TakeNew() {
  std::string message;
  const std::size_t count = starts_.size() - 1;
  if (taken_ == count) return message;
  Column depths(count - taken_);
  Column deltas(frames_.size() - starts_[taken_]);
  PutField(message, 1, std::uint64_t{taken_ + 1});
  std::uint64_t previous = 0;
  for (; taken_ < count; ++taken_) {
    const Frames frames = Get(static_cast<std::uint32_t>(taken_ + 1));
    depths.Append(frames.size());
    for (const std::uint64_t frame : frames) {
      deltas.AppendDelta(frame - previous);
      previous = frame;
    }
  }
  PutBytes(message, 2, depths.bytes());
  PutBytes(message, 3, deltas.bytes());
  return message;
}

}  // namespace heimdallr::trace
