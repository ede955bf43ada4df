#include "export/gzip_sink.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace heimdallr::exports {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr int kWindowBitsOfGzip = 15 + 16;  // zlib.h: the largest window; 16 asks for gzip's header
constexpr int kMemoryLevel = 8;             // zlib's default

}  // namespace

GzipSink::GzipSink(ByteSink& out)
    : out_(out), stream_(std::make_unique<z_stream_s>()), buffer_(kBufferBytes, '\0') {
  // It fails for want of memory alone, and then Deflate says so.
  deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, kWindowBitsOfGzip, kMemoryLevel,
               Z_DEFAULT_STRATEGY);
}

GzipSink::~GzipSink() { deflateEnd(stream_.get()); }

absl::Status GzipSink::Write(std::string_view bytes) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMost);
    if (absl::Status status = Deflate(piece, Z_NO_FLUSH); !status.ok()) return status;
    bytes.remove_prefix(piece.size());
  }
  return absl::OkStatus();
}

absl::Status GzipSink::Finish() { return Deflate({}, Z_FINISH); }

absl::Status GzipSink::Deflate(std::string_view bytes, int flush) {
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // only read
  stream_->avail_in = static_cast<uInt>(bytes.size());
  int result = Z_OK;
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_->avail_out = static_cast<uInt>(buffer_.size());
    result = deflate(stream_.get(), flush);
    if (result == Z_STREAM_ERROR) return absl::ResourceExhaustedError("gzip: no memory left");
    const std::size_t made = buffer_.size() - stream_->avail_out;
    if (made == 0) break;
    if (absl::Status status = out_.Write({buffer_.data(), made}); !status.ok()) return status;
  } while (stream_->avail_out == 0 || (flush == Z_FINISH && result != Z_STREAM_END));
  return absl::OkStatus();
}

}  // namespace heimdallr::exports
