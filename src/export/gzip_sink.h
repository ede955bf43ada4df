// Bytes compressed on their way.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "export/byte_sink.h"

struct z_stream_s;

namespace heimdallr::exports {

/// A gzip stream (RFC 1952) of what is written, into another sink, which outlives it.
class GzipSink : public ByteSink {
 public:
  explicit GzipSink(ByteSink& out);
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;
  ~GzipSink() override;

  [[nodiscard]] absl::Status Write(std::string_view bytes) override;
  /// Ends the stream.
  [[nodiscard]] absl::Status Finish();

 private:
  [[nodiscard]] absl::Status Deflate(std::string_view bytes, int flush);

  ByteSink& out_;
  std::unique_ptr<z_stream_s> stream_;
  std::string buffer_;
};

}  // namespace heimdallr::exports
