#include "export/pprof_format.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "analysis/names.h"
#include "analysis/object_statistics.h"
#include "base/printable.h"
#include "export/gzip_sink.h"
#include "export/pprof.pb.h"
#include "export/stack_profile.h"

namespace heimdallr::exports {
namespace {

// Numbers of damaged traces may be beyond 64 bits.
std::int64_t Rounded(double number) {
  constexpr double kMost = 9e18;
  return std::llround(std::clamp(number, -kMost, kMost));
}

// The order of the values of a sample.
enum Value : std::uint8_t {
  kAllocatedBytes,
  kAllocatedObjects,
  kLiveBytes,
  kLiveObjects,
  kLoads,
  kStores,
  kTime,
  kLatency,
};

struct ValueName {
  std::string_view type;
  std::string_view unit;
};
constexpr ValueName kValues[] = {{"alloc_space", "bytes"}, {"alloc_objects", "count"},
                                 {"inuse_space", "bytes"}, {"inuse_objects", "count"},
                                 {"loads", "count"},       {"stores", "count"},
                                 {"time", "nanoseconds"},  {"latency", "cycles"}};

constexpr std::string_view kMeaning =
    "heimdallr: loads and stores are estimates of what was executed; from the clock source only "
    "their ratios mean something. inuse is what was never freed; mapped memory, which can be given "
    "back in parts, has inuse_space but no inuse_objects.";

// A message is built whole before it is written; about so much at once bounds it.
constexpr std::size_t kBytesAtOnce = 1 << 20;
constexpr std::size_t kBytesOfEach = 100;  // what a sample or place takes beside its parts, at most

// Builds the profile in pieces: serialised messages of a repeated field may simply follow each
// other, so samples, places and texts need not be in memory twice.
class PprofWriter {
 public:
  PprofWriter(StackProfile& stacks, const TraceHeader& header, ByteSink& sink)
      : stacks_(stacks), recording_(stacks.recording()), header_(header), gzip_(sink) {}

  absl::Status Write() {
    values_ = stacks_.has_latency() ? kLatency + 1 : kLatency;
    WriteHead();
    for (const AllocationStack& stack : stacks_.allocations()) {
      if (absl::Status status = Add(stack); !status.ok()) return status;
    }
    for (const AccessStack& stack : stacks_.accesses()) {
      if (absl::Status status = Add(stack); !status.ok()) return status;
    }
    for (const auto write :
         {&PprofWriter::WritePlaces, &PprofWriter::WriteStrings, &PprofWriter::Flush}) {
      if (absl::Status status = (this->*write)(); !status.ok()) return status;
    }
    return gzip_.Finish();
  }

 private:
  std::int64_t String(std::string_view text) { return recording_.words().IdOf(text); }

  void WriteHead() {
    for (std::size_t i = 0; i < values_; ++i) {
      pprof::ValueType* type = profile_.add_sample_type();
      type->set_type(String(kValues[i].type));
      type->set_unit(String(kValues[i].unit));
    }
    const bool any_allocation = !stacks_.allocations().empty();
    profile_.set_default_sample_type(
        String(kValues[any_allocation ? kAllocatedBytes : kTime].type));
    profile_.set_time_nanos(static_cast<std::int64_t>(header_.start_realtime_ns));
    profile_.set_duration_nanos(static_cast<std::int64_t>(stacks_.end_ns()));
    profile_.add_comment(String(kMeaning));
    std::string command = "command:";
    for (const std::string& word : header_.command_line) command += " " + word;
    profile_.add_comment(String(command));
  }

  pprof::Sample& NewSample() {
    pprof::Sample& sample = *profile_.add_sample();
    for (std::size_t i = 0; i < values_; ++i) sample.add_value(0);
    return sample;
  }

  void Label(std::string_view key, std::string_view text, pprof::Sample& sample) {
    if (text.empty()) return;
    pprof::Label* label = sample.add_label();
    label->set_key(String(key));
    label->set_str(String(text));
  }

  void LabelThread(std::int32_t pid, std::int32_t tid, pprof::Sample& sample) {
    const auto with_number = [this](std::uint32_t name, std::int32_t number) {
      const std::string& text = recording_.words().text(name);
      return text.empty() ? std::to_string(number) : fmt::format("{} ({})", text, number);
    };
    if (pid != 0) Label("process", with_number(recording_.ProcessName(pid), pid), sample);
    if (tid != 0) Label("thread", with_number(recording_.ThreadName(pid, tid), tid), sample);
  }

  // Ids are from 1, those of places from 0.
  [[nodiscard]] static std::uint64_t LocationId(std::uint32_t place) {
    return std::uint64_t{place} + 1;
  }

  absl::Status Add(const AllocationStack& stack) {
    pprof::Sample& sample = NewSample();
    const auto chain = stacks_.chain(stack.chain);
    for (const std::uint32_t place : chain) sample.add_location_id(LocationId(place));
    sample.set_value(kAllocatedBytes, static_cast<std::int64_t>(stack.bytes));
    sample.set_value(kAllocatedObjects, static_cast<std::int64_t>(stack.allocations));
    sample.set_value(kLiveBytes, static_cast<std::int64_t>(stack.live_bytes));
    sample.set_value(kLiveObjects, static_cast<std::int64_t>(stack.live_blocks));
    Label("call", analysis::Name(stack.call), sample);
    LabelThread(stack.pid, stack.tid, sample);
    return Ended(chain.size() * sizeof(std::uint64_t));
  }

  absl::Status Add(const AccessStack& stack) {
    const std::uint32_t place = recording_.instruction_place(stack.instruction);
    pprof::Sample& sample = NewSample();
    sample.add_location_id(LocationId(place));
    sample.set_value(kLoads, Rounded(stack.loads));
    sample.set_value(kStores, Rounded(stack.stores));
    sample.set_value(kTime, Rounded(stack.time_ns));
    if (values_ > kLatency) sample.set_value(kLatency, Rounded(stack.latency_cycles));
    LabelObject(stack, sample);
    if (stack.memory != analysis::DataSource::kUnknown) {
      Label("memory", analysis::Name(stack.memory), sample);
    }
    LabelThread(stack.pid, stack.tid, sample);
    return Ended(sizeof(std::uint64_t));
  }

  void LabelObject(const AccessStack& stack, pprof::Sample& sample) {
    if (stack.group == AccessStack::kSeveral) return;
    if (stack.reason != analysis::Unmatched::kNone) {
      Label("object_type", "none", sample);
      Label("object", fmt::format("none: {}", analysis::Name(stack.reason)), sample);
      return;
    }
    const NamedGroup& group = recording_.group(stack.group);
    const Words& words = recording_.words();
    Label("object_type", words.text(group.type), sample);
    Label("object", words.text(group.name), sample);
  }

  // A sample, place or text of `bytes` was added.
  absl::Status Ended(std::size_t bytes) {
    pending_bytes_ += kBytesOfEach + bytes;
    return pending_bytes_ >= kBytesAtOnce ? Flush() : absl::OkStatus();
  }

  // 0 for code that is in no file.
  std::uint64_t MappingId(std::uint32_t module) {
    if (module == 0) return 0;
    if (mappings_.size() <= module) mappings_.resize(module + 1);
    MappingAt& mapping = mappings_[module];
    if (mapping.id == 0) {
      mapping.id = ++last_mapping_;
      const analysis::Module& file = recording_.profile().modules().module(module);
      const ModuleExtent extent = stacks_.ExtentOf(file).value_or(ModuleExtent{});
      mapping.start_minus_offset = extent.address - extent.offset;
      pprof::Mapping* written = profile_.add_mapping();
      written->set_id(mapping.id);
      written->set_memory_start(extent.address);
      written->set_memory_limit(extent.address + extent.size);
      written->set_file_offset(extent.offset);
      written->set_filename(String(file.path));
      written->set_build_id(String(base::Hexadecimal(file.build_id)));
      written->set_has_functions(true);
      written->set_has_filenames(true);
      written->set_has_line_numbers(true);
      written->set_has_inline_frames(true);
    }
    return mapping.id;
  }

  std::uint64_t FunctionId(const NamedLine& line) {
    const auto key = std::pair(line.function, line.file);
    const auto [entry, is_new] = functions_.try_emplace(key, functions_.size() + 1);
    if (is_new) {
      pprof::Function* function = profile_.add_function();
      function->set_id(entry->second);
      function->set_name(line.function);
      function->set_system_name(line.function);
      function->set_filename(line.file);
    }
    return entry->second;
  }

  absl::Status WritePlaces() {
    const auto& places = recording_.places().all();
    // The first mapping is taken for the program itself.
    for (const NamedPlace& place : places) {
      if (recording_.words().text(place.module) == base::Printable(stacks_.executable())) {
        (void)MappingId(place.place.module);
      }
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      const NamedPlace& place = places[i];
      pprof::Location* location = profile_.add_location();
      location->set_id(LocationId(static_cast<std::uint32_t>(i)));
      const std::uint32_t module = place.place.module;
      location->set_mapping_id(MappingId(module));
      location->set_address(place.place.offset +
                            (module == 0 ? 0 : mappings_[module].start_minus_offset));
      for (const NamedLine& line : place.lines) {
        pprof::Line* written = location->add_line();
        written->set_function_id(FunctionId(line));
        written->set_line(line.line);
      }
      if (absl::Status status = Ended(place.lines.size() * kBytesOfEach); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  // All words of the recording, though not each is referred to: their numbers stay the same.
  absl::Status WriteStrings() {
    const Words& words = recording_.words();
    for (std::uint32_t i = 0; i < words.size(); ++i) {
      profile_.add_string_table(words.text(i));
      if (absl::Status status = Ended(words.text(i).size()); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Flush() {
    absl::Status status = gzip_.Write(profile_.SerializeAsString());
    profile_.Clear();
    pending_bytes_ = 0;
    return status;
  }

  struct MappingAt {
    std::uint64_t id = 0;
    std::uint64_t start_minus_offset = 0;  // modulo 2^64
  };

  StackProfile& stacks_;
  NamedRecording& recording_;
  const TraceHeader& header_;
  GzipSink gzip_;
  pprof::Profile profile_;  // what has not been written yet
  std::size_t values_ = 0;
  std::size_t pending_bytes_ = 0;    // in profile_, about
  std::vector<MappingAt> mappings_;  // by module
  std::uint64_t last_mapping_ = 0;
  absl::flat_hash_map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> functions_;
};

}  // namespace

absl::StatusOr<Exported> WritePprof(analysis::RecordSource& source, const Selection& selection,
                                    ByteSink& sink) {
  StackProfile stacks(source, selection);
  Exported exported = stacks.Read();
  if (absl::Status status = PprofWriter(stacks, source.header(), sink).Write(); !status.ok()) {
    return status;
  }
  return exported;
}

}  // namespace heimdallr::exports
