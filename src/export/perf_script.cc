#include "export/perf_script.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "analysis/access_observer.h"
#include "base/printable.h"
#include "export/named_recording.h"

namespace heimdallr::exports {
namespace {

constexpr std::size_t kEnough = 256 << 10;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

// Readers end an event's name, and a file's, at the first space.
std::string WithoutSpaces(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

class PerfScript : public analysis::AccessObserver {
 public:
  PerfScript(const analysis::RecordSource& source, const Selection& selection, ByteSink& sink)
      : header_(source.header()), selection_(selection), sink_(sink), events_(256), periods_(256) {
    for (const StreamInfo& stream : header_.streams) {
      const std::string& event = stream.event.empty() ? stream.name : stream.event;
      events_[stream.id] = WithoutSpaces(base::Printable(event));
      periods_[stream.id] = stream.period;
    }
  }

  void Begin(NamedRecording& recording) { recording_ = &recording; }

  void OnAccess(const AccessRecord& record, const analysis::AccessShare& /*share*/,
                const analysis::Joined& joined) override {
    if (!selection_.Accepts(record)) return;
    // Older recordings have the period of the stream alone.
    const std::uint64_t period = record.period != 0 ? record.period : periods_[record.stream];
    Add(record, period, joined.instruction);
  }
  void OnFault(const FaultRecord& record, const analysis::Joined& joined) override {
    if (selection_.Accepts(record)) Add(record, 1, joined.instruction);
  }
  void OnObject(const analysis::Object& /*object*/) override {}

  [[nodiscard]] const absl::Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }

  absl::Status Flush() {
    if (status_.ok()) status_ = sink_.Write({buffer_.data(), buffer_.size()});
    buffer_.clear();
    return status_;
  }

 private:
  template <typename AnyRecord>
  void Add(const AnyRecord& record, std::uint64_t period, std::uint32_t instruction) {
    if (!status_.ok()) return;
    const std::string& comm =
        recording_->words().text(recording_->ThreadName(record.pid, record.tid));
    const std::string& event = events_[record.stream];
    const std::uint64_t time_ns = header_.start_monotonic_ns + record.time_ns;
    fmt::format_to(std::back_inserter(buffer_),
                   FMT_COMPILE("{:<2} {}/{} [{:03}] {}.{:09}: {:10} {}: {:16x} \n"),
                   comm.empty() ? ":" + std::to_string(record.tid) : comm, record.pid, record.tid,
                   record.cpu, time_ns / kNsPerSecond, time_ns % kNsPerSecond, period,
                   event.empty() ? "memory" : event, record.address);
    const std::string& code = CodeOf(instruction);
    const char* at = code.data();
    // The addresses of one instruction differ from process to process.
    for (std::size_t line = 0; line < code.size();) {
      const std::size_t end = code.find('\n', line) + 1;
      fmt::format_to(std::back_inserter(buffer_), FMT_COMPILE("\t{:16x} "), record.ip);
      buffer_.append(at + line, at + end);
      line = end;
    }
    buffer_.push_back('\n');
    ++samples_;
    if (buffer_.size() >= kEnough) (void)Flush();
  }

  // "symbol (file)" lines, inlined deepest first.
  const std::string& CodeOf(std::uint32_t instruction) {
    if (code_.size() <= instruction) code_.resize(instruction + 1);
    std::string& code = code_[instruction];
    if (!code.empty()) return code;
    const NamedPlace& place = recording_->instruction(instruction);
    const Words& words = recording_->words();
    for (std::size_t i = 0; i + 1 < place.lines.size(); ++i) {
      code += words.text(place.lines[i].function) + " (inlined)\n";
    }
    const std::string module =
        place.module == 0 ? "[unknown]" : WithoutSpaces(words.text(place.module));
    code += fmt::format("{} ({})\n", words.text(place.lines.back().function), module);
    return code;
  }

  const TraceHeader& header_;
  const Selection& selection_;
  ByteSink& sink_;
  std::vector<std::string> events_;     // by stream
  std::vector<std::uint64_t> periods_;  // likewise
  NamedRecording* recording_ = nullptr;
  std::vector<std::string> code_;  // by instruction; empty = not made yet
  fmt::memory_buffer buffer_;
  std::uint64_t samples_ = 0;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<Exported> WritePerfScript(analysis::RecordSource& source, const Selection& selection,
                                         ByteSink& sink) {
  PerfScript script(source, selection, sink);
  NamedRecording recording(source, &script);
  script.Begin(recording);
  auto exported = ReadRecords(source, [&](const Record& record) {
    recording.Add(record);
    return script.status();
  });
  if (!exported.ok()) return exported;
  recording.Finish();
  if (absl::Status status = script.Flush(); !status.ok()) return status;
  exported->rows = script.samples();
  return exported;
}

}  // namespace heimdallr::exports
