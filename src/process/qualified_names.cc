#include "process/qualified_names.h"

#include <dwarf.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "process/die_walk.h"

namespace heimdallr::process {
namespace {

// The declaration that `die` is the body of: it lies where the name belongs.
Dwarf_Die DeclarationOf(Dwarf_Die die) {
  constexpr int kMaxSteps = 16;  // inlined body, its function, that one's declaration
  for (int i = 0; i < kMaxSteps; ++i) {
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    if (dwarf_attr(&die, DW_AT_abstract_origin, &attribute) == nullptr &&
        dwarf_attr(&die, DW_AT_specification, &attribute) == nullptr) {
      break;
    }
    if (dwarf_formref_die(&attribute, &next) == nullptr) break;
    die = next;
  }
  return die;
}

std::string_view NameOf(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  const char* name = dwarf_formstring(dwarf_attr_integrate(&die, DW_AT_name, &attribute));
  return name == nullptr ? std::string_view() : name;
}

// A part of a function without a name of its own.
bool IsBlock(int tag) {
  return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block ||
         tag == DW_TAG_with_stmt;
}

std::string_view PartName(Dwarf_Die& die, std::string_view inner) {
  const std::string_view name = NameOf(die);
  if (!name.empty()) return name;
  if (dwarf_tag(&die) == DW_TAG_namespace) return "(anonymous namespace)";
  return inner.starts_with("operator()") ? "{lambda}" : "(anonymous)";
}

}  // namespace

std::string QualifiedNames::Of(Dwarf_Die function) {
  constexpr int kMaxNesting = 100;
  Dwarf_Die part = DeclarationOf(function);
  std::string name(NameOf(part));
  for (int i = 0; !name.empty() && i < kMaxNesting; ++i) {
    const std::vector<Context>& contexts = ContextsOf(part.cu);
    const auto at = std::lower_bound(
        contexts.begin(), contexts.end(), part.addr,
        [](const Context& context, const void* wanted) { return context.die.addr < wanted; });
    if (at == contexts.end() || at->die.addr != part.addr || at->parent == kTop) break;
    part = DeclarationOf(contexts[at->parent].die);
    const std::string_view around = PartName(part, name);
    name.insert(0, "::").insert(0, around);
  }
  return name;
}

const std::vector<QualifiedNames::Context>& QualifiedNames::ContextsOf(Dwarf_CU* unit) {
  const auto [at, is_new] = units_.try_emplace(unit);
  std::vector<Context>& contexts = at->second;
  Dwarf_Die top;
  if (!is_new ||
      dwarf_cu_die(unit, &top, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) == nullptr) {
    return contexts;
  }
  const auto enter = [&](Dwarf_Die& die, int tag,
                         std::uint32_t parent) -> std::optional<std::uint32_t> {
    if (tag == DW_TAG_inlined_subroutine) return std::nullopt;
    if (IsBlock(tag)) return parent;
    contexts.push_back({die, parent});
    return static_cast<std::uint32_t>(contexts.size() - 1);
  };
  WalkCode(top, kTop, enter);
  return contexts;
}

}  // namespace heimdallr::process
