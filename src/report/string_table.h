// Texts that many rows share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

namespace heimdallr::report {

/// Numbers texts from 0, equal ones once. Not thread-safe.
class StringTable {
 public:
  std::uint32_t IdOf(std::string_view text) {
    const auto [entry, is_new] =
        ids_.try_emplace(std::string(text), static_cast<std::uint32_t>(strings_.size()));
    if (is_new) strings_.emplace_back(text);
    return entry->second;
  }

  [[nodiscard]] const std::vector<std::string>& strings() const { return strings_; }

 private:
  absl::flat_hash_map<std::string, std::uint32_t> ids_;
  std::vector<std::string> strings_;
};

}  // namespace heimdallr::report
