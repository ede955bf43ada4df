#include "import/perf_data_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "perf/field_reader.h"

namespace heimdallr::imports {
namespace {

using perf::FieldReader;
using perf::RawRecord;

constexpr std::uint64_t kMagic = 0x32454c4946524550;         // "PERFILE2"
constexpr std::uint64_t kForeignMagic = 0x50455246494c4532;  // by a machine of the other byte order
constexpr std::uint64_t kPipeHeaderBytes = 16;
constexpr std::uint64_t kFileHeaderBytes = 104;
constexpr std::uint64_t kSectionBytes = 16;
constexpr std::uint64_t kMostEvents = 4096;
constexpr std::uint64_t kMostIds = 1U << 20;
constexpr std::uint64_t kMostOfFeature = 1U << 20;

struct Section {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

Section TakeSection(FieldReader& reader) {
  Section section;
  section.offset = reader.Take<std::uint64_t>();
  section.size = reader.Take<std::uint64_t>();
  return section;
}

Section SectionIn(std::span<const std::byte> bytes) {
  FieldReader reader(bytes);
  return TakeSection(reader);
}

bool IsCompressed(const RawRecord& record) {
  return record.type == kCompressedRecord || record.type == kCompressed2Record;
}

// The later form is padded, and says how long it is.
std::span<const std::byte> CompressedIn(const RawRecord& record) {
  FieldReader reader(record.bytes.subspan(sizeof(perf_event_header)));
  if (record.type == kCompressedRecord) return reader.TakeBytes(reader.remaining());
  const auto bytes = reader.Take<std::uint64_t>();
  return reader.TakeBytes(std::min<std::uint64_t>(bytes, reader.remaining()));
}

// Payload that follows a record of perf and does not count in its size.
std::uint64_t BytesBehind(const RawRecord& record) {
  FieldReader reader(record.bytes.subspan(sizeof(perf_event_header)));
  if (record.type == kTracingDataRecord) return (reader.Take<std::uint32_t>() + 7ULL) & ~7ULL;
  if (record.type == kAuxTraceRecord) return reader.Take<std::uint64_t>();
  return 0;
}

}  // namespace

absl::StatusOr<PerfDataFile> PerfDataFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(FileWindow window, FileWindow::Open(path));
  PerfDataFile file(std::move(window));
  const auto start = file.window_.At(0, kPipeHeaderBytes);
  FieldReader reader(start.ok() ? *start : std::span<const std::byte>());
  const auto magic = reader.Take<std::uint64_t>();
  const auto size = reader.Take<std::uint64_t>();
  if (magic == kForeignMagic) {
    return absl::FailedPreconditionError(fmt::format(
        "'{}' was recorded on a machine of the other byte order: import it on one like that",
        path));
  }
  if (magic != kMagic) {
    return absl::FailedPreconditionError(
        fmt::format("'{}' is no recording of perf record (perf.data)", path));
  }
  RETURN_IF_ERROR(size == kPipeHeaderBytes ? file.ReadPipeHeader() : file.ReadFileHeader());
  if (file.header_.events.empty()) return file.Damaged("it names no event");
  return file;
}

absl::Status PerfDataFile::Damaged(const std::string& what) const {
  return absl::DataLossError(fmt::format("'{}' is damaged: {}", window_.path(), what));
}

absl::Status PerfDataFile::ReadFileHeader() {
  const auto bytes = window_.At(0, kFileHeaderBytes);
  if (!bytes.ok()) return Damaged("its header is cut");
  FieldReader reader(bytes->subspan(kPipeHeaderBytes));
  const auto attribute_bytes = reader.Take<std::uint64_t>();
  const Section events = TakeSection(reader);
  const Section data = TakeSection(reader);
  (void)TakeSection(reader);  // names of tracepoints, in old files
  const auto flags = reader.TakeBytes(kFeatures / 8);
  const std::vector<std::byte> bits(flags.begin(), flags.end());
  if (data.offset < kFileHeaderBytes || data.offset > window_.size()) {
    return Damaged("its records lie outside of it");
  }
  begin_ = at_ = data.offset;
  RETURN_IF_ERROR(ReadEvents(events.offset, events.size, attribute_bytes));
  CheckData(data.size);
  if (completeness_.ok()) ReadFeatures(bits);
  return absl::OkStatus();
}

void PerfDataFile::CheckData(std::uint64_t size) {
  const std::uint64_t present = window_.size() - begin_;
  end_ = begin_ + std::min(size, present);
  if (size > present) {
    completeness_ = Damaged(fmt::format("{} of {} bytes of its records are there", present, size));
  } else if (size == 0) {
    // perf writes the size when it ends; what is there counts.
    end_ = window_.size();
    completeness_ = Damaged("it was not finished, as if perf record had been killed");
  }
}

absl::Status PerfDataFile::ReadEvents(std::uint64_t offset, std::uint64_t size,
                                      std::uint64_t each) {
  if (each <= kSectionBytes || size / each > kMostEvents || size % each != 0) {
    return Damaged(fmt::format("its table of events has {} bytes, of {} each", size, each));
  }
  for (std::uint64_t i = 0; i < size / each; ++i) {
    const auto entry = window_.At(offset + i * each, each);
    if (!entry.ok()) return Damaged("its table of events is cut");
    PerfDataEvent event;
    event.attributes = ToAttributes(entry->first(each - kSectionBytes));
    FieldReader reader(entry->last(kSectionBytes));
    const Section ids = TakeSection(reader);
    RETURN_IF_ERROR(ReadIds(ids.offset, ids.size, event));
    header_.events.push_back(std::move(event));
  }
  return absl::OkStatus();
}

absl::Status PerfDataFile::ReadIds(std::uint64_t offset, std::uint64_t size, PerfDataEvent& event) {
  const std::uint64_t count = size / sizeof(std::uint64_t);
  if (count > kMostIds - ids_) return Damaged("it has too many ids of events");
  ids_ += count;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto word = window_.At(offset + i * sizeof(std::uint64_t), sizeof(std::uint64_t));
    if (!word.ok()) return Damaged("the ids of its events lie outside of it");
    event.ids.push_back(FieldReader(*word).Take<std::uint64_t>());
  }
  return absl::OkStatus();
}

// Behind the records lies a table of as many sections as bits are set. What is damaged of them is
// left out: the records do not need it.
void PerfDataFile::ReadFeatures(std::span<const std::byte> bits) {
  std::uint64_t entry = end_;
  for (std::uint32_t i = 0; i < kFeatures; ++i) {
    if ((std::to_integer<unsigned>(bits[i / 8]) >> (i % 8) & 1U) == 0) continue;
    const auto bytes = window_.At(entry, kSectionBytes);
    entry += kSectionBytes;
    const Section section = bytes.ok() ? SectionIn(*bytes) : Section{};
    const auto content = window_.At(section.offset, std::min(section.size, kMostOfFeature));
    if (bytes.ok() && content.ok() && section.size <= window_.size() - section.offset) {
      TakeFeature(static_cast<Feature>(i), *content, header_);
    } else {
      completeness_ = Damaged(
          "what perf writes behind the records, of the machine and the events, "
          "is cut");
    }
  }
}

// Events and the rest come as records, before the kernel's.
absl::Status PerfDataFile::ReadPipeHeader() {
  begin_ = at_ = kPipeHeaderBytes;
  end_ = window_.size();
  while (true) {
    auto record = Next();
    if (!record.ok()) return record.status();
    if (!*record || (*record)->type < kFirstOwnRecord) break;
    RETURN_IF_ERROR(TakeOwnRecord(**record));
  }
  Rewind();
  return absl::OkStatus();
}

absl::Status PerfDataFile::TakeOwnRecord(const RawRecord& record) {
  FieldReader reader(record.bytes.subspan(sizeof(perf_event_header)));
  switch (record.type) {
    case kAttributesRecord: {
      constexpr std::size_t kSizeAt = offsetof(perf_event_attr, size);
      FieldReader peek(record.bytes.subspan(sizeof(perf_event_header)));
      peek.Skip(kSizeAt);
      const auto size = peek.Take<std::uint32_t>();
      const auto attributes = reader.TakeBytes(size == 0 ? PERF_ATTR_SIZE_VER0 : size);
      if (!reader.ok() || header_.events.size() >= kMostEvents) {
        return Damaged("the description of an event is cut");
      }
      PerfDataEvent event;
      event.attributes = ToAttributes(attributes);
      while (reader.remaining() >= sizeof(std::uint64_t)) {
        event.ids.push_back(reader.Take<std::uint64_t>());
      }
      header_.events.push_back(std::move(event));
      break;
    }
    case kEventUpdateRecord: {
      constexpr std::uint64_t kName = 2;
      const auto kind = reader.Take<std::uint64_t>();
      const auto id = reader.Take<std::uint64_t>();
      if (kind == kName) TakeName(id, reader.TakeString(), header_);
      break;
    }
    case kFeatureRecord: {
      const auto feature = reader.Take<std::uint64_t>();
      if (feature < kFeatures) {
        TakeFeature(static_cast<Feature>(feature), reader.TakeBytes(reader.remaining()), header_);
      }
      break;
    }
    default:
      break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RawRecord>> PerfDataFile::Next() {
  while (true) {
    auto record = compressed_.Next();
    if (!record.ok())
      return Damaged(fmt::format("compressed records, before byte {}, {}", at_,
                                 base::Message(record.status())));
    if (*record) return record;
    record = NextOfFile();
    if (!record.ok()) return record;
    if (!*record && compressed_.is_within_record()) {
      return Damaged("its last compressed record is cut");
    }
    if (!*record || !IsCompressed(**record)) return record;
    compressed_.Add(CompressedIn(**record));
  }
}

absl::StatusOr<std::optional<RawRecord>> PerfDataFile::NextOfFile() {
  if (at_ >= end_) return std::nullopt;
  const auto start = window_.At(at_, sizeof(perf_event_header));
  if (!start.ok() || end_ - at_ < sizeof(perf_event_header)) {
    return Damaged(fmt::format("its last record, at byte {}, is cut", at_));
  }
  const auto header = FieldReader(*start).Take<perf_event_header>();
  if (header.size < sizeof(header)) {
    return Damaged(fmt::format("the record at byte {} has a size of {}", at_, header.size));
  }
  if (header.size > end_ - at_) {
    return Damaged(fmt::format("its last record, at byte {}, is cut", at_));
  }
  const auto bytes = window_.At(at_, header.size);
  if (!bytes.ok()) return bytes.status();
  const RawRecord record{.type = header.type, .misc = header.misc, .bytes = *bytes};
  at_ += header.size;
  const std::uint64_t behind = BytesBehind(record);
  at_ = behind > end_ - at_ ? end_ : at_ + behind;
  return record;
}

}  // namespace heimdallr::imports
