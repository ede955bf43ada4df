// Places in code with their names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/code_names.h"
#include "analysis/code_place.h"
#include "export/words.h"

namespace heimdallr::exports {

/// A level of inlining. Texts are numbers of Words; 0 = not known.
struct NamedLine {
  std::uint32_t function = 0;  ///< never 0
  std::uint32_t file = 0;
  std::uint32_t line = 0;  ///< 0 = not known
};

struct NamedPlace {
  analysis::CodePlace place;
  std::uint32_t module = 0;      ///< path, of Words; 0 = in no file
  std::vector<NamedLine> lines;  ///< inlined deepest first; at least one
};

/// Numbers places from 0 and names each once. Memory grows with the places. Not thread-safe.
class NamedPlaces {
 public:
  /// What is borrowed outlives it.
  NamedPlaces(const analysis::CodeNames& names, Words& words) : names_(names), words_(words) {}

  [[nodiscard]] std::uint32_t IdOf(const analysis::CodePlace& place);
  [[nodiscard]] const NamedPlace& operator[](std::uint32_t id) const { return places_[id]; }
  [[nodiscard]] const std::vector<NamedPlace>& all() const { return places_; }

 private:
  const analysis::CodeNames& names_;
  Words& words_;
  std::vector<NamedPlace> places_;
  absl::flat_hash_map<analysis::CodePlace, std::uint32_t> ids_;
};

}  // namespace heimdallr::exports
