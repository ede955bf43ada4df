#include "report/gzip.h"

#include <zlib.h>

#include <cstdio>
#include <cstdlib>

#include <absl/strings/escaping.h>

namespace heimdallr::report {
namespace {

// Byte planes: level 2 is 3 times as fast as the default 6 for a few percent more.
constexpr int kLevel = 2;
constexpr int kGzipWindow = 15 + 16;  // zlib: 16 more asks for a gzip header
constexpr int kMemoryLevel = 9;

[[noreturn]] void OutOfMemory() {
  std::fputs("heimdallr: no memory to compress\n", stderr);
  std::abort();
}

}  // namespace

std::string Gzip(std::span<const std::uint8_t> bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    OutOfMemory();
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = const_cast<Bytef*>(bytes.data());  // zlib's interface has no const
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) OutOfMemory();
  return out;
}

absl::StatusOr<std::vector<std::uint8_t>> Gunzip(const std::string& packed, std::size_t size) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) OutOfMemory();
  std::vector<std::uint8_t> bytes(size + 1);  // one more shows what is too long
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int result = inflate(&stream, Z_FINISH);
  const bool whole = result == Z_STREAM_END && stream.total_out == size;
  inflateEnd(&stream);
  if (!whole) return absl::DataLossError("a stream of samples is damaged or not whole");
  bytes.resize(size);
  return bytes;
}

std::string Base64(const std::string& bytes) { return absl::Base64Escape(bytes); }

}  // namespace heimdallr::report
