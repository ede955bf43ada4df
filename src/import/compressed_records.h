// Records as perf record -z writes them: pieces of one zstd stream, at whose ends a record may be
// cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <absl/status/statusor.h>

#include "perf/ring.h"

struct ZSTD_DCtx_s;

namespace heimdallr::imports {

/// Hostile pieces cost no more memory than a record and a step. Not thread-safe.
class CompressedRecords {
 public:
  /// The next piece, when Next had no more of those before.
  void Add(std::span<const std::byte> piece);

  /// The next record, valid until the next call; nothing when it takes another piece. DataLoss,
  /// with the end of a sentence about the records, when they make no sense.
  [[nodiscard]] absl::StatusOr<std::optional<perf::RawRecord>> Next();

  /// A record has begun and not ended.
  [[nodiscard]] bool is_within_record() const { return begin_ != plain_.size(); }

  /// Forgets all: the first piece comes next.
  void Reset();

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx_s* context) const;
  };

  absl::Status DecompressMore();

  std::unique_ptr<ZSTD_DCtx_s, FreeContext> zstd_;
  std::vector<std::byte> piece_;
  std::size_t taken_ = 0;  // of piece_
  std::vector<std::byte> plain_;
  std::size_t begin_ = 0;       // of what was not given yet
  bool has_more_ = false;       // zstd holds back what found no room
  std::uint64_t bytes_in_ = 0;  // of all pieces
  std::uint64_t bytes_out_ = 0;
};

}  // namespace heimdallr::imports
