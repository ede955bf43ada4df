#include <utility>

#include <fmt/format.h>

#include "store/dictionaries.h"

namespace heimdallr::store {
namespace {

// As many as a trace may have (proto/README.md).
constexpr std::size_t kMostSymbols = 4 << 20;
constexpr std::size_t kMostTextBytes = 256 << 20;

class SymbolReader {
 public:
  SymbolReader(Connection& connection, std::int64_t repetition)
      : connection_(connection), repetition_(repetition) {}

  absl::Status Read() {
    absl::Status status = ReadModules();
    status.Update(ReadData());
    status.Update(ReadPlaces());
    status.Update(ReadFrames());
    return status;
  }
  [[nodiscard]] Symbols TakeAll() { return std::move(symbols_); }

 private:
  struct Place {
    std::int64_t id = 0;
    CodeSymbol* symbol = nullptr;
  };

  // Runs a query and gives each row to `take`, which returns whether it makes sense.
  template <typename Take>
  absl::Status ForEachRow(std::string_view table, std::string_view sql, Take&& take) {
    auto rows = Statement::Prepare(connection_, sql);
    if (!rows.ok()) return rows.status();
    rows->Bind(repetition_);
    auto row = rows->Step();
    for (; row.ok() && *row; row = rows->Step()) {
      if (++symbols_read_ > kMostSymbols || text_bytes_ > kMostTextBytes) {
        return Damaged(connection_, "it has more names than a recording can have");
      }
      if (!take(*rows)) {
        return Damaged(connection_,
                       fmt::format("row {} of {} makes no sense", rows->Integer(0), table));
      }
    }
    return row.status();
  }

  std::string TextOf(const Statement& row, int column) {
    const std::string_view text = row.Text(column);
    text_bytes_ += text.size();
    return std::string(text);
  }

  absl::Status ReadModules() {
    return ForEachRow("modules",
                      "SELECT id, path, build_id, first_mapped_offset FROM modules "
                      "WHERE repetition = ? AND first_mapped_offset IS NOT NULL ORDER BY id",
                      [this](const Statement& row) {
                        const std::pair key(TextOf(row, 1), TextOf(row, 2));
                        ModuleSymbols& module = symbols_.modules[key];
                        module.path = key.first;
                        module.build_id = key.second;
                        module.first_mapped_offset = row.Unsigned(3);
                        return modules_.emplace(row.Integer(0), &module).second;
                      });
  }

  absl::Status ReadData() {
    return ForEachRow(
        "data_symbols",
        "SELECT d.id, d.module, d.offset, d.size, d.kind, d.name FROM data_symbols AS d "
        "JOIN modules AS m ON m.id = d.module "
        "WHERE m.repetition = ? ORDER BY d.id",
        [this](const Statement& row) {
          const auto module = modules_.find(row.Integer(1));
          const std::uint64_t kind = row.Unsigned(4);
          if (module == modules_.end() || kind > 1) return false;
          std::vector<DataSymbol>& data = module->second->data;
          const std::uint64_t offset = row.Unsigned(2);
          if (!data.empty() && data.back().offset > offset) return false;
          data.push_back({.offset = offset,
                          .size = row.Unsigned(3),
                          .name = TextOf(row, 5),
                          .kind = static_cast<DataSymbol::Kind>(kind)});
          return true;
        });
  }

  absl::Status ReadPlaces() {
    absl::Status status =
        ForEachRow("places",
                   "SELECT id, module, pid, offset FROM places WHERE repetition = ? AND named <> 0 "
                   "ORDER BY id",
                   [this](const Statement& row) {
                     std::vector<CodeSymbol>* const code = CodeOf(row);
                     if (code == nullptr) return false;
                     const std::uint64_t offset = row.Unsigned(3);
                     if (!code->empty() && code->back().offset >= offset) return false;
                     code->push_back({.offset = offset});
                     places_.push_back({row.Integer(0), nullptr});
                     owners_.emplace_back(code, code->size() - 1);
                     return true;
                   });
    // The vectors have their places now.
    for (std::size_t i = 0; i < places_.size(); ++i) {
      places_[i].symbol = &(*owners_[i].first)[owners_[i].second];
    }
    return status;
  }

  std::vector<CodeSymbol>* CodeOf(const Statement& row) {
    if (!row.IsNull(1)) {
      const auto module = modules_.find(row.Integer(1));
      return module == modules_.end() ? nullptr : &module->second->code;
    }
    const auto pid = static_cast<std::int32_t>(row.Integer(2));
    ProcessSymbols& process = symbols_.processes[pid];
    process.pid = pid;
    return &process.code;
  }

  absl::Status ReadFrames() {
    std::size_t at = 0;
    absl::Status status =
        ForEachRow("frames",
                   "SELECT f.place, f.function, f.file, f.line FROM places AS p "
                   "JOIN frames AS f ON f.place = p.id "
                   "WHERE p.repetition = ? AND p.named <> 0 ORDER BY f.place, f.depth",
                   [&](const Statement& row) {
                     while (at < places_.size() && places_[at].id < row.Integer(0)) ++at;
                     if (at == places_.size() || places_[at].id != row.Integer(0)) return false;
                     places_[at].symbol->frames.push_back(
                         {.function = TextOf(row, 1),
                          .file = TextOf(row, 2),
                          .line = static_cast<std::uint32_t>(row.Unsigned(3))});
                     return true;
                   });
    for (const Place& place : places_) {
      if (status.ok() && place.symbol->frames.empty()) {
        return Damaged(connection_, fmt::format("place {} has no name", place.id));
      }
    }
    return status;
  }

  Connection& connection_;
  std::int64_t repetition_;
  Symbols symbols_;
  absl::flat_hash_map<std::int64_t, ModuleSymbols*> modules_;             // by row
  std::vector<Place> places_;                                             // ascending ids
  std::vector<std::pair<std::vector<CodeSymbol>*, std::size_t>> owners_;  // of places_
  std::size_t symbols_read_ = 0;
  std::size_t text_bytes_ = 0;
};

}  // namespace

absl::StatusOr<Symbols> ReadSymbols(Connection& connection, std::int64_t repetition) {
  SymbolReader reader(connection, repetition);
  if (absl::Status status = reader.Read(); !status.ok()) return status;
  return reader.TakeAll();
}

}  // namespace heimdallr::store
