#include "export/flame_formats.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <fmt/compile.h>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/status_macros.h"
#include "export/frame_order.h"
#include "export/frame_text.h"
#include "export/json_string.h"
#include "export/text_buffer.h"

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

void AppendNumber(std::uint64_t number, TextBuffer& out) {
  const fmt::format_int text(number);
  out.Append(std::string_view(text.data(), text.size()));
}

// The frames that profiles share, each once.
class FrameTable {
 public:
  std::uint32_t IdOf(const FlameFrame& frame) {
    const auto [entry, is_new] = ids_.try_emplace(Key{frame.name, frame.file, frame.line},
                                                  static_cast<std::uint32_t>(frames_.size()));
    if (is_new) frames_.push_back(frame);
    return entry->second;
  }

  absl::Status Write(const Words& words, TextBuffer& out) const {
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      const FlameFrame& frame = frames_[i];
      out.Append(i == 0 ? "{\"name\":" : ",\n{\"name\":");
      AppendJsonString(words.text(frame.name), out.text());
      if (frame.file != 0) {
        out.Append(",\"file\":");
        AppendJsonString(words.text(frame.file), out.text());
      }
      if (frame.line != 0) {
        out.Append(",\"line\":");
        AppendNumber(frame.line, out);
      }
      out.Append('}');
      RETURN_IF_ERROR(out.FlushIfMuch());
    }
    return absl::OkStatus();
  }

 private:
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;

  absl::flat_hash_map<Key, std::uint32_t> ids_;
  std::vector<FlameFrame> frames_;
};

absl::Status WriteSamples(FlameStacks& flames, FrameTable& frames, TextBuffer& out) {
  bool first = true;
  for (const Flame& flame : flames.all()) {
    out.Append(first ? "[" : ",\n[");
    first = false;
    bool outermost = true;
    for (const FlameFrame& frame : flames.FramesOf(flame)) {
      if (!outermost) out.Append(',');
      outermost = false;
      AppendNumber(frames.IdOf(frame), out);
    }
    out.Append(']');
    RETURN_IF_ERROR(out.FlushIfMuch());
  }
  return absl::OkStatus();
}

absl::Status WriteProfile(FlameStacks& flames, const SpeedscopeProfile& profile, FrameTable& frames,
                          TextBuffer& out) {
  std::uint64_t total = 0;
  for (const Flame& flame : flames.all()) total += flame.count;
  fmt::format_to(std::back_inserter(out.text()),
                 R"({{"type":"sampled","name":"{}","unit":"{}","startValue":0,"endValue":{},)"
                 "\n\"samples\":[",
                 profile.name, profile.unit, total);
  RETURN_IF_ERROR(WriteSamples(flames, frames, out));
  out.Append("],\n\"weights\":[");
  for (std::size_t i = 0; i < flames.all().size(); ++i) {
    if (i != 0) out.Append(',');
    AppendNumber(flames.all()[i].count, out);
    RETURN_IF_ERROR(out.FlushIfMuch());
  }
  out.Append("]}");
  return absl::OkStatus();
}

// The same stacks follow each other.
std::vector<Flame> Sorted(FlameStacks& flames, const FrameOrder& order) {
  std::vector<Flame> sorted = flames.all();
  std::vector<FlameFrame> frames;
  std::sort(sorted.begin(), sorted.end(), [&](const Flame& a, const Flame& b) {
    frames = flames.FramesOf(a);
    return order.Less(frames, flames.FramesOf(b));
  });
  return sorted;
}

}  // namespace

absl::StatusOr<Exported> WriteCollapsed(analysis::RecordSource& source, const Selection& selection,
                                        FlameValue value, ByteSink& sink) {
  StackProfile stacks(source, selection);
  Exported exported = stacks.Read();
  const Words& words = stacks.recording().words();
  FlameStacks flames(stacks, value);
  for (const Flame& flame : flames.all()) (void)flames.FramesOf(flame);  // names them
  const FrameOrder order(words);
  const std::vector<Flame> sorted = Sorted(flames, order);
  TextBuffer out(sink);
  std::vector<FlameFrame> frames;
  std::string text;
  exported.rows = 0;
  for (auto flame = sorted.begin(); flame != sorted.end();) {
    frames = flames.FramesOf(*flame);
    text.clear();
    for (const FlameFrame& frame : frames) AppendFrame(words.text(frame.name), text);
    std::uint64_t count = 0;
    for (; flame != sorted.end() && order.Equal(frames, flames.FramesOf(*flame)); ++flame) {
      count += flame->count;
    }
    fmt::format_to(std::back_inserter(out.text()), FMT_COMPILE("{} {}\n"), text, count);
    ++exported.rows;
    RETURN_IF_ERROR(out.FlushIfMuch());
  }
  RETURN_IF_ERROR(out.Flush());
  return exported;
}

absl::StatusOr<Exported> WriteSpeedscope(analysis::RecordSource& source, const Selection& selection,
                                         const std::string& title, ByteSink& sink) {
  StackProfile stacks(source, selection);
  Exported exported = stacks.Read();
  TextBuffer out(sink);
  out.Append(
      "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":"
      "\"heimdallr\",\"activeProfileIndex\":0,\"name\":");
  AppendJsonString(base::Printable(title), out.text());
  out.Append(",\n\"profiles\":[");
  FrameTable frames;
  bool first = true;
  for (const SpeedscopeProfile& profile : kProfiles) {
    FlameStacks flames(stacks, profile.value);
    if (flames.all().empty()) continue;
    if (!first) out.Append(",\n");
    first = false;
    RETURN_IF_ERROR(WriteProfile(flames, profile, frames, out));
  }
  out.Append("],\n\"shared\":{\"frames\":[");
  RETURN_IF_ERROR(frames.Write(stacks.recording().words(), out));
  out.Append("]}}\n");
  RETURN_IF_ERROR(out.Flush());
  return exported;
}

}  // namespace heimdallr::exports
