#include "trace/header_codec.h"

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "trace/format.h"

namespace heimdallr::trace {
namespace {

constexpr std::size_t kMaxListBytes = std::size_t{1} << 20;
// Their number is the square of that of the nodes: beyond, the header might outgrow its chunk.
constexpr std::size_t kMaxNodesWithDistances = 512;
constexpr char kCutMark[] = "[...]";

template <typename Field>
void PutList(const std::vector<std::string>& list, Field& field) {
  std::size_t bytes = 0;
  for (const std::string& entry : list) {
    bytes += entry.size() + 8;  // with its tag and length
    if (bytes > kMaxListBytes) {
      *field.Add() = kCutMark;
      return;
    }
    *field.Add() = entry;
  }
}

void PutStream(const StreamInfo& stream, v1::Stream& message) {
  message.set_id(stream.id);
  message.set_source(static_cast<v1::SourceKind>(stream.source));
  message.set_name(stream.name);
  message.set_event(stream.event);
  message.set_period(stream.period);
  message.set_frequency_hz(stream.frequency_hz);
  message.set_precise_level(stream.precise_level);
  message.set_minimum_latency_cycles(stream.minimum_latency_cycles);
  message.set_may_batch(stream.may_batch);
}

StreamInfo GetStream(const v1::Stream& message) {
  return {.id = static_cast<std::uint8_t>(message.id()),
          .source = v1::SourceKind_IsValid(message.source())
                        ? static_cast<SourceKind>(message.source())
                        : SourceKind::kUnknown,
          .name = message.name(),
          .event = message.event(),
          .period = message.period(),
          .frequency_hz = message.frequency_hz(),
          .precise_level = message.precise_level(),
          .minimum_latency_cycles = message.minimum_latency_cycles(),
          .may_batch = message.may_batch()};
}

void PutMemory(const MemoryInfo& memory, v1::Memory& message) {
  message.set_id(memory.id);
  message.set_name(memory.name);
  message.mutable_nodes()->Add(memory.nodes.begin(), memory.nodes.end());
}

void PutNode(const NodeInfo& node, bool with_distances, v1::Node& message) {
  message.set_id(node.id);
  message.set_memory_bytes(node.memory_bytes);
  message.mutable_cpus()->Add(node.cpus.begin(), node.cpus.end());
  if (!with_distances) return;
  message.mutable_distances()->Add(node.distances.begin(), node.distances.end());
}

absl::Status GetMemories(const v1::Header& message, TraceHeader& header) {
  for (const v1::Memory& memory : message.memories()) {
    if (memory.id() > std::numeric_limits<std::uint8_t>::max()) {
      return absl::DataLossError(
          fmt::format("its header has a memory {}; memories are 0 to 255", memory.id()));
    }
    header.memories.push_back({.id = static_cast<std::uint8_t>(memory.id()),
                               .name = memory.name(),
                               .nodes = {memory.nodes().begin(), memory.nodes().end()}});
  }
  return absl::OkStatus();
}

NodeInfo GetNode(const v1::Node& message) {
  return {.id = message.id(),
          .memory_bytes = message.memory_bytes(),
          .cpus = {message.cpus().begin(), message.cpus().end()},
          .distances = {message.distances().begin(), message.distances().end()}};
}

}  // namespace

v1::Header ToMessage(const TraceHeader& header) {
  v1::Header message;
  message.set_format(kFormatName.data(), kFormatName.size());
  message.set_format_version(kFormatVersion);
  message.set_tool_version(header.tool_version);
  message.set_host(header.host);
  message.set_kernel(header.kernel);
  message.set_processor(header.processor);
  message.set_online_cpus(header.online_cpus);
  message.set_page_size_bytes(header.page_size_bytes);
  message.set_start_realtime_ns(header.start_realtime_ns);
  message.set_start_monotonic_ns(header.start_monotonic_ns);
  message.set_pid(header.pid);
  PutList(header.command_line, *message.mutable_command_line());
  message.set_working_directory(header.working_directory);
  PutList(header.environment, *message.mutable_environment());
  for (const StreamInfo& stream : header.streams) PutStream(stream, *message.add_streams());
  message.set_allocations(header.allocations);
  message.set_dry_run(header.dry_run);
  message.set_stack_depth(header.stack_depth);
  message.set_success_status(static_cast<std::uint32_t>(header.success_status));
  message.set_origin(static_cast<v1::Origin>(header.origin));
  for (const MemoryInfo& memory : header.memories) PutMemory(memory, *message.add_memories());
  const bool with_distances = header.nodes.size() <= kMaxNodesWithDistances;
  for (const NodeInfo& node : header.nodes) PutNode(node, with_distances, *message.add_nodes());
  return message;
}

absl::StatusOr<TraceHeader> FromMessage(const v1::Header& message) {
  if (message.format() != kFormatName) {
    return absl::DataLossError("it is no trace of heimdallr");
  }
  if (message.format_version() > kFormatVersion) {
    return absl::UnimplementedError(
        fmt::format("its format has version {}; this program reads up to version {}. Read it with "
                    "heimdallr {} or newer",
                    message.format_version(), kFormatVersion, message.tool_version()));
  }
  if (message.format_version() == 0) return absl::DataLossError("its header has no version");

  TraceHeader header{.format_version = message.format_version(),
                     .tool_version = message.tool_version(),
                     .host = message.host(),
                     .kernel = message.kernel(),
                     .processor = message.processor(),
                     .online_cpus = message.online_cpus(),
                     .page_size_bytes = message.page_size_bytes(),
                     .start_realtime_ns = message.start_realtime_ns(),
                     .start_monotonic_ns = message.start_monotonic_ns(),
                     .pid = message.pid(),
                     .command_line = {message.command_line().begin(), message.command_line().end()},
                     .working_directory = message.working_directory(),
                     .environment = {message.environment().begin(), message.environment().end()},
                     .allocations = message.allocations(),
                     .dry_run = message.dry_run(),
                     .stack_depth = message.stack_depth(),
                     .success_status = static_cast<std::int32_t>(message.success_status() & 0xff)};
  // One that is not known yet is none of our recordings, at any rate.
  const bool known = message.origin() >= 0 && message.origin() < kTraceOrigins;
  header.origin = known ? static_cast<TraceOrigin>(message.origin()) : TraceOrigin::kImported;
  for (const v1::Stream& stream : message.streams()) {
    if (stream.id() == 0 || stream.id() > std::numeric_limits<std::uint8_t>::max()) {
      return absl::DataLossError(
          fmt::format("its header has a stream {}; streams are 1 to 255", stream.id()));
    }
    header.streams.push_back(GetStream(stream));
  }
  RETURN_IF_ERROR(GetMemories(message, header));
  for (const v1::Node& node : message.nodes()) header.nodes.push_back(GetNode(node));
  return header;
}

}  // namespace heimdallr::trace
