#include "spe_bytes.h"

#include <initializer_list>

namespace heimdallr::synthetic {
namespace {

void Put(Bytes& bytes, unsigned header, std::uint64_t payload, int size) {
  bytes.push_back(static_cast<std::byte>(header));
  for (int i = 0; i < size; ++i) {
    bytes.push_back(static_cast<std::byte>(payload >> (8 * i) & 0xff));
  }
}

}  // namespace

Bytes SpeBytes(const SpeValues& values) {
  constexpr std::uint64_t kNonSecure = std::uint64_t{1} << 63;  // of exception level 0
  constexpr std::uint64_t kAddress = (std::uint64_t{1} << 56) - 1;
  Bytes bytes;
  Put(bytes, 0xb0, (values.ip & kAddress) | kNonSecure, 8);
  if (values.operation == SpeOperation::kBranch) {
    Put(bytes, 0x4a, 1, 1);
  } else {
    Put(bytes, 0x49, values.operation == SpeOperation::kStore ? 1 : 0, 1);
  }
  Put(bytes, 0x52, values.events, 2);
  Put(bytes, 0x99, 4, 2);
  Put(bytes, 0x98, values.latency, 2);
  if (values.operation != SpeOperation::kBranch) {
    Put(bytes, 0xb2, values.address & kAddress, 8);
    Put(bytes, 0x9a, 1, 2);
    Put(bytes, 0x43, 0, 1);
  }
  constexpr std::size_t kTimestampBytes = 9;
  while ((bytes.size() + kTimestampBytes) % 64 != 0) bytes.push_back(std::byte{0});
  Put(bytes, 0x71, values.timestamp, 8);
  return bytes;
}

}  // namespace heimdallr::synthetic
