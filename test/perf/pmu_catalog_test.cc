#include "perf/pmu_catalog.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "sysfs_tree.h"

namespace heimdallr::perf {
namespace {

// Whether `text` is in one of the lines.
bool Names(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("FieldFormat: bits go where the kernel's documents say") {
  // Documentation/ABI/testing/sysfs-bus-event_source-devices-format: "config1:1,6-10,44" holds its
  // lowest bit in bit 1, the next five in 6 to 10, the highest in 44.
  const auto format = FieldFormat::Parse("config1:1,6-10,44");
  REQUIRE(format);
  CHECK(format->width() == 7);
  CHECK(format->largest() == 0x7f);
  ConfigWords words{};
  format->Set(0b1'00101'0, words);
  CHECK(words == ConfigWords{0, std::uint64_t{1} << 44 | 0b00101 << 6, 0, 0});
  CHECK(format->Get(words) == 0b1'00101'0);
  format->Set(1, words);
  CHECK(words == ConfigWords{0, 1 << 1, 0, 0});
}

TEST_CASE("FieldFormat: the event of AMD's core PMU has its upper bits in 32 to 35") {
  const auto format = FieldFormat::Parse("config:0-7,32-35");
  REQUIRE(format);
  ConfigWords words{};
  // LS_DISPATCH and the like use eight bits; event 0x1d6 of family 17h uses the ninth.
  format->Set(0x1d6, words);
  CHECK(words[0] == 0x1000000d6);
}

TEST_CASE("FieldFormat: the neighbours of a field keep their bits") {
  const auto format = FieldFormat::Parse("config:8-15");
  REQUIRE(format);
  ConfigWords words{0xffffff, 7, 7, 7};
  format->Set(0x12, words);
  CHECK(words == ConfigWords{0xff12ff, 7, 7, 7});
}

TEST_CASE("FieldFormat: takes whole words and all four of them") {
  CHECK(FieldFormat::Parse("config:0-63")->largest() == UINT64_MAX);
  CHECK(FieldFormat::Parse("config3:5")->word == 3);
  ConfigWords words{};
  FieldFormat::Parse("config2:0-63")->Set(UINT64_MAX, words);
  CHECK(words == ConfigWords{0, 0, UINT64_MAX, 0});
}

TEST_CASE("FieldFormat: refuses what is no place for bits") {
  const auto* text =
      GENERATE("", "config", "config:", "config:x", "config:64", "config:0-64", "config:7-3",
               "config:0-", "config:1,", "config:,1", "config4:1", "1-3", "config:0-63,0",
               "config:0 ", "config:-1", "config:99999999999999999999", "bits:1");
  CAPTURE(text);
  CHECK(!FieldFormat::Parse(text));
}

TEST_CASE("PmuCatalog: reads files with and without a line break at their end") {
  SysfsTree tree;
  tree.With("cpu/type", "4\n").With("cpu/format/ldlat", "config1:0-15\n");
  tree.With("cpu/events/mem-loads", "event=0xcd").With("cpu/events/mem-loads.scale", "2");
  tree.With("cpu/caps/max_precise", "3\n").With("cpu/caps/pmu_name", "skylake\n");
  tree.With("cpu/cpus", "0-1,4\n").With("cpu/caps/.gitkeep", "");
  const PmuCatalog catalog = tree.Read();
  REQUIRE(catalog.Find("cpu") != nullptr);
  const Pmu& pmu = *catalog.Find("cpu");
  CHECK(pmu.type == 4);
  CHECK(pmu.formats.size() == 1);
  CHECK(pmu.events == std::map<std::string, std::string>{{"mem-loads", "event=0xcd"}});
  CHECK(pmu.caps.size() == 2);
  CHECK(pmu.Cap("max_precise") == 3);
  CHECK(!pmu.Cap("pmu_name"));
  CHECK(pmu.cpus == std::vector<int>{0, 1, 4});
  CHECK(!pmu.is_offline);
  CHECK(catalog.Find("cpu_core") == nullptr);
  CHECK(catalog.left_out().empty());
}

TEST_CASE("PmuCatalog: a PMU without any of its CPUs online is not one of all CPUs") {
  SysfsTree tree;
  tree.With("cpu_atom/type", "10\n").With("cpu_atom/cpus", "\n");
  tree.With("cpu_core/type", "4\n");
  const PmuCatalog catalog = tree.Read();
  CHECK(catalog.Find("cpu_atom")->is_offline);
  CHECK(!catalog.Find("cpu_core")->is_offline);
}

TEST_CASE("PmuCatalog: what makes no sense is left out with its path") {
  SysfsTree tree;
  tree.With("no_type/format/a", "config:0\n");
  const auto* type = GENERATE("", "x", "-1", "4294967296", "4 5", "4x");
  CAPTURE(type);
  tree.With("bad_type/type", type);
  tree.With("good/type", "7").With("good/cpumask", "0-").With("good/format/place", "nowhere");
  const PmuCatalog catalog = tree.Read();
  REQUIRE(catalog.pmus().size() == 1);
  CHECK(catalog.pmus().front().name == "good");
  CHECK(catalog.pmus().front().formats.empty());
  for (const char* const path : {"no_type", "bad_type", "good/cpumask", "good/format/place"}) {
    CHECK(Names(catalog.left_out(), path));
  }
}

TEST_CASE("PmuCatalog: survives a tree that is not the kernel's") {
  SysfsTree tree;
  tree.With("cpu/type", "4").With("cpu/events/huge", "").With("cpu/events/good", "config=1");
  const std::filesystem::path events = tree.devices() / "cpu" / "events";
  std::filesystem::resize_file(events / "huge", std::uintmax_t{1} << 30);
  std::filesystem::create_symlink("loop", events / "loop");
  std::filesystem::create_symlink("/dev/zero", events / "endless");
  std::filesystem::create_directory(events / "folder");
  REQUIRE(mkfifo((events / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_symlink("..", tree.devices() / "up");
  std::filesystem::create_symlink("self", tree.devices() / "self");
  tree.With("plain", "no folder").With("odd\xff\n/type", "3").With("cpu/caps/\x01", "1");
  const PmuCatalog catalog = tree.Read();
  REQUIRE(catalog.pmus().size() == 1);
  CHECK(catalog.pmus().front().events == std::map<std::string, std::string>{{"good", "config=1"}});
  CHECK(catalog.pmus().front().caps.empty());
  for (const char* const name : {"huge", "up", "self", "plain", "odd\\xff", "\\x01"}) {
    CHECK(Names(catalog.left_out(), name));
  }
}

TEST_CASE("PmuCatalog: no folder of event sources is an error that names it") {
  const auto catalog = PmuCatalog::Read("/nonexistent");
  CHECK(catalog.status().code() == absl::StatusCode::kNotFound);
  CHECK(std::string(catalog.status().message()).find("/nonexistent/bus") != std::string::npos);
}

}  // namespace heimdallr::perf
