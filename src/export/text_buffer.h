// Text collected on its way to a sink.
#pragma once

#include <cstddef>
#include <string_view>

#include <absl/status/status.h>
#include <fmt/format.h>

#include "export/byte_sink.h"

namespace heimdallr::exports {

/// Writes when there is enough. The first error stays, and nothing is written after it.
class TextBuffer {
 public:
  /// `sink` outlives it.
  explicit TextBuffer(ByteSink& sink) : sink_(sink) {}

  void Append(char c) { text_.push_back(c); }
  void Append(std::string_view text) { text_.append(text.data(), text.data() + text.size()); }
  /// To append to in other ways.
  [[nodiscard]] fmt::memory_buffer& text() { return text_; }

  /// To be called now and then: writes what was appended if it is much.
  absl::Status FlushIfMuch() { return text_.size() < kMuch ? status_ : Flush(); }
  absl::Status Flush() {
    if (status_.ok() && text_.size() != 0) status_ = sink_.Write({text_.data(), text_.size()});
    text_.clear();
    return status_;
  }

 private:
  static constexpr std::size_t kMuch = 256 << 10;

  ByteSink& sink_;
  fmt::memory_buffer text_;
  absl::Status status_;
};

}  // namespace heimdallr::exports
