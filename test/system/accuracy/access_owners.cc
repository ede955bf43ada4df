// access-owners TRACE: one line for each access of the trace, in order of time,
//
//   TIME_NS PID TID IP ADDRESS TYPE SITE
//
// TIME_NS of CLOCK_MONOTONIC as the traced program read it; IP, ADDRESS and SITE in hexadecimal;
// TYPE of the object the access was given to, or why it was given to none; SITE is where the
// object's allocating call lies in its file, 0 when it has none.
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "analysis/object_map.h"
#include "analysis/object_statistics.h"
#include "analysis/object_table.h"
#include "heimdallr/records.h"
#include "heimdallr/trace_reader.h"

namespace {

using heimdallr::AccessRecord;
using heimdallr::TraceReader;
using heimdallr::analysis::FoundObject;
using heimdallr::analysis::ObjectMap;
using heimdallr::analysis::ObjectTable;
using heimdallr::analysis::ObjectType;

std::uint64_t SiteOf(const ObjectMap& map, const heimdallr::analysis::GroupKey& key) {
  if (key.type != ObjectType::kHeap && key.type != ObjectType::kMapping) return 0;
  const auto chain = map.chain(key.place);
  return chain.empty() ? 0 : chain.front().offset;
}

void Print(const AccessRecord& access, std::uint64_t start_ns, ObjectTable& table, ObjectMap& map) {
  const FoundObject found =
      map.Find({access.address, access.ip, access.pid, access.tid, access.size});
  std::string_view what = Name(found.reason);
  std::uint64_t site = 0;
  if (found.object != 0) {
    const auto& key = table.groups()[table[found.object].group].key;
    what = Name(key.type);
    site = SiteOf(map, key);
  }
  std::printf("%lu %d %d %lx %lx %.*s %lx\n", start_ns + access.time_ns, access.pid, access.tid,
              access.ip, access.address, static_cast<int>(what.size()), what.data(), site);
}

int PrintAll(TraceReader& reader) {
  ObjectTable table;
  ObjectMap map(
      reader.symbols(), [&reader](std::uint32_t id) { return reader.Stack(id); },
      reader.header().page_size_bytes, table);
  for (;;) {
    const auto record = reader.Next();
    if (!record.ok()) {
      std::fprintf(stderr, "access-owners: %s\n", record.status().ToString().c_str());
      return 1;
    }
    if (*record == nullptr) return 0;
    std::visit(
        [&](const auto& r) {
          if constexpr (std::is_same_v<std::decay_t<decltype(r)>, AccessRecord>) {
            Print(r, reader.header().start_monotonic_ns, table, map);
          } else if constexpr (requires { map.Add(r); }) {
            map.Add(r);
          }
        },
        **record);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: access-owners TRACE\n", stderr);
    return 2;
  }
  auto reader = TraceReader::Open(argv[1]);
  if (!reader.ok()) {
    std::fprintf(stderr, "access-owners: %s\n", reader.status().ToString().c_str());
    return 1;
  }
  return PrintAll(*reader);
}
