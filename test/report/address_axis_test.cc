#include "report/address_axis.h"

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kGiB = 1 << 30;

PageRange Pages(std::uint32_t process, std::uint64_t address, std::uint64_t bytes) {
  return {process, address / kPage, (address + bytes + kPage - 1) / kPage};
}

// What every axis has to keep to.
void CheckWhole(const AddressAxis& axis) {
  std::uint64_t y = 0;
  std::uint32_t start = 0;
  for (std::size_t i = 0; i < axis.pieces().size(); ++i) {
    const AxisPiece& piece = axis.pieces()[i];
    CHECK(piece.y == y);
    CHECK(piece.start >= start);
    CHECK(piece.size % axis.unit_bytes() == 0);
    if (i != 0) CHECK(piece.start > axis.pieces()[i - 1].start);
    y += piece.size / axis.unit_bytes();
    start = piece.start;
  }
  CHECK(y <= 0xffffffff);
  CHECK(start < AddressAxis::kLength);
}

TEST_CASE("AddressAxis: gaps are left out") {
  const AddressAxis axis({Pages(0, 0x400000, kPage), Pages(0, 0x7fff00000000, kPage)}, {});
  CheckWhole(axis);
  REQUIRE(axis.pieces().size() == 2);
  CHECK(axis.PlaceOf(0, 0x400010).y == 0x10);
  CHECK(axis.PlaceOf(0, 0x7fff00000010).y == kPage + 0x10);
  CHECK(axis.pieces()[1].start == AddressAxis::kLength / 2);
}

TEST_CASE("AddressAxis: a small gap is no break") {
  const AddressAxis axis({Pages(0, 0x400000, kPage), Pages(0, 0x408000, kPage)}, {});
  REQUIRE(axis.pieces().size() == 1);
  CHECK(axis.pieces()[0].size == 9 * kPage);
}

TEST_CASE("AddressAxis: a small piece beside a huge one keeps a visible part") {
  const AddressAxis axis({Pages(0, 0x1000, kPage), Pages(0, 0x7f0000000000, kGiB)}, {});
  CheckWhole(axis);
  CHECK(axis.pieces()[1].start >= AddressAxis::kLength / 50);
  CHECK(axis.pieces()[1].start < AddressAxis::kLength / 2);
}

TEST_CASE("AddressAxis: what is accessed most has more of the axis") {
  std::vector<PageRange> pages;
  for (std::uint32_t process = 0; process < 20; ++process) {
    pages.push_back(Pages(process, 0x400000, 16 * kPage));
    pages.back().accesses = process == 7 ? 10'000 : 1;
  }
  const AddressAxis axis(pages, {});
  CheckWhole(axis);
  CHECK(axis.pieces()[8].start - axis.pieces()[7].start > AddressAxis::kLength / 3);
  CHECK(axis.pieces()[3].start - axis.pieces()[2].start > AddressAxis::kLength / 100);
}

TEST_CASE("AddressAxis: more than 4 GiB take larger units") {
  const AddressAxis axis({Pages(0, 0x100000000, 3 * kGiB), Pages(0, 0x7f0000000000, 7 * kGiB)}, {});
  CheckWhole(axis);
  CHECK(axis.unit_bytes() == 4);
  CHECK(axis.PlaceOf(0, 0x7f0000000000).y == 3 * kGiB / 4);
  CHECK(axis.PlaceOf(0, 0x7f0000000008).y == 3 * kGiB / 4 + 2);
}

TEST_CASE("AddressAxis: address spaces far beyond the page times 2^32 still fit") {
  const AddressAxis axis({PageRange{0, 1, std::uint64_t{1} << 35}, PageRange{1, 7, 8},
                          PageRange{1, 0xffffffffffffe, 0xfffffffffffff}},
                         {});
  CheckWhole(axis);
  CHECK(axis.PlaceOf(1, ~std::uint64_t{0}).position < AddressAxis::kLength);
}

TEST_CASE("AddressAxis: a whole address space, of which 2^64 is no size, has its piece") {
  constexpr std::uint64_t kAllPages = std::uint64_t{1} << 52;
  for (const std::uint32_t processes : {1U, 3U}) {
    std::vector<PageRange> pages;
    for (std::uint32_t process = 0; process < processes; ++process) {
      pages.push_back({process, 0, kAllPages, 10});
    }
    const AddressAxis axis(pages, {});
    CheckWhole(axis);
    REQUIRE(axis.pieces().size() == processes);
    CHECK(axis.pieces()[0].size > std::uint64_t{1} << 63);
    CHECK(axis.PlaceOf(0, 0).position == 0);
    const std::uint32_t middle = axis.PlaceOf(0, std::uint64_t{1} << 63).position;
    CHECK(middle == Approx(AddressAxis::kLength / 2 / processes).margin(2));
    CHECK(axis.PlaceOf(0, ~std::uint64_t{0}).position > middle);
    CHECK(axis.PlaceOf(0, ~std::uint64_t{0}).position < AddressAxis::kLength);
  }
}

TEST_CASE("AddressAxis: a piece may end with the address space") {
  const std::uint64_t last = ~std::uint64_t{0};
  const AddressAxis axis({PageRange{0, last / kPage, last / kPage + 1, 5}, Pages(0, kPage, kPage)},
                         {{.address = last - 15, .size = 64}});
  CheckWhole(axis);
  REQUIRE(axis.pieces().size() == 2);
  CHECK(axis.pieces()[1].address == last - kPage + 1);
  CHECK(axis.PlaceOf(0, last).y == 2 * kPage - 1);
}

TEST_CASE("AddressAxis: equal addresses of two processes are two places") {
  const AddressAxis axis({Pages(0, 0x400000, kPage), Pages(2, 0x400000, kPage)}, {});
  CheckWhole(axis);
  CHECK(axis.PlaceOf(0, 0x400004).y == 4);
  CHECK(axis.PlaceOf(2, 0x400004).y == kPage + 4);
  CHECK_FALSE(axis.PieceOf(1, 0x400004));
  CHECK_FALSE(axis.PieceOf(3, 0x400004));
  CHECK(axis.PlaceOf(3, 0x400004).y == 0);
}

TEST_CASE("AddressAxis: a block has its whole place, reserved memory what is touched of it") {
  using enum AxisObject::Extent;
  const AddressAxis block({Pages(0, 0x10000000, kPage)},
                          {{.address = 0x10000000, .size = 1 << 20, .extent = kWhole}});
  CHECK(block.pieces().back().address + block.pieces().back().size == 0x10000000 + (1 << 20));
  const AddressAxis reserved({Pages(0, 0x10000000, kPage)},
                             {{.address = 0x10000000, .size = 64 * kGiB, .extent = kTouched}});
  REQUIRE(reserved.pieces().size() == 1);
  CHECK(reserved.pieces()[0].size == kPage);
}

TEST_CASE("AddressAxis: an object that fills much of a piece is a piece of its own") {
  const AddressAxis axis({Pages(0, 0x10000000, 1 << 20)},
                         {{.address = 0x10040000, .size = 0x80000}});
  CheckWhole(axis);
  REQUIRE(axis.pieces().size() == 3);
  CHECK(axis.pieces()[1].address == 0x10040000);
  CHECK(axis.pieces()[1].size == 0x80000);
  CHECK(axis.PlaceOf(0, 0x10040003).y == 0x40003);
}

TEST_CASE("AddressAxis: thousands of islands keep the largest gaps as breaks") {
  std::vector<PageRange> islands;
  for (std::uint64_t i = 0; i < 5000; ++i) islands.push_back(Pages(0, 0x100000 * (i + 1), kPage));
  islands.push_back(Pages(0, 0x7f0000000000, kPage));
  const AddressAxis axis(islands, {});
  CheckWhole(axis);
  CHECK(axis.pieces().size() <= AddressAxis::kMostPieces);
  CHECK(axis.pieces().back().address == 0x7f0000000000);
}

TEST_CASE("AddressAxis: y and the place on the axis agree") {
  const AddressAxis axis({Pages(0, 0x400000, 3 * kPage), Pages(0, 0x7fff00000000, 100 * kPage)},
                         {});
  for (const std::uint64_t address :
       {0x400000ULL, 0x402fffULL, 0x7fff00000000ULL, 0x7fff00063fffULL}) {
    const AddressAxis::Place place = axis.PlaceOf(0, address);
    CHECK(axis.PositionOf(place.y) == place.position);
  }
}

TEST_CASE("AddressAxis: without anything there is nothing") {
  const AddressAxis axis({}, {});
  CHECK(axis.pieces().empty());
  CHECK(axis.PlaceOf(0, 0x1000).position == 0);
  CHECK(axis.PositionOf(7) == 0);
}

TEST_CASE("TouchedPages: neighbours are one range") {
  TouchedPages pages;
  pages.Add(0, 0x1000);
  pages.Add(0, 0x2fff);
  pages.Add(0, 0x5000);
  pages.Add(1, 0x3000);
  CHECK(pages.Ranges() == std::vector<PageRange>{{0, 1, 3, 2}, {0, 5, 6, 1}, {1, 3, 4, 1}});
}

TEST_CASE("TouchedPages: too many pages become coarser ones, none is lost") {
  TouchedPages pages(1000);
  for (std::uint64_t i = 0; i < 100'000; ++i) pages.Add(0, i * 16 * kPage);
  const auto ranges = pages.Ranges();
  REQUIRE(!ranges.empty());
  CHECK(ranges.size() <= 1000);
  CHECK(ranges.front().first == 0);
  CHECK(ranges.back().end > 99'999 * 16);
  std::uint64_t accesses = 0;
  for (const PageRange& range : ranges) accesses += range.accesses;
  CHECK(accesses == 100'000);
}

}  // namespace
}  // namespace heimdallr::report
