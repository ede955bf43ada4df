// A hostile ring: the control page, the records and the layout they are decoded by are all input.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "perf/decode.h"
#include "perf/ring.h"

namespace {

using heimdallr::perf::PerfRing;
using heimdallr::perf::SampleLayout;

/// Positions and layout, from the front of the input.
struct Setup {
  std::uint64_t head;
  std::uint64_t tail;
  std::uint64_t offset;
  std::uint64_t size;
  SampleLayout layout;
};

std::vector<std::uint64_t> MakeRing(const Setup& setup, const std::uint8_t* data,
                                    std::size_t size) {
  constexpr std::size_t kPage = 4096;
  std::vector<std::uint64_t> memory((kPage + kPage) / sizeof(std::uint64_t));
  auto& control = *reinterpret_cast<perf_event_mmap_page*>(memory.data());
  control.data_head = setup.head;
  control.data_tail = setup.tail;
  // Mostly a ring that fits, now and then one that does not.
  control.data_offset = setup.offset % 8 == 0 ? setup.offset : kPage;
  control.data_size = std::uint64_t{1} << setup.size % 16;
  auto* bytes = reinterpret_cast<std::uint8_t*>(memory.data()) + kPage;
  for (std::size_t i = 0; size != 0 && i < kPage; ++i) bytes[i] = data[i % size];
  return memory;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Setup setup{};
  if (size < sizeof(setup)) return 0;
  std::memcpy(&setup, data, sizeof(setup) - sizeof(setup.layout));
  const std::uint8_t* layout = data + offsetof(Setup, layout);
  std::memcpy(&setup.layout.sample_type, layout, 8);
  std::memcpy(&setup.layout.read_format, layout + 8, 8);
  std::memcpy(&setup.layout.user_registers, layout + 16, 8);
  std::memcpy(&setup.layout.interrupt_registers, layout + 24, 8);
  std::memcpy(&setup.layout.branch_sample_type, layout + 32, 8);
  setup.layout.sample_id_all = (layout[40] & 1) != 0;

  auto memory = MakeRing(setup, data + sizeof(setup), size - sizeof(setup));
  auto ring = PerfRing::Over(std::as_writable_bytes(std::span(memory)));
  if (!ring.ok()) return 0;
  heimdallr::perf::Decoder decoder;
  decoder.Add(1, setup.layout);
  if ((layout[40] & 2) != 0) decoder.Add(2, setup.layout);
  while (true) {
    auto raw = ring->Peek();
    if (!raw.ok() || !raw->has_value()) break;
    auto record = decoder.Decode(**raw);
    if (record.ok()) (void)heimdallr::perf::OriginOf(*record);
    ring->Consume();
  }
  ring->DiscardAll();
  return 0;
}
