// The chunks of a run, out of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "report/sample_chunk.h"
#include "report/scratch_file.h"

namespace heimdallr::report {

/// Collects samples, packs them and keeps the packed chunks in a temporary file. Add all, then
/// Finish, then read. Not thread-safe.
class ChunkStore {
 public:
  ChunkStore(ScratchFile file, SamplePlanes planes, std::size_t chunk_samples,
             std::uint64_t least_time_unit_ns = 1)
      : file_(std::move(file)),
        planes_(planes),
        chunk_samples_(chunk_samples),
        least_time_unit_ns_(least_time_unit_ns) {}

  void Add(const Sample& sample) {
    pending_.push_back(sample);
    if (pending_.size() == chunk_samples_) Flush();
  }
  /// The first failure to write, if any.
  [[nodiscard]] absl::Status Finish();

  [[nodiscard]] const SamplePlanes& planes() const { return planes_; }
  [[nodiscard]] const std::vector<ChunkInfo>& chunks() const { return infos_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t bytes() const { return file_.size(); }

  /// The gzip stream of a chunk.
  [[nodiscard]] absl::StatusOr<std::string> Read(std::size_t chunk) const;

 private:
  void Flush();

  ScratchFile file_;
  SamplePlanes planes_;
  std::size_t chunk_samples_;
  std::uint64_t least_time_unit_ns_;
  std::vector<Sample> pending_;
  std::vector<ChunkInfo> infos_;
  std::vector<std::uint64_t> offsets_;
  std::uint64_t count_ = 0;
  absl::Status status_;
};

}  // namespace heimdallr::report
