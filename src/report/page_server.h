// A report given by HTTP on loopback, for traces too large for one file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace heimdallr::report {

/// The part of a picture that is on the screen, in ns and axis units (README.md).
struct VisibleRange {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint32_t axis_begin = 0;
  std::uint32_t axis_end = 0;
};

/// Samples of a range: gzip stream of planes, and what README.md says of it as JSON in one line.
struct RangeSamples {
  std::string planes;
  std::string description;
};

/// What there is to give. The functions are called from several threads, but one at a time.
/// NotFound where there is no such run or chunk.
struct PageContents {
  std::function<absl::StatusOr<std::string>()> page;  ///< HTML
  std::function<absl::StatusOr<std::string>(std::size_t run, std::size_t chunk)> chunk;
  std::function<absl::StatusOr<RangeSamples>(std::size_t run, const VisibleRange& range)> range;
};

/// Listens on 127.0.0.1 alone. Every address begins with a secret of 128 random bits; requests
/// for another host name are refused, so that no page from elsewhere can read the trace through the
/// user's browser.
class PageServer {
 public:
  /// `port` 0 takes any that is free. Unavailable if the port is taken.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PageServer>> Open(std::uint16_t port,
                                                                        PageContents contents);
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;
  ~PageServer();

  /// The page's address, secret included.
  [[nodiscard]] std::string url() const;

  /// Answers until `Stop` is called. Call once.
  [[nodiscard]] absl::Status Run();

  /// Ends `Run`, which then has returned or returns at once. May be called from any other thread.
  void Stop();

 private:
  class Impl;
  explicit PageServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace heimdallr::report
