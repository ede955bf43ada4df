// Names of functions with the namespaces and classes around them, from DWARF.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <elfutils/libdw.h>

namespace heimdallr::process {

/// For functions whose mangled name the compiler left out, as gcc does in unnamed namespaces and
/// within functions: their own name alone is often just "operator()". DWARF leads from a part to
/// those within it only, so a unit is walked when the first of its functions is asked for. One
/// thread at a time; the Dwarf must outlive this.
class QualifiedNames {
 public:
  /// "space::Class::function", without arguments; empty when the function has no name. `function`
  /// may also be an inlined or separate body that refers to its function.
  [[nodiscard]] std::string Of(Dwarf_Die function);

 private:
  static constexpr std::uint32_t kTop = ~std::uint32_t{0};
  struct Context {
    Dwarf_Die die{};
    std::uint32_t parent = kTop;
  };
  // In the order of the file.
  const std::vector<Context>& ContextsOf(Dwarf_CU* unit);

  std::unordered_map<Dwarf_CU*, std::vector<Context>> units_;
};

}  // namespace heimdallr::process
