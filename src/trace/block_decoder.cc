#include "trace/block_decoder.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "trace/column_reader.h"
#include "trace/parse_message.h"
#include "trace/row_codec.h"

namespace heimdallr::trace {
namespace {

using google::protobuf::RepeatedField;

absl::Status Parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return ParseMessage(bytes, kMaxRecordChunkBytes, message);
}

template <typename T>
std::size_t SizeOf(const RepeatedField<T>& column) {
  return static_cast<std::size_t>(column.size());
}

absl::Status CheckCounts(std::size_t records, std::size_t sites, std::size_t addresses) {
  if (records > kMaxBlockRecords) {
    return absl::DataLossError(
        fmt::format("has {} records; {} is the most", records, kMaxBlockRecords));
  }
  if (sites > kMaxBlockSites) {
    return absl::DataLossError(fmt::format("has {} sites; {} is the most", sites, kMaxBlockSites));
  }
  if (addresses != records) return WrongLength("address_delta", addresses, records);
  return absl::OkStatus();
}

absl::Status WrongSite(std::size_t record, std::uint32_t site, std::size_t sites) {
  return absl::DataLossError(
      fmt::format("names site {} of {} in its record {}", site, sites, record));
}

absl::Status CheckStream(std::uint32_t stream) {
  if (stream <= std::numeric_limits<std::uint8_t>::max()) return absl::OkStatus();
  return absl::DataLossError(fmt::format("names stream {}; there are 255", stream));
}

template <typename T>
struct NamedColumn {
  const UniformReader<T>& column;
  std::string_view name;
};

template <typename... T>
absl::Status CheckColumns(std::size_t records, const NamedColumn<T>&... columns) {
  absl::Status status;
  const auto check = [&](const auto& named) {
    if (status.ok() && !named.column.Fits(records)) {
      status = WrongLength(named.name, named.column.size(), records);
    }
  };
  (check(columns), ...);
  return status;
}

/// `rows(message)` are the rows of a parsed Message; each makes a RecordType.
template <typename Message, typename RecordType, typename Rows>
absl::Status DecodeRows(std::string_view bytes, const StringStore& strings, RecordBlock& block,
                        Rows rows) {
  Message message;
  RETURN_IF_ERROR(Parse(bytes, message));
  for (const auto& row : rows(message)) {
    RecordType record;
    RETURN_IF_ERROR(FromRow(row, strings, record));
    block.Add(record);
  }
  return absl::OkStatus();
}

/// What the sites of an access block say of their records.
absl::Status ReadAccessSites(const v1::AccessBlock& message, std::vector<AccessRecord>& sites) {
  const std::size_t count = SizeOf(message.site_ip_delta());
  const UniformReader<int> kind(message.site_kind());
  const UniformReader<std::uint32_t> size(message.site_bytes());
  const UniformReader<bool> replayed(message.site_replayed());
  const UniformReader<float> weight(message.site_weight(), 1.0F);
  RETURN_IF_ERROR(CheckColumns(
      count, NamedColumn<int>{kind, "site_kind"}, NamedColumn<std::uint32_t>{size, "site_bytes"},
      NamedColumn<bool>{replayed, "site_replayed"}, NamedColumn<float>{weight, "site_weight"}));
  sites.resize(count);
  std::uint64_t ip = 0;
  for (std::size_t i = 0; i < count; ++i) {
    ip += static_cast<std::uint64_t>(message.site_ip_delta(static_cast<int>(i)));
    if (size[i] > std::numeric_limits<std::uint16_t>::max()) {
      return absl::DataLossError(fmt::format("has an access of {} bytes", size[i]));
    }
    if (!std::isfinite(weight[i]) || weight[i] < 0) {
      return absl::DataLossError(fmt::format("has an access of weight {}", weight[i]));
    }
    sites[i] = {.ip = ip,
                .weight = weight[i],
                .pid = message.pid(),
                .tid = message.tid(),
                .size = static_cast<std::uint16_t>(size[i]),
                .stream = static_cast<std::uint8_t>(message.stream()),
                .kind = v1::AccessKind_IsValid(kind[i]) ? static_cast<AccessKind>(kind[i])
                                                        : AccessKind::kUnknown,
                .direct = !replayed[i]};
  }
  return absl::OkStatus();
}

absl::Status ReadAllocationSites(const v1::AllocationBlock& message,
                                 std::vector<AllocationSite>& sites) {
  const std::size_t count = SizeOf(message.site_caller_delta());
  const UniformReader<int> call(message.site_call());
  const UniformReader<std::uint32_t> flags(message.site_flags());
  const UniformReader<std::uint32_t> stack(message.site_stack());
  const UniformReader<std::uint32_t> memory(message.site_memory());
  RETURN_IF_ERROR(CheckColumns(count, NamedColumn<int>{call, "site_call"},
                               NamedColumn<std::uint32_t>{flags, "site_flags"},
                               NamedColumn<std::uint32_t>{stack, "site_stack"},
                               NamedColumn<std::uint32_t>{memory, "site_memory"}));
  sites.resize(count);
  std::uint64_t caller = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (memory[i] > std::numeric_limits<std::uint8_t>::max()) {
      return absl::DataLossError(fmt::format("names memory {}; they are 0 to 255", memory[i]));
    }
    caller += static_cast<std::uint64_t>(message.site_caller_delta(static_cast<int>(i)));
    sites[i] = {
        .common = {.caller = caller,
                   .stack = stack[i],
                   .pid = message.pid(),
                   .tid = message.tid(),
                   .call = v1::AllocationCall_IsValid(call[i])
                               ? static_cast<AllocationCall>(call[i])
                               : AllocationCall::kUnknown,
                   .event = (flags[i] & kSiteDeallocation) != 0 ? AllocationEvent::kDeallocate
                                                                : AllocationEvent::kAllocate,
                   .memory = static_cast<std::uint8_t>(memory[i])},
        .flags = flags[i]};
  }
  return absl::OkStatus();
}

absl::Status ReadPlacementSites(const v1::PlacementBlock& message,
                                std::vector<PlacementRecord>& sites) {
  const std::size_t count = SizeOf(message.site_bytes());
  const UniformReader<std::uint32_t> node(message.site_node());
  const UniformReader<float> weight(message.site_weight(), 1.0F);
  RETURN_IF_ERROR(CheckColumns(count, NamedColumn<std::uint32_t>{node, "site_node"},
                               NamedColumn<float>{weight, "site_weight"}));
  sites.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(weight[i]) || weight[i] < 0) {
      return absl::DataLossError(fmt::format("has pages of weight {}", weight[i]));
    }
    sites[i] = {.size = message.site_bytes(static_cast<int>(i)),
                .weight = weight[i],
                .node = node[i],
                .pid = message.pid()};
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BlockDecoder::Decode(ChunkKind kind, std::string_view message,
                                  const StringStore& strings, RecordBlock& block) {
  absl::Status status;
  switch (kind) {
    case ChunkKind::kAccessBlock:
      status = DecodeAccesses(message, block);
      break;
    case ChunkKind::kAllocationBlock:
      status = DecodeAllocations(message, block);
      break;
    case ChunkKind::kFaultBlock:
      status = DecodeFaults(message, block);
      break;
    case ChunkKind::kPlacementBlock:
      status = DecodePlacements(message, block);
      break;
    case ChunkKind::kMappings:
      status = DecodeRows<v1::Mappings, MappingRecord>(
          message, strings, block,
          [](const v1::Mappings& m) -> const auto& { return m.mapping(); });
      break;
    case ChunkKind::kProcesses:
      status = DecodeRows<v1::Processes, ProcessRecord>(
          message, strings, block,
          [](const v1::Processes& m) -> const auto& { return m.process(); });
      break;
    case ChunkKind::kThreads:
      status = DecodeRows<v1::Threads, ThreadRecord>(
          message, strings, block, [](const v1::Threads& m) -> const auto& { return m.thread(); });
      break;
    case ChunkKind::kLosses:
      status = DecodeRows<v1::Losses, LossRecord>(
          message, strings, block, [](const v1::Losses& m) -> const auto& { return m.loss(); });
      break;
    case ChunkKind::kStatistics:
      status = DecodeRows<v1::Statistics, StatisticsRecord>(
          message, strings, block,
          [](const v1::Statistics& m) -> const auto& { return m.process(); });
      break;
    case ChunkKind::kPeriods:
      status = DecodeRows<v1::Periods, PeriodRecord>(
          message, strings, block, [](const v1::Periods& m) -> const auto& { return m.period(); });
      break;
    default:
      return absl::InternalError("holds no records");
  }
  if (status.ok()) block.SortByTime();
  return status;
}

absl::Status BlockDecoder::DecodeAccesses(std::string_view message, RecordBlock& block) {
  RETURN_IF_ERROR(Parse(message, accesses_));
  const std::size_t records = SizeOf(accesses_.time_delta_ns());
  const std::size_t site_count = SizeOf(accesses_.site_ip_delta());
  RETURN_IF_ERROR(CheckCounts(records, site_count, SizeOf(accesses_.address_delta())));
  RETURN_IF_ERROR(CheckStream(accesses_.stream()));
  const UniformReader<std::uint32_t> site(accesses_.site());
  const UniformReader<std::int64_t> tick_delta(accesses_.tick_delta());
  const UniformReader<std::uint32_t> cpu(accesses_.cpu());
  const UniformReader<std::uint32_t> source(accesses_.data_source());
  const UniformReader<std::uint32_t> latency(accesses_.latency_cycles());
  const UniformReader<std::uint64_t> period(accesses_.period());
  RETURN_IF_ERROR(CheckColumns(records, NamedColumn<std::uint32_t>{site, "site"},
                               NamedColumn<std::int64_t>{tick_delta, "tick_delta"},
                               NamedColumn<std::uint32_t>{cpu, "cpu"},
                               NamedColumn<std::uint32_t>{source, "data_source"},
                               NamedColumn<std::uint32_t>{latency, "latency_cycles"},
                               NamedColumn<std::uint64_t>{period, "period"}));
  RETURN_IF_ERROR(ReadAccessSites(accesses_, access_sites_));

  // No dictionary of data sources means one that holds 0.
  constexpr std::uint64_t kNoSource = 0;
  const bool no_sources = accesses_.data_source_value().empty();
  const std::uint64_t* sources = no_sources ? &kNoSource : accesses_.data_source_value().data();
  const std::size_t source_count = no_sources ? 1 : SizeOf(accesses_.data_source_value());

  block.Reserve(records);
  SiteAddresses addresses;
  std::uint64_t time_ns = 0;
  std::uint64_t tick = 0;
  for (std::size_t i = 0; i < records; ++i) {
    if (site[i] >= site_count ||
        !addresses.Next(site[i], accesses_.address_delta()[static_cast<int>(i)])) {
      return WrongSite(i, site[i], site_count);
    }
    if (source[i] >= source_count) {
      return absl::DataLossError(
          fmt::format("names data source {} of {} in its record {}", source[i], source_count, i));
    }
    time_ns += static_cast<std::uint64_t>(accesses_.time_delta_ns()[static_cast<int>(i)]);
    AccessRecord& record = block.AddLike(access_sites_[site[i]], time_ns);
    record.address = addresses.address();
    record.tick = tick += static_cast<std::uint64_t>(tick_delta[i]);
    record.cpu = cpu[i];
    record.data_source = sources[source[i]];
    record.latency_cycles = latency[i];
    record.period = period[i];
  }
  return absl::OkStatus();
}

absl::Status BlockDecoder::DecodeAllocations(std::string_view message, RecordBlock& block) {
  RETURN_IF_ERROR(Parse(message, allocations_));
  const std::size_t records = SizeOf(allocations_.time_delta_ns());
  const std::size_t site_count = SizeOf(allocations_.site_caller_delta());
  RETURN_IF_ERROR(CheckCounts(records, site_count, SizeOf(allocations_.address_delta())));
  const UniformReader<std::uint32_t> site(allocations_.site());
  RETURN_IF_ERROR(CheckColumns(records, NamedColumn<std::uint32_t>{site, "site"}));
  RETURN_IF_ERROR(ReadAllocationSites(allocations_, allocation_sites_));

  const RepeatedField<std::int64_t>& size_delta = allocations_.size_delta();
  const RepeatedField<std::int64_t>& old_delta = allocations_.old_address_delta();
  int sizes = 0;
  int olds = 0;
  block.Reserve(records);
  SiteAddresses addresses;
  std::uint64_t time_ns = 0;
  for (std::size_t i = 0; i < records; ++i) {
    const std::uint64_t before = addresses.address();
    if (site[i] >= site_count ||
        !addresses.Next(site[i], allocations_.address_delta()[static_cast<int>(i)])) {
      return WrongSite(i, site[i], site_count);
    }
    AllocationSite& of = allocation_sites_[site[i]];
    time_ns += static_cast<std::uint64_t>(allocations_.time_delta_ns()[static_cast<int>(i)]);
    AllocationRecord& record = block.AddLike(of.common, time_ns);
    record.address = addresses.address();
    if ((of.flags & kSiteHasSize) != 0) {
      if (sizes == size_delta.size()) return WrongLength("size_delta", SizeOf(size_delta), records);
      record.size = of.last_size += static_cast<std::uint64_t>(size_delta[sizes++]);
    }
    if ((of.flags & kSiteHasOldAddress) != 0) {
      if (olds == old_delta.size()) {
        return WrongLength("old_address_delta", SizeOf(old_delta), records);
      }
      record.old_address = before + static_cast<std::uint64_t>(old_delta[olds++]);
    }
  }
  if (sizes != size_delta.size()) return WrongLength("size_delta", SizeOf(size_delta), records);
  if (olds != old_delta.size()) {
    return WrongLength("old_address_delta", SizeOf(old_delta), records);
  }
  return absl::OkStatus();
}

absl::Status BlockDecoder::DecodeFaults(std::string_view message, RecordBlock& block) {
  RETURN_IF_ERROR(Parse(message, faults_));
  const std::size_t records = SizeOf(faults_.time_delta_ns());
  const std::size_t site_count = SizeOf(faults_.site_ip_delta());
  RETURN_IF_ERROR(CheckCounts(records, site_count, SizeOf(faults_.address_delta())));
  RETURN_IF_ERROR(CheckStream(faults_.stream()));
  const UniformReader<std::uint32_t> site(faults_.site());
  const UniformReader<std::uint32_t> cpu(faults_.cpu());
  RETURN_IF_ERROR(CheckColumns(records, NamedColumn<std::uint32_t>{site, "site"},
                               NamedColumn<std::uint32_t>{cpu, "cpu"}));
  std::array<std::uint64_t, kMaxBlockSites> ips;
  std::uint64_t ip = 0;
  for (std::size_t i = 0; i < site_count; ++i) {
    ips[i] = ip += static_cast<std::uint64_t>(faults_.site_ip_delta(static_cast<int>(i)));
  }

  block.Reserve(records);
  SiteAddresses addresses;
  std::uint64_t time_ns = 0;
  for (std::size_t i = 0; i < records; ++i) {
    const auto place = static_cast<int>(i);
    if (site[i] >= site_count || !addresses.Next(site[i], faults_.address_delta()[place])) {
      return WrongSite(i, site[i], site_count);
    }
    time_ns += static_cast<std::uint64_t>(faults_.time_delta_ns()[place]);
    block.Add(FaultRecord{.time_ns = time_ns,
                          .ip = ips[site[i]],
                          .address = addresses.address(),
                          .pid = faults_.pid(),
                          .tid = faults_.tid(),
                          .cpu = cpu[i],
                          .stream = static_cast<std::uint8_t>(faults_.stream())});
  }
  return absl::OkStatus();
}

absl::Status BlockDecoder::DecodePlacements(std::string_view message, RecordBlock& block) {
  RETURN_IF_ERROR(Parse(message, placements_));
  const std::size_t records = SizeOf(placements_.time_delta_ns());
  const std::size_t site_count = SizeOf(placements_.site_bytes());
  RETURN_IF_ERROR(CheckCounts(records, site_count, SizeOf(placements_.address_delta())));
  const UniformReader<std::uint32_t> site(placements_.site());
  RETURN_IF_ERROR(CheckColumns(records, NamedColumn<std::uint32_t>{site, "site"}));
  RETURN_IF_ERROR(ReadPlacementSites(placements_, placement_sites_));

  block.Reserve(records);
  SiteAddresses addresses;
  std::uint64_t time_ns = 0;
  for (std::size_t i = 0; i < records; ++i) {
    const auto place = static_cast<int>(i);
    if (site[i] >= site_count || !addresses.Next(site[i], placements_.address_delta()[place])) {
      return WrongSite(i, site[i], site_count);
    }
    time_ns += static_cast<std::uint64_t>(placements_.time_delta_ns()[place]);
    block.AddLike(placement_sites_[site[i]], time_ns).address = addresses.address();
  }
  return absl::OkStatus();
}

}  // namespace heimdallr::trace
