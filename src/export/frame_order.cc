#include "export/frame_order.h"

#include <algorithm>
#include <compare>
#include <numeric>
#include <string_view>

namespace heimdallr::exports {
namespace {

// In a frame ';' is ':'.
std::weak_ordering Compare(std::string_view a, std::string_view b) {
  const auto written = [](char c) { return static_cast<unsigned char>(c == ';' ? ':' : c); };
  return std::lexicographical_compare_three_way(
      a.begin(), a.end(), b.begin(), b.end(),
      [&](char x, char y) { return written(x) <=> written(y); });
}

}  // namespace

FrameOrder::FrameOrder(const Words& words) : ranks_(words.size()) {
  std::vector<std::uint32_t> order(words.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return Compare(words.text(a), words.text(b)) < 0;
  });
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i != 0 && Compare(words.text(order[i - 1]), words.text(order[i])) != 0) ++rank;
    ranks_[order[i]] = rank;
  }
}

bool FrameOrder::Less(std::span<const FlameFrame> a, std::span<const FlameFrame> b) const {
  const auto rank = [this](const FlameFrame& frame) { return RankOf(frame); };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

bool FrameOrder::Equal(std::span<const FlameFrame> a, std::span<const FlameFrame> b) const {
  const auto rank = [this](const FlameFrame& frame) { return RankOf(frame); };
  return std::ranges::equal(a, b, {}, rank, rank);
}

}  // namespace heimdallr::exports
