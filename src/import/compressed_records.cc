#include "import/compressed_records.h"

#include <zstd.h>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "perf/field_reader.h"

namespace heimdallr::imports {
namespace {

constexpr std::size_t kStep = 1U << 16;
// More than any records give: a bomb would fill the disk with what they become.
constexpr std::uint64_t kMostTimesLarger = 2000;
constexpr std::uint64_t kAlwaysAllowed = 1U << 20;

}  // namespace

void CompressedRecords::FreeContext::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

void CompressedRecords::Add(std::span<const std::byte> piece) {
  piece_.assign(piece.begin(), piece.end());
  taken_ = 0;
  bytes_in_ += piece.size();
}

absl::StatusOr<std::optional<perf::RawRecord>> CompressedRecords::Next() {
  while (true) {
    const auto rest = std::span(plain_).subspan(begin_);
    if (rest.size() >= sizeof(perf_event_header)) {
      const auto header = perf::FieldReader(rest).Take<perf_event_header>();
      if (header.size < sizeof(header)) {
        return absl::DataLossError(fmt::format("a record has a size of {}", header.size));
      }
      if (header.size <= rest.size()) {
        begin_ += header.size;
        return perf::RawRecord{
            .type = header.type, .misc = header.misc, .bytes = rest.first(header.size)};
      }
    }
    if (taken_ == piece_.size() && !has_more_) return std::nullopt;
    RETURN_IF_ERROR(DecompressMore());
  }
}

absl::Status CompressedRecords::DecompressMore() {
  if (zstd_ == nullptr) zstd_.reset(ZSTD_createDCtx());
  plain_.erase(plain_.begin(), plain_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  const std::size_t old = plain_.size();
  plain_.resize(old + kStep);
  ZSTD_inBuffer in{.src = piece_.data(), .size = piece_.size(), .pos = taken_};
  ZSTD_outBuffer out{.dst = plain_.data() + old, .size = kStep, .pos = 0};
  const std::size_t result = ZSTD_decompressStream(zstd_.get(), &out, &in);
  plain_.resize(old + out.pos);
  taken_ = in.pos;
  has_more_ = out.pos == out.size;
  bytes_out_ += out.pos;
  if (ZSTD_isError(result) != 0) {
    return absl::DataLossError(
        fmt::format("cannot be uncompressed ({})", ZSTD_getErrorName(result)));
  }
  if (bytes_out_ > kAlwaysAllowed && bytes_out_ / kMostTimesLarger > bytes_in_) {
    return absl::DataLossError("become more than records do when they are uncompressed");
  }
  return absl::OkStatus();
}

void CompressedRecords::Reset() { *this = CompressedRecords(); }

}  // namespace heimdallr::imports
