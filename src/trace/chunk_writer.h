// Messages into chunks of the file: framing, compression, and the count of what is in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "trace/format.h"
#include "trace/output_file.h"
#include "trace/trace_writer.h"

struct ZSTD_CCtx_s;

namespace heimdallr::trace {

/// Records by the kind of chunk that holds them.
class RecordCounts {
 public:
  [[nodiscard]] std::uint64_t& operator[](ChunkKind kind) {
    return counts_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t operator[](ChunkKind kind) const {
    return counts_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t Total() const;

 private:
  std::array<std::uint64_t, kChunkKinds> counts_{};
};

class ChunkWriter {
 public:
  ChunkWriter(OutputFile file, Compression compression);

  /// Writes one chunk that holds `message`, the serialized content of kind `kind` with `records`
  /// records. Blocks are compressed when that was asked for and makes them smaller. Returns false
  /// when the file cannot grow any more; the records then count as dropped.
  bool Write(ChunkKind kind, std::string_view message, std::uint32_t records);

  /// Hands everything to the kernel.
  absl::Status Flush();
  void AllowReserve() { file_.AllowReserve(); }

  [[nodiscard]] const absl::Status& status() const { return file_.status(); }
  /// Where in the file the next chunk begins.
  [[nodiscard]] std::uint64_t offset() const { return file_.offset(); }
  [[nodiscard]] const RecordCounts& written() const { return written_; }
  [[nodiscard]] std::uint64_t dropped_records() const { return dropped_records_; }

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };

  /// Replaces chunk_ (a serialized Chunk) by one that holds it compressed, if that is shorter.
  void CompressChunk();
  void CountLost();

  OutputFile file_;
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> zstd_;
  std::string chunk_;
  std::string frame_;
  RecordCounts written_;
  std::uint64_t dropped_records_ = 0;
  bool lost_counted_ = false;
};

}  // namespace heimdallr::trace
