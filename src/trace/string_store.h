// Interned text as a reader of a trace collects it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace heimdallr::trace {

/// Text by id; what Get returns stays valid as long as the store.
class StringStore {
 public:
  /// The text of `id`: empty for 0, nothing for one not added.
  [[nodiscard]] std::optional<std::string_view> Get(std::uint32_t id) const {
    if (id == 0) return std::string_view{};
    if (id > texts_.size()) return std::nullopt;
    return texts_[id - 1];
  }
  void Add(std::string text) {
    bytes_ += text.size();
    texts_.push_back(std::move(text));
  }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::deque<std::string> texts_;
  std::size_t bytes_ = 0;
};

}  // namespace heimdallr::trace
