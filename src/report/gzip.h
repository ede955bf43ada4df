// gzip streams, and their text in a page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::report {

/// One whole gzip stream (RFC 1952).
[[nodiscard]] std::string Gzip(std::span<const std::uint8_t> bytes);

/// What Gzip was given. DataLoss if it is no such stream of `size` bytes.
[[nodiscard]] absl::StatusOr<std::vector<std::uint8_t>> Gunzip(const std::string& stream,
                                                               std::size_t size);

/// RFC 4648, with padding.
[[nodiscard]] std::string Base64(const std::string& bytes);

}  // namespace heimdallr::report
