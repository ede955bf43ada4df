#include "export/flame_formats.h"

#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "base/printable.h"
#include "export/frame_text.h"
#include "export/json_string.h"

namespace heimdallr::exports {
namespace {

struct SpeedscopeProfile {
  FlameValue value;
  std::string_view name;
  std::string_view unit;
};
constexpr SpeedscopeProfile kProfiles[] = {
    {FlameValue::kBytes, "allocated bytes", "bytes"},
    {FlameValue::kLive, "bytes never freed", "bytes"},
    {FlameValue::kAllocations, "allocations", "none"},
    {FlameValue::kLoads, "loads (estimated)", "none"},
    {FlameValue::kStores, "stores (estimated)", "none"},
    {FlameValue::kTime, "CPU time", "nanoseconds"},
};

// The frames that profiles share, each once.
class FrameTable {
 public:
  explicit FrameTable(const Words& words) : words_(words) {}

  std::uint32_t IdOf(const FlameFrame& frame) {
    const auto [entry, is_new] = ids_.try_emplace(Key{frame.name, frame.file, frame.line},
                                                  static_cast<std::uint32_t>(ids_.size()));
    if (is_new) Append(frame);
    return entry->second;
  }

  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;

  void Append(const FlameFrame& frame) {
    json_ += json_.empty() ? "{\"name\":" : ",\n{\"name\":";
    AppendJsonString(words_.text(frame.name), json_);
    if (frame.file != 0) {
      json_ += ",\"file\":";
      AppendJsonString(words_.text(frame.file), json_);
    }
    if (frame.line != 0) json_ += fmt::format(",\"line\":{}", frame.line);
    json_ += '}';
  }

  const Words& words_;
  absl::flat_hash_map<Key, std::uint32_t> ids_;
  std::string json_;
};

// Nothing if the recording has nothing of it.
std::string ProfileJson(StackProfile& stacks, const SpeedscopeProfile& profile,
                        FrameTable& frames) {
  std::string samples;
  std::string weights;
  std::uint64_t total = 0;
  ForEachFlame(stacks, profile.value, [&](const auto& stack, std::uint64_t count) {
    samples += samples.empty() ? "[" : ",\n[";
    for (std::size_t i = 0; i < stack.size(); ++i) {
      samples += fmt::format("{}{}", i == 0 ? "" : ",", frames.IdOf(stack[i]));
    }
    samples += ']';
    weights += fmt::format("{}{}", weights.empty() ? "" : ",", count);
    total += count;
  });
  if (samples.empty()) return {};
  return fmt::format(R"({{"type":"sampled","name":"{}","unit":"{}","startValue":0,"endValue":{},)"
                     "\n\"samples\":[{}],\n\"weights\":[{}]}}",
                     profile.name, profile.unit, total, samples, weights);
}

}  // namespace

absl::StatusOr<Exported> WriteCollapsed(analysis::RecordSource& source, const Selection& selection,
                                        FlameValue value, ByteSink& sink) {
  StackProfile stacks(source, selection);
  Exported exported = stacks.Read();
  const Words& words = stacks.recording().words();
  std::map<std::string, std::uint64_t> lines;
  ForEachFlame(stacks, value, [&](const auto& frames, std::uint64_t count) {
    std::string text;
    for (const FlameFrame& frame : frames) AppendFrame(words.text(frame.name), text);
    lines[text] += count;
  });
  for (const auto& [stack, count] : lines) {
    const absl::Status status = sink.Write(fmt::format("{} {}\n", stack, count));
    if (!status.ok()) return status;
  }
  exported.rows = lines.size();
  return exported;
}

absl::StatusOr<Exported> WriteSpeedscope(analysis::RecordSource& source, const Selection& selection,
                                         const std::string& title, ByteSink& sink) {
  StackProfile stacks(source, selection);
  Exported exported = stacks.Read();
  std::string head =
      "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":"
      "\"heimdallr\",\"activeProfileIndex\":0,\"name\":";
  AppendJsonString(base::Printable(title), head);
  head += ",\n\"profiles\":[";
  if (absl::Status status = sink.Write(head); !status.ok()) return status;
  FrameTable frames(stacks.recording().words());
  bool first = true;
  for (const SpeedscopeProfile& profile : kProfiles) {
    const std::string json = ProfileJson(stacks, profile, frames);
    if (json.empty()) continue;
    if (absl::Status status = sink.Write(first ? json : ",\n" + json); !status.ok()) return status;
    first = false;
  }
  const std::string tail = "],\n\"shared\":{\"frames\":[" + frames.json() + "]}}\n";
  if (absl::Status status = sink.Write(tail); !status.ok()) return status;
  return exported;
}

}  // namespace heimdallr::exports
