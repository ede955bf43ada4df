// Records of one thread into the columns of a block, ready to be written.
//
// All builders work alike: Add returns false, and takes nothing, when the block has no room;
// then Encode it, Clear it and add again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "heimdallr/records.h"
#include "trace/format.h"
#include "trace/site_table.h"
#include "trace/wire.h"

namespace heimdallr::trace {

/// Whose records a block holds.
struct BlockOwner {
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint8_t stream = 0;
  friend bool operator==(const BlockOwner&, const BlockOwner&) = default;
};

/// What every kind of block has: times, sites and addresses.
class BlockBase {
 public:
  [[nodiscard]] std::uint32_t records() const { return records_; }
  [[nodiscard]] std::uint64_t first_time_ns() const { return first_time_ns_; }
  [[nodiscard]] std::uint64_t last_time_ns() const { return last_time_ns_; }

 protected:
  static constexpr std::uint32_t kNoRoom = SiteTable::kFull;

  /// Adds time, site and address of one record. Returns its site, or kNoRoom.
  std::uint32_t AddCommon(std::uint64_t time_ns, SiteKey key, std::uint64_t address) {
    if (records_ == kMaxBlockRecords) return kNoRoom;
    const std::uint32_t site = sites_.Find(key, previous_address_);
    if (site == SiteTable::kFull) return kNoRoom;
    ++records_;
    time_delta_.AppendDelta(time_ns - previous_time_ns_);
    previous_time_ns_ = time_ns;
    first_time_ns_ = std::min(first_time_ns_, time_ns);
    last_time_ns_ = std::max(last_time_ns_, time_ns);
    site_.Append(site);
    address_delta_.AppendDelta(address - sites_[site].last_address);
    sites_[site].last_address = address;
    previous_address_ = address;
    return site;
  }

  void ClearCommon();
  /// The site column is left out while there is one site.
  [[nodiscard]] std::span<const std::uint8_t> CloseSiteColumn() const;
  void PutSiteIps(std::string& to, std::uint32_t field) const;

  SiteTable sites_;
  Column time_delta_;
  Column site_;
  Column address_delta_;
  std::uint64_t previous_time_ns_ = 0;
  std::uint64_t previous_address_ = 0;
  std::uint64_t first_time_ns_ = ~std::uint64_t{0};
  std::uint64_t last_time_ns_ = 0;
  std::uint32_t records_ = 0;
};

class AccessBlockBuilder : public BlockBase {
 public:
  static constexpr ChunkKind kKind = ChunkKind::kAccessBlock;

  [[nodiscard]] bool Add(const AccessRecord& record);
  /// Appends the serialized AccessBlock message.
  void Encode(const BlockOwner& owner, std::string& to);
  void Clear();

 private:
  [[nodiscard]] std::uint32_t FindDataSource(std::uint64_t value);

  UniformColumn tick_delta_;
  UniformColumn cpu_;
  UniformColumn data_source_;
  UniformColumn latency_;
  UniformColumn period_;
  std::array<std::uint64_t, kMaxBlockDataSources> data_sources_{};
  std::uint32_t data_source_count_ = 0;
  std::uint32_t last_data_source_ = 0;
  std::uint64_t previous_tick_ = 0;
};

class AllocationBlockBuilder : public BlockBase {
 public:
  static constexpr ChunkKind kKind = ChunkKind::kAllocationBlock;

  [[nodiscard]] bool Add(const AllocationRecord& record) {
    const bool has_size = record.size != 0;
    const bool has_old_address = record.old_address != 0;
    const std::uint64_t flags =
        (record.event == AllocationEvent::kDeallocate ? kSiteDeallocation : 0U) |
        (has_size ? kSiteHasSize : 0U) | (has_old_address ? kSiteHasOldAddress : 0U);
    const std::uint64_t before = previous_address_;
    const std::uint32_t site = AddCommon(
        record.time_ns,
        {.ip = record.caller,
         .traits = (std::uint64_t{record.memory} << 48) | (std::uint64_t{record.stack} << 16) |
                   (std::uint64_t{static_cast<std::uint8_t>(record.call)} << 8) | flags},
        record.address);
    if (site == kNoRoom) return false;
    if (has_size) {
      size_delta_.AppendDelta(record.size - sites_[site].last_size);
      sites_[site].last_size = record.size;
    }
    if (has_old_address) old_address_delta_.AppendDelta(record.old_address - before);
    return true;
  }
  /// Appends the serialized AllocationBlock message.
  void Encode(const BlockOwner& owner, std::string& to);
  void Clear();

 private:
  Column size_delta_;
  Column old_address_delta_;
};

class FaultBlockBuilder : public BlockBase {
 public:
  static constexpr ChunkKind kKind = ChunkKind::kFaultBlock;

  [[nodiscard]] bool Add(const FaultRecord& record) {
    if (AddCommon(record.time_ns, {.ip = record.ip}, record.address) == kNoRoom) return false;
    cpu_.Append(record.cpu);
    return true;
  }
  /// Appends the serialized FaultBlock message.
  void Encode(const BlockOwner& owner, std::string& to);
  void Clear();

 private:
  UniformColumn cpu_;
};

class PlacementBlockBuilder : public BlockBase {
 public:
  static constexpr ChunkKind kKind = ChunkKind::kPlacementBlock;

  [[nodiscard]] bool Add(const PlacementRecord& record);
  /// Appends the serialized PlacementBlock message.
  void Encode(const BlockOwner& owner, std::string& to);
  void Clear() { ClearCommon(); }
};

}  // namespace heimdallr::trace
