// What is in a chunk: its kind and the message it holds, taken out of its compression.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "trace/format.h"

struct ZSTD_DCtx_s;

namespace heimdallr::trace {

struct ChunkContent {
  ChunkKind kind = ChunkKind::kNone;  ///< kNone: of a kind this version does not know
  std::string_view message;           ///< serialized
};

/// Opens chunks. Not thread-safe.
class ChunkOpener {
 public:
  /// `chunk` is a serialized Chunk. The message points into it, or into this object until the next
  /// call. DataLoss, with the end of a sentence about the chunk, when it makes no sense.
  [[nodiscard]] absl::StatusOr<ChunkContent> Open(std::string_view chunk);

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx_s* context) const;
  };

  /// Sets uncompressed_ to what the Compressed message holds.
  absl::Status Decompress(std::string_view message);

  std::unique_ptr<ZSTD_DCtx_s, FreeContext> zstd_;
  std::string uncompressed_;
};

}  // namespace heimdallr::trace
