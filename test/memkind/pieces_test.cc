// The parts of libheimdallr-memkind.so that need neither memkind nor a process of their own.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "channel/memory_kinds.h"
#include "memkind/heap_ranges.h"
#include "memkind/page_table.h"
#include "memkind/settings.h"
#include "memkind/size_classes.h"

using namespace heimdallr::memory;  // NOLINT: a test of this namespace

TEST_CASE("Settings: all of them are read, and a path may have any character") {
  Settings settings;
  REQUIRE(ReadSettings("fork=refuse;fallback=1;size=16777216;pmem=/mnt/a;kind=b", settings));
  CHECK(settings.fork == Settings::Fork::kRefuse);
  CHECK(settings.fallback);
  CHECK(settings.size_bytes == 16777216);
  CHECK(std::string(settings.folder) == "/mnt/a;kind=b");
  CHECK(settings.kind == nullptr);
}

TEST_CASE("Settings: what is not said is private at a fork, without fallback and without limit") {
  Settings settings;
  REQUIRE(ReadSettings("kind=hbw-all", settings));
  CHECK(settings.fork == Settings::Fork::kPrivate);
  CHECK_FALSE(settings.fallback);
  CHECK(settings.size_bytes == 0);
  CHECK(std::string(settings.kind) == "hbw-all");
  CHECK(settings.folder == nullptr);
}

TEST_CASE("Settings: anything else is refused") {
  Settings settings;
  for (const char* text :
       {"", ";", "fork=private;", "kind=", "pmem=", "fork=maybe;kind=hbw", "fallback=2;kind=hbw",
        "fallback=1", "size=;kind=hbw", "size=16M;kind=hbw", "size=-1;kind=hbw",
        "size=99999999999999999999;pmem=/", "sizes=1;pmem=/", " kind=hbw"}) {
    INFO(text);
    CHECK_FALSE(ReadSettings(text, settings));
  }
}

TEST_CASE("Size classes: they are those of jemalloc, from 16 bytes to 32 KiB") {
  // jemalloc(3), "Implementation notes", table of size classes.
  const std::vector<std::size_t> expected{
      16,   32,   48,   64,   80,    96,    112,   128,   160,   192,   224,   256,  320,  384,
      448,  512,  640,  768,  896,   1024,  1280,  1536,  1792,  2048,  2560,  3072, 3584, 4096,
      5120, 6144, 7168, 8192, 10240, 12288, 14336, 16384, 20480, 24576, 28672, 32768};
  REQUIRE(expected.size() == kClassCount);
  for (unsigned c = 0; c < kClassCount; ++c) CHECK(ClassBytes(c) == expected[c]);
  std::size_t wrong = 0;
  unsigned next = 0;
  for (std::size_t size = 0; size <= 32768; ++size) {
    if (size > expected[next]) ++next;
    wrong += ClassOf(size) != next;
    wrong += ExactClass(size) != (size == expected[next] ? next : kNoClass);
  }
  CHECK(wrong == 0);
  CHECK(ExactClass(32769) == kNoClass);
  CHECK(ExactClass(40960) == kNoClass);
}

TEST_CASE("Size classes: for an alignment it is the first whose size it divides") {
  CHECK(ClassBytes(AlignedClass(32, 1)) == 32);
  CHECK(ClassBytes(AlignedClass(64, 65)) == 128);
  CHECK(ClassBytes(AlignedClass(64, 129)) == 192);
  CHECK(ClassBytes(AlignedClass(4096, 1)) == 4096);
  CHECK(ClassBytes(AlignedClass(4096, 4097)) == 8192);
  CHECK(AlignedClass(8192, 1) == kNoClass);
  CHECK(AlignedClass(64, 14337) == kNoClass);
}

TEST_CASE("Page table: pages are what they were marked as, all others are foreign") {
  PageTable& table = g_pages;
  const auto at = [](std::uintptr_t address) { return reinterpret_cast<const void*>(address); };
  const std::uintptr_t start = 0x7123'4000'0000 - 8192;  // across a leaf
  REQUIRE(table.Add(at(start), 16384));
  CHECK(table.Get(at(start)) == kOwnPage);
  CHECK(table.Get(at(start + 16383)) == kOwnPage);
  CHECK(table.Get(at(start - 1)) == kForeignPage);
  CHECK(table.Get(at(start + 16384)) == kForeignPage);
  table.Set(at(start + 4096), kFirstClass + 7);
  CHECK(table.Get(at(start + 4096 + 100)) == kFirstClass + 7);
  CHECK(table.Get(at(start + 8192)) == kOwnPage);
  CHECK(table.OwnBytesFrom(at(start + 100), 1 << 20) == 16384 - 100);
  CHECK(table.OwnBytesFrom(at(start + 100), 500) == 500);
  table.Remove(at(start + 4096), 4096);
  CHECK(table.Get(at(start + 4096)) == kForeignPage);
  CHECK(table.OwnBytesFrom(at(start), 1 << 20) == 4096);
  table.Remove(at(start - 8192), 1 << 20);
  CHECK(table.Get(at(start)) == kForeignPage);
}

TEST_CASE("Page table: addresses that are none, or beyond it, are foreign") {
  CHECK(g_pages.Get(nullptr) == kForeignPage);
  CHECK(g_pages.Get(reinterpret_cast<const void*>(~std::uintptr_t{0})) == kForeignPage);
  CHECK(g_pages.Get(reinterpret_cast<const void*>(std::uintptr_t{1} << 48)) == kForeignPage);
  CHECK_FALSE(g_pages.Add(reinterpret_cast<const void*>(std::uintptr_t{1} << 48), 4096));
  CHECK_FALSE(g_pages.Add(reinterpret_cast<const void*>((std::uintptr_t{1} << 48) - 4096), 8192));
}

TEST_CASE("Heap ranges: taking addresses out cuts ranges where they were") {
  ClearHeapRanges();
  REQUIRE(AddHeapRange({0x10000, 0x4000, 0, 1, 0}));
  REQUIRE(AddHeapRange({0x14000, 0x4000, 0x4000, 1, 0}));  // goes on in memory and in the file
  REQUIRE(HeapRanges().size() == 1);
  REQUIRE(AddHeapRange({0x20000, 0x4000, 0x8000, 1, 0}));
  REQUIRE(AddHeapRange({0x24000, 0x4000, 0xc000, 2, 0}));  // another file
  REQUIRE(HeapRanges().size() == 3);
  RemoveHeapRange(0x12000, 0x1000);  // in the middle of the first
  RemoveHeapRange(0x22000, 0x4000);  // the end of the second, the start of the third
  std::size_t found = 0;
  std::size_t bytes = 0;
  for (const HeapRange& range : HeapRanges()) {
    bytes += range.bytes;
    found += range.start == 0x10000 && range.bytes == 0x2000 && range.offset == 0;
    found += range.start == 0x13000 && range.bytes == 0x5000 && range.offset == 0x3000;
    found += range.start == 0x20000 && range.bytes == 0x2000 && range.offset == 0x8000;
    found += range.start == 0x26000 && range.bytes == 0x2000 && range.offset == 0xe000;
  }
  CHECK(HeapRanges().size() == 4);
  CHECK(found == 4);
  CHECK(bytes == 0x2000 + 0x5000 + 0x2000 + 0x2000);
  RemoveHeapRange(0, 0x100000);
  CHECK(HeapRanges().empty());
}

TEST_CASE("Heap ranges: a thousand of them are kept") {
  ClearHeapRanges();
  for (std::uintptr_t i = 0; i < 1000; ++i) {
    REQUIRE(AddHeapRange({(i + 1) << 20, 4096, 0, 1, 0}));
  }
  CHECK(HeapRanges().size() == 1000);
  CHECK(HeapRanges()[999].start == std::uintptr_t{1000} << 20);
  ClearHeapRanges();
}

TEST_CASE("Memory kinds: each name is there once") {
  const std::vector<std::string> names(std::begin(heimdallr::channel::kMemoryKindNames),
                                       std::end(heimdallr::channel::kMemoryKindNames));
  CHECK(names.size() == 21);
  for (const std::string& name : names) {
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  }
}
