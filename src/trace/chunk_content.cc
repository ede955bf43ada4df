#include "trace/chunk_content.h"

#include <zstd.h>

#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "trace/wire_reader.h"

namespace heimdallr::trace {
namespace {

bool IsContent(std::uint64_t field) {
  return field >= static_cast<std::uint64_t>(ChunkKind::kHeader) &&
         field <= static_cast<std::uint64_t>(ChunkKind::kPlacementBlock);
}

// Reads the fields of Chunk itself; its message is left to whoever knows the kind.
absl::StatusOr<ChunkContent> FindContent(std::string_view chunk) {
  ChunkContent content;
  WireReader reader(chunk);
  while (!reader.empty()) {
    const std::optional<std::uint64_t> tag = reader.Varint();
    if (!tag.has_value() || *tag >> 3 == 0) return absl::DataLossError("is damaged");
    const auto type = static_cast<WireType>(*tag & 7);
    if (!IsContent(*tag >> 3)) {
      if (!reader.Skip(type)) return absl::DataLossError("is damaged");
      continue;
    }
    const std::optional<std::string_view> message =
        type == WireType::kBytes ? reader.Bytes() : std::nullopt;
    if (!message.has_value()) return absl::DataLossError("is damaged");
    if (content.kind != ChunkKind::kNone) return absl::DataLossError("has two contents");
    content = {.kind = static_cast<ChunkKind>(*tag >> 3), .message = *message};
  }
  return content;
}

}  // namespace

void ChunkOpener::FreeContext::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

absl::StatusOr<ChunkContent> ChunkOpener::Open(std::string_view chunk) {
  ASSIGN_OR_RETURN(ChunkContent content, FindContent(chunk));
  if (content.kind != ChunkKind::kCompressed) return content;
  RETURN_IF_ERROR(Decompress(content.message));
  ASSIGN_OR_RETURN(content, FindContent(uncompressed_));
  if (content.kind == ChunkKind::kCompressed) {
    return absl::DataLossError("is compressed twice");
  }
  return content;
}

absl::Status ChunkOpener::Decompress(std::string_view message) {
  std::uint64_t size = 0;
  std::string_view frame;
  WireReader reader(message);
  while (!reader.empty()) {
    const std::optional<std::uint64_t> tag = reader.Varint();
    bool good = tag.has_value();
    if (good && *tag == ((1U << 3) | 0U)) {
      const std::optional<std::uint64_t> value = reader.Varint();
      good = value.has_value();
      size = value.value_or(0);
    } else if (good && *tag == ((2U << 3) | 2U)) {
      const std::optional<std::string_view> value = reader.Bytes();
      good = value.has_value();
      frame = value.value_or(std::string_view{});
    } else if (good) {
      good = reader.Skip(static_cast<WireType>(*tag & 7));
    }
    if (!good) return absl::DataLossError("is damaged");
  }
  if (size > kMaxRecordChunkBytes) {
    return absl::DataLossError(fmt::format("says {} bytes uncompressed, more than any has", size));
  }
  if (zstd_ == nullptr) zstd_.reset(ZSTD_createDCtx());
  uncompressed_.resize(static_cast<std::size_t>(size));
  const std::size_t got = ZSTD_decompressDCtx(zstd_.get(), uncompressed_.data(),
                                              uncompressed_.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0) {
    return absl::DataLossError(fmt::format("cannot be uncompressed ({})", ZSTD_getErrorName(got)));
  }
  if (got != size) {
    return absl::DataLossError(fmt::format("says {} bytes uncompressed, has {}", size, got));
  }
  return absl::OkStatus();
}

}  // namespace heimdallr::trace
