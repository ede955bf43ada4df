// Any bytes as a trace file: the reader returns records or a reason, within bounded memory.
//
// Random bytes seldom are whole chunks, so the input is taken both as it is and as chunks behind a
// good header: two bytes of length, then the chunk.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "heimdallr/trace_reader.h"

namespace {

constexpr std::string_view kHeader(
    "\x15\x0a\x13\x0a\x0f"
    "heimdallr-trace\x10\x01",
    22);

void Read(std::string_view bytes) {
  const int fd = memfd_create("trace", MFD_CLOEXEC);
  if (fd < 0 || write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  if (auto reader = heimdallr::TraceReader::Open("/proc/self/fd/" + std::to_string(fd));
      reader.ok()) {
    std::uint64_t records = 0;
    while (true) {
      const auto record = reader->Next();
      if (!record.ok() || *record == nullptr) break;
      static_cast<void>(heimdallr::TimeNs(**record));
      if (const auto* allocation = std::get_if<heimdallr::AllocationRecord>(*record)) {
        for (const std::uint64_t frame : reader->Stack(allocation->stack)) records += frame & 0;
      }
      ++records;
    }
    if (records != reader->extent().records) std::abort();
    if (reader->extent().good_bytes > reader->extent().file_bytes) std::abort();
  }
  close(fd);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Read(input);
  std::string chunks(kHeader);
  for (std::string_view rest = input; rest.size() > 2;) {
    const std::size_t length = static_cast<unsigned char>(rest[0]) % 128U * 128U +
                               static_cast<unsigned char>(rest[1]) % 128U;
    rest.remove_prefix(2);
    const std::string_view chunk = rest.substr(0, length);
    rest.remove_prefix(chunk.size());
    if (chunk.size() >= 128) chunks += static_cast<char>(chunk.size() % 128 | 0x80);
    chunks += static_cast<char>(chunk.size() >= 128 ? chunk.size() / 128 : chunk.size());
    chunks += chunk;
  }
  Read(chunks);
  return 0;
}
