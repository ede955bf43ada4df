// Recordings of `perf record`, as a file or as what it writes into a pipe. The format is described
// in tools/perf/Documentation/perf.data-file-format.txt of Linux.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "import/compressed_records.h"
#include "import/file_window.h"
#include "import/perf_data_header.h"
#include "perf/ring.h"

namespace heimdallr::imports {

// Records of perf itself, beside the kernel's: tools/lib/perf/include/perf/event.h of Linux.
inline constexpr std::uint32_t kFirstOwnRecord = 64;
inline constexpr std::uint32_t kAttributesRecord = 64;
inline constexpr std::uint32_t kTracingDataRecord = 66;
inline constexpr std::uint32_t kFinishedRoundRecord = 68;
inline constexpr std::uint32_t kAuxTraceRecord = 71;
inline constexpr std::uint32_t kEventUpdateRecord = 78;
inline constexpr std::uint32_t kFeatureRecord = 80;
inline constexpr std::uint32_t kCompressedRecord = 81;
inline constexpr std::uint32_t kCompressed2Record = 83;

/// A file is hostile until proven otherwise: places and sizes are checked before they are used. Not
/// thread-safe.
class PerfDataFile {
 public:
  /// Reads what stands before the records. FailedPrecondition for what is no such file, or one of a
  /// machine of the other byte order; DataLoss when it is damaged; others by errno.
  [[nodiscard]] static absl::StatusOr<PerfDataFile> Open(const std::string& path);

  [[nodiscard]] const PerfDataHeader& header() const { return header_; }

  /// The next record, of the kernel or of perf, valid until the next call; nothing at the end.
  /// Those that perf compressed come one by one. DataLoss when the file is cut or makes no sense;
  /// what came before is good.
  [[nodiscard]] absl::StatusOr<std::optional<perf::RawRecord>> Next();

  /// DataLoss when something beside the records is missing: perf's last words about the machine and
  /// its events, or records that the header promises.
  [[nodiscard]] const absl::Status& completeness() const { return completeness_; }

  /// Begins again with the first record.
  void Rewind() {
    at_ = begin_;
    compressed_.Reset();
  }

 private:
  explicit PerfDataFile(FileWindow window) : window_(std::move(window)) {}

  /// As it stands in the file.
  [[nodiscard]] absl::StatusOr<std::optional<perf::RawRecord>> NextOfFile();
  absl::Status ReadFileHeader();
  absl::Status ReadPipeHeader();
  absl::Status ReadEvents(std::uint64_t offset, std::uint64_t size, std::uint64_t each);
  absl::Status ReadIds(std::uint64_t offset, std::uint64_t size, PerfDataEvent& event);
  void ReadFeatures(std::span<const std::byte> bits);
  void CheckData(std::uint64_t size);
  absl::Status TakeOwnRecord(const perf::RawRecord& record);
  [[nodiscard]] absl::Status Damaged(const std::string& what) const;

  FileWindow window_;
  PerfDataHeader header_;
  absl::Status completeness_;
  std::uint64_t begin_ = 0;  // of the records
  std::uint64_t end_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t ids_ = 0;  // of all events
  CompressedRecords compressed_;
};

}  // namespace heimdallr::imports
