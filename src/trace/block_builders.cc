#include "trace/block_builders.h"

#include <bit>

namespace heimdallr::trace {
namespace {

// Traits of an allocation site: memory 55-48, stack 47-16, call 15-8, flags 7-0. Of an access site:
// weight (bits of the float) 63-32, size 31-16, kind 15-8, replayed 0.
std::uint64_t AccessTraits(const AccessRecord& record) {
  return (std::uint64_t{std::bit_cast<std::uint32_t>(record.weight)} << 32) |
         (std::uint64_t{record.size} << 16) |
         (std::uint64_t{static_cast<std::uint8_t>(record.kind)} << 8) | (record.direct ? 0U : 1U);
}

/// Writes a [uniform] column of the sites: `part` of each one's key.
template <typename Part>
void PutSiteColumn(std::string& to, std::uint32_t field, std::span<const Site> sites, Part part) {
  UniformColumn column;
  for (const Site& site : sites) column.Append(part(site.key));
  PutBytes(to, field, column.Close());
}

/// `bits(key)` are those of the float.
template <typename Bits>
void PutSiteWeights(std::string& to, std::uint32_t field, std::span<const Site> sites, Bits bits) {
  constexpr std::uint32_t kOne = std::bit_cast<std::uint32_t>(1.0F);
  const auto weight = [&](const Site& site) { return static_cast<std::uint32_t>(bits(site.key)); };
  Column column(kMaxBlockSites);
  const bool uniform = std::all_of(sites.begin(), sites.end(), [&](const Site& site) {
    return weight(site) == weight(sites.front());
  });
  if (uniform && weight(sites.front()) == kOne) return;
  for (const Site& site : uniform ? sites.first(1) : sites) column.AppendFixed32(weight(site));
  PutBytes(to, field, column.bytes());
}

void PutOwner(std::string& to, const BlockOwner& owner) {
  PutField(to, 1, owner.pid);
  PutField(to, 2, owner.tid);
  PutField(to, 3, std::uint64_t{owner.stream});
}

}  // namespace

void BlockBase::ClearCommon() {
  sites_.Clear();
  time_delta_.Clear();
  site_.Clear();
  address_delta_.Clear();
  previous_time_ns_ = 0;
  previous_address_ = 0;
  first_time_ns_ = ~std::uint64_t{0};
  last_time_ns_ = 0;
  records_ = 0;
}

std::span<const std::uint8_t> BlockBase::CloseSiteColumn() const {
  if (sites_.sites().size() == 1) return {};
  return site_.bytes();
}

void BlockBase::PutSiteIps(std::string& to, std::uint32_t field) const {
  Column column(kMaxBlockSites);
  std::uint64_t previous = 0;
  for (const Site& site : sites_.sites()) {
    column.AppendDelta(site.key.ip - previous);
    previous = site.key.ip;
  }
  PutBytes(to, field, column.bytes());
}

bool AccessBlockBuilder::Add(const AccessRecord& record) {
  const std::uint32_t data_source = FindDataSource(record.data_source);
  if (data_source == kNoRoom) return false;
  const SiteKey key{.ip = record.ip, .traits = AccessTraits(record)};
  if (AddCommon(record.time_ns, key, record.address) == kNoRoom) return false;
  tick_delta_.Append(ZigZag(record.tick - previous_tick_));
  previous_tick_ = record.tick;
  cpu_.Append(record.cpu);
  data_source_.Append(data_source);
  latency_.Append(record.latency_cycles);
  period_.Append(record.period);
  return true;
}

// Processors have few data sources that really occur, so looking through them beats hashing.
std::uint32_t AccessBlockBuilder::FindDataSource(std::uint64_t value) {
  if (last_data_source_ < data_source_count_ && data_sources_[last_data_source_] == value) {
    return last_data_source_;
  }
  const auto* end = data_sources_.begin() + data_source_count_;
  const auto* found = std::find(data_sources_.cbegin(), end, value);
  if (found == data_sources_.cend()) return kNoRoom;
  last_data_source_ = static_cast<std::uint32_t>(found - data_sources_.cbegin());
  if (found == end) data_sources_[data_source_count_++] = value;
  return last_data_source_;
}

void AccessBlockBuilder::Encode(const BlockOwner& owner, std::string& to) {
  const std::span<const Site> sites = sites_.sites();
  PutOwner(to, owner);
  PutSiteIps(to, 4);
  PutSiteColumn(to, 5, sites, [](const SiteKey& key) { return (key.traits >> 8) & 0xff; });
  PutSiteColumn(to, 6, sites, [](const SiteKey& key) { return (key.traits >> 16) & 0xffff; });
  PutSiteColumn(to, 7, sites, [](const SiteKey& key) { return key.traits & 1; });
  PutSiteWeights(to, 8, sites, [](const SiteKey& key) { return key.traits >> 32; });
  if (data_source_count_ > 1 || data_sources_[0] != 0) {
    Column values(kMaxBlockDataSources);
    for (std::uint32_t i = 0; i < data_source_count_; ++i) values.Append(data_sources_[i]);
    PutBytes(to, 9, values.bytes());
  }
  PutBytes(to, 10, time_delta_.bytes());
  PutBytes(to, 11, CloseSiteColumn());
  PutBytes(to, 12, address_delta_.bytes());
  PutBytes(to, 13, tick_delta_.Close());
  PutBytes(to, 14, cpu_.Close());
  PutBytes(to, 15, data_source_.Close());
  PutBytes(to, 16, latency_.Close());
  PutBytes(to, 17, period_.Close());
}

void AccessBlockBuilder::Clear() {
  ClearCommon();
  tick_delta_.Clear();
  cpu_.Clear();
  data_source_.Clear();
  latency_.Clear();
  period_.Clear();
  data_source_count_ = 0;
  last_data_source_ = 0;
  previous_tick_ = 0;
}

void AllocationBlockBuilder::Encode(const BlockOwner& owner, std::string& to) {
  const std::span<const Site> sites = sites_.sites();
  PutField(to, 1, owner.pid);
  PutField(to, 2, owner.tid);
  PutSiteIps(to, 3);
  PutSiteColumn(to, 4, sites, [](const SiteKey& key) { return (key.traits >> 8) & 0xff; });
  PutSiteColumn(to, 5, sites, [](const SiteKey& key) { return key.traits & 0xff; });
  PutSiteColumn(to, 6, sites, [](const SiteKey& key) { return (key.traits >> 16) & 0xffff'ffff; });
  PutBytes(to, 7, time_delta_.bytes());
  PutBytes(to, 8, CloseSiteColumn());
  PutBytes(to, 9, address_delta_.bytes());
  PutBytes(to, 10, size_delta_.bytes());
  PutBytes(to, 11, old_address_delta_.bytes());
  PutSiteColumn(to, 12, sites, [](const SiteKey& key) { return key.traits >> 48; });
}

void AllocationBlockBuilder::Clear() {
  ClearCommon();
  size_delta_.Clear();
  old_address_delta_.Clear();
}

void FaultBlockBuilder::Encode(const BlockOwner& owner, std::string& to) {
  PutOwner(to, owner);
  PutSiteIps(to, 4);
  PutBytes(to, 5, time_delta_.bytes());
  PutBytes(to, 6, CloseSiteColumn());
  PutBytes(to, 7, address_delta_.bytes());
  PutBytes(to, 8, cpu_.Close());
}

void FaultBlockBuilder::Clear() {
  ClearCommon();
  cpu_.Clear();
}

// In the place of a code address: weight (bits of the float) 63-32, node 31-0.
bool PlacementBlockBuilder::Add(const PlacementRecord& record) {
  const std::uint64_t weight = std::bit_cast<std::uint32_t>(record.weight);
  const SiteKey key{.ip = (weight << 32) | record.node, .traits = record.size};
  return AddCommon(record.time_ns, key, record.address) != kNoRoom;
}

void PlacementBlockBuilder::Encode(const BlockOwner& owner, std::string& to) {
  const std::span<const Site> sites = sites_.sites();
  PutField(to, 1, owner.pid);
  PutSiteColumn(to, 2, sites, [](const SiteKey& key) { return key.ip & 0xffff'ffff; });
  Column bytes(kMaxBlockSites);
  for (const Site& site : sites) bytes.Append(site.key.traits);
  PutBytes(to, 3, bytes.bytes());
  PutSiteWeights(to, 4, sites, [](const SiteKey& key) { return key.ip >> 32; });
  PutBytes(to, 5, time_delta_.bytes());
  PutBytes(to, 6, CloseSiteColumn());
  PutBytes(to, 7, address_delta_.bytes());
}

}  // namespace heimdallr::trace
