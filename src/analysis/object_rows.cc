#include <string>
#include <tuple>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>

#include "analysis/profile_rows.h"

namespace heimdallr::analysis {
namespace {

// Rows of groups, without quantities and counts.
class GroupNamer {
 public:
  GroupNamer(const ObjectMap& map, const CodeNames& names) : map_(map), names_(names) {}

  [[nodiscard]] ObjectRow RowOf(const GroupKey& key) const {
    ObjectRow row{.type = key.type, .call = key.call, .merged = true, .count = 0};
    switch (key.type) {
      case ObjectType::kHeap:
      case ObjectType::kMapping:
        row.site = names_.SiteOf(map_.chain(key.place));
        row.name = row.site->Text();
        break;
      case ObjectType::kFile:
        row.name = map_.name(key.place);
        if (key.part != 0) row.site = names_.SiteOf(map_.chain(key.part - 1));
        break;
      case ObjectType::kGlobal:
      case ObjectType::kSection:
        NameData(key, row);
        break;
      case ObjectType::kStack:
        row.name = key.place == 0 ? "stack of the first thread" : "stacks of other threads";
        break;
      case ObjectType::kAllocator:
        row.name = "allocator's own data";
        break;
      case ObjectType::kVdso:
        row.name = map_.name(key.place);
        break;
      case ObjectType::kAnonymous:
        row.name = key.place == 0 ? "memory without a file" : map_.name(key.place);
        break;
    }
    return row;
  }

 private:
  void NameData(const GroupKey& key, ObjectRow& row) const {
    const ModuleSymbols& module = map_.data_module(key.place);
    const std::string& symbol = module.data[key.part].name;
    row.module = module.path;
    row.name = key.type == ObjectType::kGlobal ? symbol
                                               : std::string(FileName(module.path)) + " " + symbol;
  }

  const ObjectMap& map_;
  const CodeNames& names_;
};

// Sites that a name does not tell apart are one: other stacks, or processes, of the same call.
using SiteKey = std::tuple<ObjectType, AllocationCall, std::string, std::string, std::uint64_t>;

SiteKey KeyOf(const ObjectRow& row) {
  return {row.type, row.call, row.name, row.site ? row.site->module : row.module,
          row.site ? row.site->offset : 0};
}

// Quantities of each group with those of its objects.
std::vector<AccessQuantities> QuantitiesOfGroups(const ObjectTable& table) {
  std::vector<AccessQuantities> all(table.groups().size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = table.groups()[i].folded;
  table.ForEach([&](const Object& object) { all[object.group].Merge(object.quantities); });
  return all;
}

void AddGroup(ObjectRow& row, const ObjectGroup& group, const AccessQuantities& quantities,
              std::uint64_t end_ns) {
  // The mean of the means, by their counts.
  const auto count = static_cast<double>(row.count + group.count);
  const double sum = row.mean_lifetime_ns * static_cast<double>(row.count) +
                     group.MeanLifetimeNs(end_ns) * static_cast<double>(group.count);
  row.mean_lifetime_ns = count == 0 ? 0 : sum / count;
  row.count += group.count;
  row.bytes += group.bytes;
  row.quantities.Merge(quantities);
}

std::vector<ObjectRow> RowsBySite(const AccessProfile& profile, const CodeNames& names) {
  const ObjectTable& table = profile.objects().table();
  const GroupNamer namer(profile.objects().map(), names);
  const auto quantities = QuantitiesOfGroups(table);
  const NodeStatistics& nodes = profile.objects().nodes();
  std::vector<ObjectRow> rows;
  absl::flat_hash_map<SiteKey, std::size_t> known;
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    const ObjectGroup& group = table.groups()[i];
    if (group.count == 0 && quantities[i].none()) continue;
    ObjectRow row = namer.RowOf(group.key);
    const auto [entry, is_new] = known.try_emplace(KeyOf(row), rows.size());
    if (is_new) rows.push_back(std::move(row));
    AddGroup(rows[entry->second], group, quantities[i], profile.totals().end_ns);
    rows[entry->second].nodes.Merge(nodes.Of(static_cast<std::uint32_t>(i)));
  }
  std::vector<ObjectRow*> named;
  named.reserve(rows.size());
  for (ObjectRow& row : rows) named.push_back(&row);
  TellApart(named);
  return rows;
}

std::vector<ObjectRow> RowsByType(const AccessProfile& profile) {
  const ObjectTable& table = profile.objects().table();
  const auto quantities = QuantitiesOfGroups(table);
  std::vector<ObjectRow> all(kObjectTypes);
  for (std::size_t i = 0; i < kObjectTypes; ++i) {
    const auto type = static_cast<ObjectType>(i);
    all[i] = {.name = std::string(Name(type)), .type = type, .merged = true, .count = 0};
  }
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    const ObjectGroup& group = table.groups()[i];
    ObjectRow& row = all[static_cast<std::size_t>(group.key.type)];
    AddGroup(row, group, quantities[i], profile.totals().end_ns);
    row.nodes.Merge(profile.objects().nodes().Of(static_cast<std::uint32_t>(i)));
  }
  std::erase_if(all, [](const ObjectRow& row) { return row.count == 0; });
  return all;
}

void SetObject(ObjectRow& row, const Object& object, std::uint64_t end_ns) {
  row.merged = false;
  row.pid = object.pid;
  row.address = object.address;
  row.start_ns = object.start_ns;
  if (object.ended) row.end_ns = object.end_ns;
  row.count = 1;
  row.bytes = object.size;
  // A record that came late may end an object before its start.
  const std::uint64_t end = std::max(object.start_ns, object.ended ? object.end_ns : end_ns);
  row.mean_lifetime_ns = static_cast<double>(end - object.start_ns);
  row.quantities = object.quantities;
  if (row.type == ObjectType::kStack && object.tid != 0) {
    row.name = "stack of thread " + std::to_string(object.tid);
  }
}

std::vector<ObjectRow> RowsByObject(const AccessProfile& profile, const CodeNames& names) {
  const ObjectTable& table = profile.objects().table();
  const GroupNamer namer(profile.objects().map(), names);
  const std::vector<ObjectGroup>& groups = table.groups();
  std::vector<std::optional<ObjectRow>> named(groups.size());
  const auto row_of = [&](std::uint32_t group) {
    if (!named[group]) named[group] = namer.RowOf(groups[group].key);
    return *named[group];
  };
  std::vector<ObjectRow> rows;
  table.ForEach([&](const Object& object) {
    if (object.quantities.none()) return;
    ObjectRow row = row_of(object.group);
    SetObject(row, object, profile.totals().end_ns);
    rows.push_back(std::move(row));
  });
  for (std::uint32_t i = 0; i < groups.size(); ++i) {
    if (groups[i].folded_count == 0) continue;
    ObjectRow row = row_of(i);
    row.count = groups[i].folded_count;
    row.bytes = groups[i].folded_bytes;
    row.quantities = groups[i].folded;
    row.mean_lifetime_ns = groups[i].MeanLifetimeNs(profile.totals().end_ns);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

void TellApart(const std::vector<ObjectRow*>& rows) {
  absl::flat_hash_map<std::pair<ObjectType, std::string>, std::vector<ObjectRow*>> by_name;
  for (ObjectRow* row : rows) {
    if (row->site) by_name[{row->type, row->name}].push_back(row);
  }
  for (const auto& [name, same] : by_name) {
    if (same.size() == 1) continue;
    for (ObjectRow* row : same)
      absl::StrAppend(&row->name, " at +0x", absl::Hex(row->site->offset));
  }
}

ObjectRow GroupRow(const AccessProfile& profile, const CodeNames& names, std::uint32_t group) {
  const ObjectStatistics& objects = profile.objects();
  return GroupNamer(objects.map(), names).RowOf(objects.table().groups()[group].key);
}

std::vector<ObjectRow> GroupRows(const AccessProfile& profile, const CodeNames& names) {
  const ObjectTable& table = profile.objects().table();
  const GroupNamer namer(profile.objects().map(), names);
  const auto quantities = QuantitiesOfGroups(table);
  std::vector<ObjectRow> rows;
  rows.reserve(quantities.size());
  for (std::size_t i = 0; i < quantities.size(); ++i) {
    const ObjectGroup& group = table.groups()[i];
    ObjectRow& row = rows.emplace_back(namer.RowOf(group.key));
    AddGroup(row, group, quantities[i], profile.totals().end_ns);
    row.nodes = profile.objects().nodes().Of(static_cast<std::uint32_t>(i));
  }
  return rows;
}

std::vector<ObjectRow> ObjectRows(const AccessProfile& profile, const CodeNames& names,
                                  ObjectBy by) {
  switch (by) {
    case ObjectBy::kObject:
      return RowsByObject(profile, names);
    case ObjectBy::kType:
      return RowsByType(profile);
    case ObjectBy::kSite:
      break;
  }
  return RowsBySite(profile, names);
}

}  // namespace heimdallr::analysis
