// Packets that ARM's Statistical Profiling Extension writes into the AUX area: Arm Architecture
// Reference Manual for A-profile, chapter "Statistical Profiling Extension Sample Record
// Specification".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace heimdallr::perf {

enum class SpePacketKind : std::uint8_t {
  kPadding,
  kEnd,        ///< of a record
  kTimestamp,  ///< of a record, which it ends; payload: count of the generic timer
  kAddress,    ///< index: SpeAddress
  kCounter,    ///< index: SpeCounter; payload: cycles
  kEvents,     ///< payload: bits kSpe...
  kOperation,  ///< index: SpeOperation
  kDataSource,
  kContext,
  kUnknown,  ///< of a later version: its size is known, its meaning is not
};

enum class SpeAddress : std::uint8_t { kInstruction, kBranchTarget, kVirtual, kPhysical };
enum class SpeCounter : std::uint8_t { kTotal, kIssue, kTranslation };
enum class SpeOperation : std::uint8_t { kOther, kLoadStore, kBranch };

// Bits of kEvents.
inline constexpr std::uint64_t kSpeRetired = 1U << 1;
inline constexpr std::uint64_t kSpeL1Access = 1U << 2;
inline constexpr std::uint64_t kSpeL1Refill = 1U << 3;
inline constexpr std::uint64_t kSpeTlbAccess = 1U << 4;
inline constexpr std::uint64_t kSpeTlbWalk = 1U << 5;
inline constexpr std::uint64_t kSpeLastLevelAccess = 1U << 8;
inline constexpr std::uint64_t kSpeLastLevelMiss = 1U << 9;
inline constexpr std::uint64_t kSpeRemoteAccess = 1U << 10;

struct SpePacket {
  SpePacketKind kind = SpePacketKind::kPadding;
  std::uint8_t index = 0;
  std::uint64_t payload = 0;
  std::size_t size = 1;  ///< bytes, header included
};

/// The first packet of `bytes`; nothing when it is cut, or begins with no header that can be one.
[[nodiscard]] std::optional<SpePacket> FirstSpePacket(std::span<const std::byte> bytes);

}  // namespace heimdallr::perf
