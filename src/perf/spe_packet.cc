#include "perf/spe_packet.h"

namespace heimdallr::perf {
namespace {

constexpr std::uint8_t kTimestampHeader = 0x71;

// Bits 4 and 5 of a header are the logarithm of the bytes behind it.
std::size_t PayloadBytes(std::uint8_t header) { return std::size_t{1} << (header >> 4 & 3U); }

// By the header behind an extended one; `high` are the upper bits of the index.
SpePacket Classify(std::uint8_t header, std::uint8_t high) {
  const auto low = static_cast<std::uint8_t>(high | (header & 7U));
  if (header == kTimestampHeader) return {.kind = SpePacketKind::kTimestamp};
  if ((header & 0xf8) == 0xb0) return {.kind = SpePacketKind::kAddress, .index = low};
  if ((header & 0xf8) == 0x98) return {.kind = SpePacketKind::kCounter, .index = low};
  if ((header & 0xcf) == 0x42) return {.kind = SpePacketKind::kEvents};
  if ((header & 0xcf) == 0x43) return {.kind = SpePacketKind::kDataSource};
  if ((header & 0xfc) == 0x48) {
    return {.kind = SpePacketKind::kOperation, .index = static_cast<std::uint8_t>(header & 3U)};
  }
  if ((header & 0xfc) == 0x64) {
    return {.kind = SpePacketKind::kContext, .index = static_cast<std::uint8_t>(header & 3U)};
  }
  return {.kind = SpePacketKind::kUnknown};
}

std::uint64_t LittleEndian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  }
  return value;
}

}  // namespace

std::optional<SpePacket> FirstSpePacket(std::span<const std::byte> bytes) {
  if (bytes.empty()) return std::nullopt;
  auto header = std::to_integer<std::uint8_t>(bytes[0]);
  if (header == 0x00) return SpePacket{.kind = SpePacketKind::kPadding};
  if (header == 0x01) return SpePacket{.kind = SpePacketKind::kEnd};
  std::size_t headers = 1;
  std::uint8_t high = 0;
  if ((header & 0xfc) == 0x20) {  // extended: one more byte of header
    if (bytes.size() < 2) return std::nullopt;
    high = static_cast<std::uint8_t>((header & 3U) << 3);
    header = std::to_integer<std::uint8_t>(bytes[1]);
    headers = 2;
    // Padding up to an alignment; its further bytes are 0 as well.
    if (header == 0x00) return SpePacket{.kind = SpePacketKind::kPadding, .size = 2};
  }
  // Headers below are not of packets with a payload.
  if (header < 0x40) return std::nullopt;
  SpePacket packet = Classify(header, high);
  const std::size_t payload = PayloadBytes(header);
  packet.size = headers + payload;
  if (bytes.size() < packet.size) return std::nullopt;
  packet.payload = LittleEndian(bytes.subspan(headers, payload));
  return packet;
}

}  // namespace heimdallr::perf
