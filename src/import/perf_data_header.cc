#include "import/perf_data_header.h"

#include <algorithm>
#include <cstring>

#include "perf/field_reader.h"

namespace heimdallr::imports {
namespace {

using perf::FieldReader;

constexpr std::uint32_t kMostWords = 4096;

// A length, then as many bytes, of which those behind the first NUL are padding.
std::string TakeText(FieldReader& reader) {
  const auto length = reader.Take<std::uint32_t>();
  FieldReader text(reader.TakeBytes(length));
  return text.TakeString();
}

std::vector<std::string> TakeTexts(FieldReader& reader) {
  const auto count = reader.Take<std::uint32_t>();
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < std::min(count, kMostWords) && reader.remaining() > 0; ++i) {
    texts.push_back(TakeText(reader));
  }
  return texts;
}

void TakeEventNames(FieldReader& reader, PerfDataHeader& header) {
  const auto events = reader.Take<std::uint32_t>();
  const auto attribute_bytes = reader.Take<std::uint32_t>();
  for (std::uint32_t i = 0; i < events && reader.ok(); ++i) {
    reader.Skip(attribute_bytes);
    const auto ids = reader.Take<std::uint32_t>();
    const std::string name = TakeText(reader);
    const bool in_order = i < header.events.size() && header.events[i].name.empty();
    if (reader.ok() && in_order) header.events[i].name = name;
    reader.SkipMany(ids, sizeof(std::uint64_t));
  }
}

void TakeClock(FieldReader& reader, PerfDataMachine& machine) {
  reader.Skip(2 * sizeof(std::uint32_t));  // version, clockid
  machine.wall_clock_ns = reader.Take<std::uint64_t>();
  machine.wall_clock_record_ns = reader.Take<std::uint64_t>();
}

}  // namespace

perf::SampleLayout PerfDataEvent::Layout() const {
  return {.sample_type = attributes.sample_type,
          .read_format = attributes.read_format,
          .user_registers = attributes.sample_regs_user,
          .interrupt_registers = attributes.sample_regs_intr,
          .branch_sample_type = attributes.branch_sample_type,
          .sample_id_all = attributes.sample_id_all != 0};
}

perf_event_attr ToAttributes(std::span<const std::byte> bytes) {
  perf_event_attr attributes{};
  std::memcpy(&attributes, bytes.data(), std::min(bytes.size(), sizeof(attributes)));
  return attributes;
}

void TakeFeature(Feature feature, std::span<const std::byte> section, PerfDataHeader& header) {
  FieldReader reader(section);
  PerfDataMachine& machine = header.machine;
  switch (feature) {
    case Feature::kHostName:
      machine.host = TakeText(reader);
      break;
    case Feature::kKernelRelease:
      machine.kernel = TakeText(reader);
      break;
    case Feature::kArchitecture:
      machine.architecture = TakeText(reader);
      break;
    case Feature::kCpus:
      machine.online_cpus = reader.Take<std::uint32_t>();
      break;
    case Feature::kProcessor:
      machine.processor = TakeText(reader);
      break;
    case Feature::kCommandLine:
      machine.command_line = TakeTexts(reader);
      break;
    case Feature::kEvents:
      TakeEventNames(reader, header);
      break;
    case Feature::kClock:
      TakeClock(reader, machine);
      break;
  }
}

void TakeName(std::uint64_t id, std::string_view name, PerfDataHeader& header) {
  for (PerfDataEvent& event : header.events) {
    if (std::find(event.ids.begin(), event.ids.end(), id) != event.ids.end()) event.name = name;
  }
}

}  // namespace heimdallr::imports
