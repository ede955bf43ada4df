// Symbols into chunks, and back.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "heimdallr/symbols.h"
#include "trace/format.h"

namespace heimdallr::trace {

/// What a trace may still have of them; what is beyond is left out, or refused when read.
struct SymbolAllowance {
  std::size_t symbols = kMaxSymbols;
  std::size_t text_bytes = kMaxSymbolTextBytes;
};

/// Calls `write` with serialized Symbols messages that together hold what is known; not at all when
/// there is neither code nor data.
using WriteSymbols = std::function<void(const std::string& message)>;
void EncodeSymbols(const ModuleSymbols& symbols, SymbolAllowance& allowance,
                   const WriteSymbols& write);
void EncodeSymbols(const ProcessSymbols& symbols, SymbolAllowance& allowance,
                   const WriteSymbols& write);

/// Puts the messages of a trace together.
class SymbolStore {
 public:
  /// DataLoss, with the end of a sentence about the chunk, when the message makes no sense or is
  /// more than a trace can have; what came before is kept.
  absl::Status Take(std::string_view message);

  [[nodiscard]] const Symbols& symbols() const { return symbols_; }
  [[nodiscard]] Symbols TakeAll() && { return std::move(symbols_); }

 private:
  Symbols symbols_;
  SymbolAllowance allowance_;
};

}  // namespace heimdallr::trace
