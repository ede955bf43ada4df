// Messages of the trace schema that libprotobuf parses.
#pragma once

#include <cstddef>
#include <string_view>

#include <absl/status/status.h>
#include <fmt/format.h>
#include <google/protobuf/message_lite.h>

#include "trace/format.h"

namespace heimdallr::trace {

/// Fills `message` from `bytes`. DataLoss when they are more than `max_bytes` (at most
/// kMaxChunkBytes) or no such message.
[[nodiscard]] inline absl::Status ParseMessage(std::string_view bytes, std::size_t max_bytes,
                                               google::protobuf::MessageLite& message) {
  if (bytes.size() > max_bytes) {
    return absl::DataLossError(fmt::format("has {} bytes, more than any has", bytes.size()));
  }
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("is damaged");
  }
  return absl::OkStatus();
}

}  // namespace heimdallr::trace
