#include "store/dictionaries.h"

#include <cmath>

#include <fmt/format.h>

namespace heimdallr::store {
namespace {

// Far more than any recording of real programs has; a row takes at most 40 bytes.
constexpr std::size_t kMostRows = 4 << 20;
constexpr std::size_t kMostFrames = 16 << 20;
constexpr std::size_t kMostModuleBytes = 128 << 20;

// Runs a query of one repetition and gives each row to `take`, which returns whether it makes
// sense.
template <typename Take>
absl::Status ForEachRow(Connection& connection, std::string_view sql, std::int64_t repetition,
                        std::string_view table, std::size_t most, Take&& take) {
  auto rows = Statement::Prepare(connection, sql);
  if (!rows.ok()) return rows.status();
  rows->Bind(repetition);
  std::size_t count = 0;
  auto row = rows->Step();
  for (; row.ok() && *row; row = rows->Step()) {
    if (++count > most) return Damaged(connection, fmt::format("{} has too many rows", table));
    if (!take(*rows)) {
      return Damaged(connection,
                     fmt::format("row {} of {} makes no sense", rows->Integer(0), table));
    }
  }
  return row.status();
}

}  // namespace

absl::Status Damaged(const Connection& connection, std::string_view what) {
  return absl::DataLossError(fmt::format("database '{}' is damaged: {}. Convert the trace again",
                                         connection.path(), what));
}

absl::StatusOr<Dictionaries> Dictionaries::Read(Connection& connection, std::int64_t repetition) {
  Dictionaries read;
  absl::Status status = read.ReadThreads(connection, repetition);
  status.Update(read.ReadForms(connection, repetition));
  status.Update(read.ReadModules(connection, repetition));
  status.Update(read.ReadCode(connection, repetition));
  status.Update(read.ReadStacks(connection, repetition));
  if (!status.ok()) return status;
  return read;
}

absl::Status Dictionaries::ReadThreads(Connection& connection, std::int64_t repetition) {
  return ForEachRow(connection, "SELECT id, pid, tid FROM threads WHERE repetition = ? ORDER BY id",
                    repetition, "threads", kMostRows, [this](const Statement& row) {
                      return threads_.Add(row.Integer(0),
                                          {.pid = static_cast<std::int32_t>(row.Integer(1)),
                                           .tid = static_cast<std::int32_t>(row.Integer(2))});
                    });
}

absl::Status Dictionaries::ReadForms(Connection& connection, std::int64_t repetition) {
  return ForEachRow(
      connection,
      "SELECT id, stream, kind, size, direct, weight, period, data_source FROM access_forms "
      "WHERE repetition = ? ORDER BY id",
      repetition, "access_forms", kMostRows, [this](const Statement& row) {
        const std::uint64_t kind = row.Unsigned(2);
        const double weight = row.Real(5);
        if (kind > static_cast<std::uint64_t>(AccessKind::kLoadStore)) return false;
        if (row.Unsigned(1) > 255 || row.Unsigned(3) > 0xffff) return false;
        if (!std::isfinite(static_cast<float>(weight))) return false;
        return forms_.Add(row.Integer(0), {.period = row.Unsigned(6),
                                           .data_source = row.Unsigned(7),
                                           .weight = static_cast<float>(weight),
                                           .size = static_cast<std::uint16_t>(row.Unsigned(3)),
                                           .stream = static_cast<std::uint8_t>(row.Unsigned(1)),
                                           .kind = static_cast<AccessKind>(kind),
                                           .direct = row.Integer(4) != 0});
      });
}

absl::Status Dictionaries::ReadModules(Connection& connection, std::int64_t repetition) {
  std::size_t bytes = 0;
  return ForEachRow(connection,
                    "SELECT id, path, build_id FROM modules WHERE repetition = ? ORDER BY id",
                    repetition, "modules", kMostRows, [&](const Statement& row) {
                      bytes += row.Text(1).size() + row.Text(2).size();
                      if (bytes > kMostModuleBytes) return false;
                      return modules_.Add(row.Integer(0), {.path = std::string(row.Text(1)),
                                                           .build_id = std::string(row.Text(2))});
                    });
}

absl::Status Dictionaries::ReadCode(Connection& connection, std::int64_t repetition) {
  return ForEachRow(connection,
                    "SELECT code.id, code.address FROM code JOIN places ON places.id = code.place "
                    "WHERE places.repetition = ? ORDER BY code.id",
                    repetition, "code", kMostRows, [this](const Statement& row) {
                      return code_.Add(row.Integer(0), row.Unsigned(1));
                    });
}

absl::Status Dictionaries::ReadStacks(Connection& connection, std::int64_t repetition) {
  return ForEachRow(connection,
                    "SELECT stack, code FROM stacks WHERE repetition = ? ORDER BY stack, depth",
                    repetition, "stacks", kMostFrames, [this](const Statement& row) {
                      const std::uint64_t stack = row.Unsigned(0);
                      const std::uint64_t* const address = code_.Find(row.Integer(1));
                      if (stack > 0xffff'ffff || address == nullptr) return false;
                      Frames& frames = stacks_[static_cast<std::uint32_t>(stack)];
                      if (frames.count == 0) frames.first = frames_.size();
                      ++frames.count;
                      frames_.push_back(*address);
                      return true;
                    });
}

std::span<const std::uint64_t> Dictionaries::Stack(std::uint32_t id) const {
  const auto found = stacks_.find(id);
  if (found == stacks_.end()) return {};
  return std::span(frames_).subspan(found->second.first, found->second.count);
}

}  // namespace heimdallr::store
