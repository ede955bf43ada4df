// The packets written here against those of real processors.
#include "spe_bytes.h"

#include <catch2/catch.hpp>

namespace heimdallr::synthetic {

// Record C of test/data/perf/spe-packets.tsv, of a user's load, as far as it is written here.
TEST_CASE("SpeBytes: packets are those of a processor") {
  const Bytes bytes = SpeBytes({.ip = 0xaaaae4a9b600,
                                .address = 0xaaaae65dda43,
                                .events = 0x16,
                                .latency = 8,
                                .timestamp = 44731163950});
  const auto packet = [&](std::size_t at, std::initializer_list<int> expected) {
    for (const int value : expected) {
      CAPTURE(at);
      CHECK(std::to_integer<int>(bytes.at(at++)) == value);
    }
  };
  CHECK(bytes.size() == 64);
  packet(0, {0xb0, 0x00, 0xb6, 0xa9, 0xe4, 0xaa, 0xaa, 0x00, 0x80});
  packet(9, {0x49, 0x00, 0x52, 0x16, 0x00, 0x99, 0x04, 0x00, 0x98, 0x08, 0x00});
  packet(20, {0xb2, 0x43, 0xda, 0x5d, 0xe6, 0xaa, 0xaa, 0x00, 0x00, 0x9a, 0x01, 0x00, 0x43, 0x00});
  packet(55, {0x71, 0x2e, 0x65, 0x2f, 0x6a, 0x0a, 0x00, 0x00, 0x00});
}

}  // namespace heimdallr::synthetic
