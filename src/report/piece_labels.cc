#include "report/piece_labels.h"

#include <algorithm>
#include <map>

#include "analysis/code_names.h"

namespace heimdallr::report {
namespace {

using analysis::ObjectType;

struct Weight {
  double records = 0;
  double bytes = 0;

  [[nodiscard]] bool operator<(const Weight& other) const {
    return records != other.records ? records < other.records : bytes < other.bytes;
  }
};
using Shares = std::map<std::int32_t, Weight>;  // by group

// Adds an object to the pieces it lies in, its records by the part of it that lies there.
void AddTo(std::vector<Shares>& pieces, const AddressAxis& axis, const ShownObject& object,
           std::int32_t group) {
  const auto first = axis.PieceOf(object.process, object.address);
  if (!first) return;
  for (std::size_t i = *first; i < axis.pieces().size(); ++i) {
    const AxisPiece& piece = axis.pieces()[i];
    if (piece.process != object.process) break;
    const std::uint64_t from = std::max(piece.address, object.address);
    // Ends may be 2^64: compare what lies behind a common beginning.
    if (from - object.address >= object.size) break;
    if (from - piece.address >= piece.size) continue;
    const auto bytes = static_cast<double>(
        std::min(piece.size - (from - piece.address), object.size - (from - object.address)));
    Weight& weight = pieces[i][group];
    weight.bytes += bytes;
    weight.records +=
        static_cast<double>(object.records) * bytes / static_cast<double>(object.size);
  }
}

std::string CommonName(const analysis::ObjectRow& row) {
  switch (row.type) {
    case ObjectType::kHeap:
    case ObjectType::kAllocator:
      return "heap";
    case ObjectType::kMapping:
      return "mapped memory";
    case ObjectType::kGlobal:
    case ObjectType::kSection:
      return std::string(analysis::FileName(row.module));
    case ObjectType::kFile:
      return std::string(analysis::FileName(row.name));
    case ObjectType::kStack:
      return "stacks";
    case ObjectType::kVdso:
    case ObjectType::kAnonymous:
      break;
  }
  return row.name;
}

std::string LabelOf(const Shares& shares, const GroupTable& groups) {
  constexpr double kMostOfIt = 0.7;
  if (shares.empty()) return "(nothing known)";
  const auto row_of = [&](std::int32_t group) -> const analysis::ObjectRow& {
    return groups.groups()[static_cast<std::size_t>(group)].row;
  };
  const auto top = std::max_element(shares.begin(), shares.end(), [](const auto& a, const auto& b) {
    return a.second < b.second;
  });
  Weight all;
  for (const auto& [group, weight] : shares) {
    all.records += weight.records;
    all.bytes += weight.bytes;
  }
  const double share = all.records > 0 ? top->second.records / all.records
                       : all.bytes > 0 ? top->second.bytes / all.bytes
                                       : 1;
  const analysis::ObjectRow& row = row_of(top->first);
  if (row.type == ObjectType::kFile) return CommonName(row);  // paths are long
  return share >= kMostOfIt ? row.name : CommonName(row);
}

}  // namespace

std::vector<std::string> PieceLabels(const AddressAxis& axis,
                                     const std::vector<ShownObject>& objects,
                                     const GroupTable& groups) {
  std::vector<Shares> pieces(axis.pieces().size());
  for (const ShownObject& object : objects) {
    const std::int32_t group = groups.Of(object.group);
    if (group != GroupTable::kNone && object.size != 0) AddTo(pieces, axis, object, group);
  }
  std::vector<std::string> labels;
  labels.reserve(pieces.size());
  for (const Shares& shares : pieces) labels.push_back(LabelOf(shares, groups));
  return labels;
}

}  // namespace heimdallr::report
