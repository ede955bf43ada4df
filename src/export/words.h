// Texts that occur again and again, each kept once.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "base/printable.h"

namespace heimdallr::exports {

/// Numbers texts from 0, which is the empty one. Memory grows with the different texts: the names
/// in a recording. Not thread-safe.
class Words {
 public:
  Words() { (void)IdOf(""); }

  /// Number of the Printable form of `bytes`.
  [[nodiscard]] std::uint32_t IdOf(std::string_view bytes) {
    const auto known = ids_.find(bytes);
    if (known != ids_.end()) return known->second;
    std::string text = base::Printable(bytes);
    if (text != bytes) return IdOf(text);
    const auto id = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(std::move(text));
    ids_.emplace(texts_.back(), id);
    return id;
  }

  [[nodiscard]] const std::string& text(std::uint32_t id) const { return texts_[id]; }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::deque<std::string> texts_;  // references stay valid
  absl::flat_hash_map<std::string_view, std::uint32_t, Hash, std::equal_to<>> ids_;
};

}  // namespace heimdallr::exports
