#include "cli/record_json.h"

#include <span>
#include <string_view>
#include <variant>

#include "analysis/names.h"
#include "cli/json_writer.h"
#include "cli/plain_text.h"

namespace heimdallr::cli {
namespace {

using analysis::Name;

// Writes the members of one record; the braces are the caller's.
class RecordJson {
 public:
  RecordJson(const RecordContext& context, JsonWriter& json) : context_(context), json_(json) {}

  void operator()(const AccessRecord& r) {
    Head("access", r.time_ns, r.pid);
    json_.Number("tid", r.tid);
    json_.Number("cpu", r.cpu);
    json_.Address("ip", r.ip);
    json_.Address("address", r.address);
    if (r.size != 0) json_.Number("size", r.size);
    if (r.kind != AccessKind::kUnknown) json_.Literal("kind", Name(r.kind));
    Stream(r.stream);
    json_.Bool("direct", r.direct);
    json_.Float("weight", r.weight);
    if (r.period != 0) json_.Number("period", r.period);
    if (r.tick != 0) json_.Number("tick", r.tick);
    if (r.latency_cycles != 0) json_.Number("latency", r.latency_cycles);
    if (r.data_source != 0) json_.Number("data_source", r.data_source);
  }

  void operator()(const FaultRecord& r) {
    Head("fault", r.time_ns, r.pid);
    json_.Number("tid", r.tid);
    json_.Number("cpu", r.cpu);
    json_.Address("ip", r.ip);
    json_.Address("address", r.address);
    Stream(r.stream);
  }

  void operator()(const AllocationRecord& r) {
    const bool gives = r.event == AllocationEvent::kAllocate;
    Head(gives ? "allocation" : "deallocation", r.time_ns, r.pid);
    json_.Number("tid", r.tid);
    json_.Literal("call", Name(r.call));
    Address("address", r.address);  // none: the call failed
    if (gives || r.size != 0) json_.Number("size", r.size);
    Address("old_address", r.old_address);
    Address("caller", r.caller);
    if (r.memory != 0) json_.Number("memory", r.memory);
    if (r.stack == 0) return;
    const std::span<const std::uint64_t> frames = context_.stack(r.stack);
    if (frames.empty()) return;
    json_.BeginArray("stack");
    for (const std::uint64_t frame : frames) json_.AddressElement(frame);
    json_.EndArray();
  }

  void operator()(const MappingRecord& r) {
    Head("mapping", r.time_ns, r.pid);
    json_.Address("address", r.address);
    json_.Number("size", r.size);
    json_.Number("offset", r.offset);
    String("path", r.path);
    json_.Literal("protection",
                  Protection(r.protection, r.shared ? Sharing::kShared : Sharing::kPrivate));
    BuildId(r.build_id);
  }

  void operator()(const ProcessRecord& r) {
    Head("process", r.time_ns, r.pid);
    json_.Literal("event", Name(r.event));
    if (r.parent_pid != 0) json_.Number("parent_pid", r.parent_pid);
    String("command", r.command);
    String("executable", r.executable);
    BuildId(r.build_id);
  }

  void operator()(const ThreadRecord& r) {
    Head("thread", r.time_ns, r.pid);
    json_.Number("tid", r.tid);
    json_.Literal("event", Name(r.event));
    String("name", r.name);
    Address("thread_pointer", r.thread_pointer);
    Address("stack_top", r.stack_top);
  }

  void operator()(const LossRecord& r) {
    json_.Literal("type", "loss");
    json_.Number("time_ns", r.time_ns);
    if (r.pid != 0) json_.Number("pid", r.pid);
    if (r.tid != 0) json_.Number("tid", r.tid);
    json_.Literal("kind", Name(r.kind));
    json_.Number("count", r.count);
    if (r.duration_ns != 0) json_.Number("duration_ns", r.duration_ns);
    if (r.stream != 0) Stream(r.stream);
  }

  void operator()(const StatisticsRecord& r) {
    Head("statistics", r.time_ns, r.pid);
    AppendStatistics(r, json_);
  }

  void operator()(const PeriodRecord& r) {
    json_.Literal("type", "period");
    json_.Number("time_ns", r.time_ns);
    Stream(r.stream);
    json_.Number("period", r.period);
    if (r.sample_cost_ns != 0) json_.Number("sample_cost_ns", r.sample_cost_ns);
    json_.Float("overhead", r.overhead);
  }

  void operator()(const PlacementRecord& r) {
    Head("placement", r.time_ns, r.pid);
    json_.Address("address", r.address);
    json_.Number("size", r.size);
    json_.Number("node", r.node);
    json_.Float("weight", r.weight);
  }

 private:
  void Head(std::string_view type, std::uint64_t time_ns, std::int32_t pid) {
    json_.Literal("type", type);
    json_.Number("time_ns", time_ns);
    json_.Number("pid", pid);
  }
  void Address(std::string_view key, std::uint64_t address) {
    if (address != 0) json_.Address(key, address);
  }
  void String(std::string_view key, std::string_view bytes) {
    if (!bytes.empty()) json_.String(key, bytes);
  }
  void Stream(std::uint8_t id) { String("stream", context_.stream_name(id)); }
  void BuildId(std::string_view bytes) {
    if (!bytes.empty()) json_.HexBytes("build_id", bytes);
  }

  const RecordContext& context_;
  JsonWriter& json_;
};

}  // namespace

void AppendStatistics(const StatisticsRecord& record, JsonWriter& json) {
  json.Number("wall_ns", record.wall_ns);
  json.Number("user_ns", record.user_ns);
  json.Number("system_ns", record.system_ns);
  json.Number("max_rss_bytes", record.max_rss_bytes);
  json.Number("minor_faults", record.minor_faults);
  json.Number("major_faults", record.major_faults);
  if (record.exit_code >= 0) json.Number("exit_code", record.exit_code);
  if (record.exit_signal != 0) json.Number("exit_signal", record.exit_signal);
  json.Literal("source", Name(record.source));
}

void AppendJson(const Record& record, const RecordContext& context, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.BeginObject();
  std::visit(RecordJson(context, json), record);
  json.EndObject();
  out.push_back('\n');
}

}  // namespace heimdallr::cli
