#include "report/address_axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace heimdallr::report {
namespace {

constexpr std::uint64_t kPageBytes = std::uint64_t{1} << kPageShift;
// Gaps up to this are no worth a break.
constexpr std::uint64_t kSmallGapPages = 16;
// Blocks and variables up to this are shown whole.
constexpr std::uint64_t kWholePages = (64 << 20) / kPageBytes;
// A gap of an object's touched pages splits it if it is this large, and this part of them.
constexpr std::uint64_t kLargeGapPages = (1 << 20) / kPageBytes;
constexpr std::uint64_t kLargeGapPart = 16;
constexpr double kMostUnits = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kLargestUnit = std::uint64_t{1} << 63;

PageRange PagesOf(const AxisObject& object) {
  const std::uint64_t last =
      object.address + std::min(std::max<std::uint64_t>(object.size, 1) - 1,
                                std::numeric_limits<std::uint64_t>::max() - object.address);
  return {object.process, object.address >> kPageShift, (last >> kPageShift) + 1};
}

// The touched part of an object: parts far away from each other stay apart.
void AddTouched(const PageRange& object, const std::vector<PageRange>& touched,
                std::vector<PageRange>& out) {
  const auto before = [](const PageRange& range, const PageRange& wanted) {
    return range.process != wanted.process ? range.process < wanted.process
                                           : range.end <= wanted.first;
  };
  std::vector<PageRange> parts;
  for (auto at = std::lower_bound(touched.begin(), touched.end(), object, before);
       at != touched.end() && at->process == object.process && at->first < object.end; ++at) {
    parts.push_back(
        {object.process, std::max(at->first, object.first), std::min(at->end, object.end)});
  }
  if (parts.empty()) return;
  const std::uint64_t span = parts.back().end - parts.front().first;
  const std::uint64_t gap = std::max(kLargeGapPages, span / kLargeGapPart);
  for (const PageRange& part : Joined(std::move(parts), gap)) out.push_back(part);
}

// Keeps the breaks at the largest gaps.
std::vector<PageRange> Limited(std::vector<PageRange> ranges) {
  std::vector<std::uint64_t> gaps;
  std::size_t processes = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i == 0 || ranges[i].process != ranges[i - 1].process) {
      ++processes;
    } else {
      gaps.push_back(ranges[i].first - ranges[i - 1].end);
    }
  }
  const std::size_t breaks =
      AddressAxis::kMostPieces > processes ? AddressAxis::kMostPieces - processes : 0;
  if (gaps.size() <= breaks) return ranges;
  const auto least = gaps.begin() + static_cast<std::ptrdiff_t>(breaks);
  std::nth_element(gaps.begin(), least, gaps.end(), std::greater<>());
  return Joined(std::move(ranges), *least);
}

std::uint64_t Pages(const std::vector<PageRange>& ranges) {
  std::uint64_t sum = 0;
  for (const PageRange& range : ranges) sum += range.pages();
  return sum;
}

// Units of that many bytes that the ranges take. All pages of an address space are 2^64 bytes, and
// there may be many: no integer holds that.
double Units(const std::vector<PageRange>& ranges, std::uint64_t unit_bytes) {
  double units = 0;
  for (const PageRange& range : ranges) {
    units += std::ceil(std::ldexp(static_cast<double>(range.pages()), kPageShift) /
                       static_cast<double>(unit_bytes));
  }
  return units;
}

// Of a whole address space the last unit is left out, as 2^64 is no size.
std::uint64_t SizeOf(const PageRange& range, std::uint64_t unit_bytes) {
  constexpr std::uint64_t kAllPages = std::uint64_t{1} << (64 - kPageShift);
  if (range.pages() >= kAllPages) return std::uint64_t{0} - std::max(unit_bytes, kPageBytes);
  return range.pages() << kPageShift;
}

// Makes all ranges begin and end at multiples of `pages`.
std::vector<PageRange> Aligned(std::vector<PageRange> ranges, std::uint64_t pages) {
  for (PageRange& range : ranges) {
    range.first = range.first / pages * pages;
    range.end = (range.end + pages - 1) / pages * pages;
  }
  return Joined(std::move(ranges), 0);
}

// Objects from this part of a piece on are pieces of their own, if the piece is this large.
constexpr std::uint64_t kLeastCutPiece = 64 << 10;
constexpr std::uint64_t kLeastCutPart = 8;

bool Before(const AxisObject& a, const AxisObject& b) {
  return a.process != b.process ? a.process < b.process : a.address < b.address;
}

// Offsets at which a piece is cut, ascending; `objects` are sorted.
std::vector<std::uint64_t> CutsOf(const AxisPiece& piece, const std::vector<AxisObject>& objects,
                                  std::uint64_t unit_bytes) {
  constexpr std::size_t kMostCuts = 16;
  const std::uint64_t least = std::max(unit_bytes, kPageBytes);
  std::vector<std::uint64_t> cuts;
  const auto note = [&](std::uint64_t offset) {
    offset = offset / unit_bytes * unit_bytes;
    if (offset < least || piece.size - offset < least || cuts.size() >= kMostCuts) return;
    for (const std::uint64_t known : cuts) {
      if ((known > offset ? known - offset : offset - known) < least) return;
    }
    cuts.push_back(offset);
  };
  if (piece.size < kLeastCutPiece) return cuts;
  const AxisObject first{.process = piece.process, .address = piece.address};
  for (auto at = std::lower_bound(objects.begin(), objects.end(), first, Before);
       at != objects.end() && at->process == piece.process &&
       at->address - piece.address < piece.size;
       ++at) {
    if (at->size < piece.size / kLeastCutPart) continue;
    const std::uint64_t offset = at->address - piece.address;
    note(offset);
    if (at->size < piece.size - offset) note(offset + at->size);
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace

AddressAxis::AddressAxis(const std::vector<PageRange>& touched,
                         const std::vector<AxisObject>& objects) {
  std::vector<PageRange> ranges = touched;
  for (const AxisObject& object : objects) {
    const PageRange pages = PagesOf(object);
    if (object.extent == AxisObject::Extent::kWhole && pages.pages() <= kWholePages) {
      ranges.push_back(pages);
    } else {
      AddTouched(pages, touched, ranges);
    }
  }
  // Large blocks that nothing touched are shown as well.
  const std::uint64_t room = std::max(kWholePages, 4 * Pages(Joined(ranges, kSmallGapPages)));
  for (const AxisObject& object : objects) {
    const PageRange pages = PagesOf(object);
    if (object.extent == AxisObject::Extent::kWhole && pages.pages() > kWholePages &&
        pages.pages() <= room) {
      ranges.push_back(pages);
    }
  }
  ranges = Limited(Joined(std::move(ranges), kSmallGapPages));
  while (Units(ranges, unit_bytes_) > kMostUnits && unit_bytes_ <= kLargestUnit / 2) {
    unit_bytes_ *= 2;
    if (unit_bytes_ > kPageBytes) ranges = Aligned(std::move(ranges), unit_bytes_ / kPageBytes);
  }
  for (const PageRange& range : ranges) {
    pieces_.push_back({.process = range.process,
                       .address = range.first << kPageShift,
                       .size = SizeOf(range, unit_bytes_)});
  }
  Cut(objects);
  Number();
  Divide(touched);
}

void AddressAxis::Cut(const std::vector<AxisObject>& objects) {
  // By process and address, so that those of a piece are found together.
  std::vector<AxisObject> sorted;
  for (const AxisObject& object : objects) {
    if (object.size >= kLeastCutPiece / kLeastCutPart) sorted.push_back(object);
  }
  std::sort(sorted.begin(), sorted.end(), Before);
  std::vector<AxisPiece> cut;
  for (const AxisPiece& piece : pieces_) {
    std::vector<std::uint64_t> ends;
    // Few pieces may be cut; many are small already.
    if (cut.size() <= 2 * kMostPieces) ends = CutsOf(piece, sorted, unit_bytes_);
    ends.push_back(piece.size);
    std::uint64_t from = 0;
    for (const std::uint64_t end : ends) {
      AxisPiece& part = cut.emplace_back(piece);
      part.address += from;
      part.size = end - from;
      from = end;
    }
  }
  pieces_ = std::move(cut);
}

void AddressAxis::Number() {
  std::uint64_t y = 0;
  for (AxisPiece& piece : pieces_) {
    piece.y = y;
    y += piece.size / unit_bytes_;
    while (first_of_process_.size() <= piece.process) {
      first_of_process_.push_back(static_cast<std::size_t>(&piece - pieces_.data()));
    }
  }
  first_of_process_.push_back(pieces_.size());
}

// By piece. A range that lies in several gives each its part.
std::vector<double> AddressAxis::AccessesOf(const std::vector<PageRange>& touched) const {
  std::vector<double> accesses(pieces_.size());
  for (const PageRange& range : touched) {
    const auto first = PieceOf(range.process, range.first << kPageShift);
    if (!first) continue;
    for (std::size_t i = *first; i < pieces_.size(); ++i) {
      const AxisPiece& piece = pieces_[i];
      const std::uint64_t from = std::max(range.first, piece.address >> kPageShift);
      if (piece.process != range.process || from >= range.end) break;
      const std::uint64_t to =
          std::min(range.end, (piece.address >> kPageShift) + (piece.size >> kPageShift));
      if (to <= from) continue;
      accesses[i] += static_cast<double>(range.accesses) * static_cast<double>(to - from) /
                     static_cast<double>(range.pages());
    }
  }
  return accesses;
}

void AddressAxis::Divide(const std::vector<PageRange>& touched) {
  constexpr double kLargestMinimum = 1.0 / 40;
  constexpr double kHardlyAny = 0.001;
  constexpr double kQuietPart = 0.1;
  if (pieces_.empty()) return;
  const std::vector<double> accesses = AccessesOf(touched);
  double all = 0;
  double size_roots = 0;
  double access_roots = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    all += accesses[i];
    size_roots += std::sqrt(static_cast<double>(pieces_[i].size));
    access_roots += std::sqrt(accesses[i]);
  }
  const double least = std::min(kLargestMinimum, 1 / (3 * static_cast<double>(pieces_.size())));
  std::vector<double> minima(pieces_.size());
  double reserved = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    minima[i] = accesses[i] < all * kHardlyAny ? least * kQuietPart : least;
    reserved += minima[i];
  }
  double at = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    pieces_[i].start = static_cast<std::uint32_t>(std::lround(at * kLength));
    const double by_size = std::sqrt(static_cast<double>(pieces_[i].size)) / size_roots;
    const double share = all > 0 ? (by_size + std::sqrt(accesses[i]) / access_roots) / 2 : by_size;
    at += minima[i] + (1 - reserved) * share;
  }
}

std::optional<std::size_t> AddressAxis::PieceOf(std::uint32_t process,
                                                std::uint64_t address) const {
  if (std::size_t{process} + 1 >= first_of_process_.size()) return std::nullopt;
  const auto first = pieces_.begin() + static_cast<std::ptrdiff_t>(first_of_process_[process]);
  const auto end = pieces_.begin() + static_cast<std::ptrdiff_t>(first_of_process_[process + 1]);
  if (first == end) return std::nullopt;
  const auto above = std::upper_bound(
      first, end, address,
      [](std::uint64_t wanted, const AxisPiece& piece) { return wanted < piece.address; });
  return static_cast<std::size_t>((above == first ? above : above - 1) - pieces_.begin());
}

std::uint32_t AddressAxis::PositionIn(std::size_t piece, std::uint64_t offset) const {
  const AxisPiece& p = pieces_[piece];
  const auto length = static_cast<double>(EndOf(piece) - p.start);
  const double share = static_cast<double>(offset) / static_cast<double>(p.size);
  return std::min(p.start + static_cast<std::uint32_t>(share * length), kLength - 1);
}

AddressAxis::Place AddressAxis::PlaceOf(std::uint32_t process, std::uint64_t address) const {
  const auto piece = PieceOf(process, address);
  if (!piece) return {};
  const AxisPiece& p = pieces_[*piece];
  const std::uint64_t offset =
      address < p.address ? 0 : std::min(address - p.address, p.size - unit_bytes_);
  return {.y = static_cast<std::uint32_t>(p.y + offset / unit_bytes_),
          .position = PositionIn(*piece, offset)};
}

std::uint32_t AddressAxis::PositionOf(std::uint32_t y) const {
  const auto above = std::upper_bound(
      pieces_.begin(), pieces_.end(), y,
      [](std::uint32_t wanted, const AxisPiece& piece) { return wanted < piece.y; });
  if (above == pieces_.begin()) return 0;
  const auto piece = static_cast<std::size_t>(above - pieces_.begin()) - 1;
  return PositionIn(piece, (y - pieces_[piece].y) * unit_bytes_);
}

}  // namespace heimdallr::report
