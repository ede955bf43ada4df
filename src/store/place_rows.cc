#include "store/place_rows.h"

#include "store/next_id.h"

namespace heimdallr::store {

using analysis::CodeName;
using analysis::CodePlace;
using analysis::InlineLevel;

absl::StatusOr<PlaceRows> PlaceRows::Create(Connection& connection, std::int64_t repetition,
                                            const Symbols& symbols,
                                            const analysis::ModuleMap& modules) {
  auto module_rows = TableWriter::Create(connection, "modules", 5);
  if (!module_rows.ok()) return module_rows.status();
  auto places = TableWriter::Create(connection, "places", 10);
  if (!places.ok()) return places.status();
  auto frames = TableWriter::Create(connection, "frames", 5);
  if (!frames.ok()) return frames.status();
  auto code = TableWriter::Create(connection, "code", 3);
  if (!code.ok()) return code.status();
  auto data = TableWriter::Create(connection, "data_symbols", 6);
  if (!data.ok()) return data.status();
  const auto module = NextId(connection, "modules");
  if (!module.ok()) return module.status();
  const auto place = NextId(connection, "places");
  if (!place.ok()) return place.status();
  const auto address = NextId(connection, "code");
  if (!address.ok()) return address.status();
  return PlaceRows(repetition, symbols, modules,
                   {*std::move(module_rows), *std::move(places), *std::move(frames),
                    *std::move(code), *std::move(data)},
                   {*module, *place, *address});
}

PlaceRows::PlaceRows(std::int64_t repetition, const Symbols& symbols,
                     const analysis::ModuleMap& modules, Tables tables, FirstIds next)
    : repetition_(repetition),
      symbols_(symbols),
      modules_(modules),
      names_(symbols, modules),
      tables_(std::move(tables)),
      next_(next) {}

std::int64_t PlaceRows::AddModule(std::string_view path, std::string_view build_id,
                                  std::optional<std::uint64_t> first_mapped_offset) {
  const std::int64_t id = next_.module++;
  tables_.modules.Add(id, repetition_, path, Bytes{build_id}, first_mapped_offset);
  module_ids_.emplace(std::pair(std::string(path), std::string(build_id)), id);
  return id;
}

std::int64_t PlaceRows::ModuleId(std::string_view path, std::string_view build_id) {
  const auto found = module_ids_.find(std::pair(std::string(path), std::string(build_id)));
  return found != module_ids_.end() ? found->second : AddModule(path, build_id, std::nullopt);
}

void PlaceRows::AddNamed(std::int64_t module, std::int32_t pid,
                         const std::vector<CodeSymbol>& code) {
  for (const CodeSymbol& symbol : code) {
    if (symbol.frames.empty()) continue;
    const std::int64_t id = next_.place++;
    const CodeFrame& innermost = symbol.frames.front();
    tables_.places.Add(id, repetition_, module != 0 ? std::optional(module) : std::nullopt,
                       module == 0 ? std::optional(pid) : std::nullopt, symbol.offset, 1,
                       innermost.function, innermost.file, innermost.line,
                       symbol.frames.back().function);
    for (std::size_t depth = 0; depth < symbol.frames.size(); ++depth) {
      const CodeFrame& frame = symbol.frames[depth];
      tables_.frames.Add(id, depth, frame.function, frame.file, frame.line);
    }
    place_ids_.emplace(PlaceKey{module, module == 0 ? pid : 0, symbol.offset}, id);
  }
}

void PlaceRows::AddSymbols() {
  for (const auto& [key, module] : symbols_.modules) {
    const std::int64_t id = AddModule(module.path, module.build_id, module.first_mapped_offset);
    AddNamed(id, 0, module.code);
    for (const DataSymbol& symbol : module.data) {
      tables_.data_symbols.Add(std::nullopt, id, symbol.offset, symbol.size, symbol.kind,
                               symbol.name);
    }
  }
  for (const auto& [pid, process] : symbols_.processes) AddNamed(0, pid, process.code);
}

std::int64_t PlaceRows::ModuleRowOf(std::uint32_t module) {
  if (module >= rows_of_modules_.size()) rows_of_modules_.resize(module + 1);
  std::int64_t& row = rows_of_modules_[module];
  if (row == 0) {
    const analysis::Module& file = modules_.module(module);
    row = ModuleId(file.path, file.build_id);
  }
  return row;
}

std::int64_t PlaceRows::PlaceId(const CodePlace& place) {
  const std::int64_t module = place.module == 0 ? 0 : ModuleRowOf(place.module);
  const PlaceKey key{module, place.pid, place.offset};
  if (const auto found = place_ids_.find(key); found != place_ids_.end()) return found->second;
  const std::int64_t id = next_.place++;
  place_ids_.emplace(key, id);
  const CodeName name = names_.NameOf(place, InlineLevel::kInnermost);
  tables_.places.Add(id, repetition_, module != 0 ? std::optional(module) : std::nullopt,
                     module == 0 ? std::optional(place.pid) : std::nullopt, place.offset, 0,
                     name.function, name.file, name.line, name.function);
  return id;
}

std::int64_t PlaceRows::CodeId(const CodePlace& place, std::uint64_t address) {
  const std::pair key(PlaceId(place), address);
  const auto [entry, is_new] = code_ids_.try_emplace(key, next_.code);
  if (is_new) tables_.code.Add(next_.code++, key.first, address);
  return entry->second;
}

}  // namespace heimdallr::store
