#include "trace/foreign_file.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "trace/format.h"
#include "trace/wire_reader.h"

namespace heimdallr::trace {
namespace {

struct Signature {
  std::string_view bytes;
  std::string_view description;
};

constexpr std::array kSignatures = {
    Signature{"\x1f\x8b", "is a gzip file; uncompress it first"},
    Signature{"\x28\xb5\x2f\xfd", "is a zstd file; uncompress it first"},
    Signature{"\xfd\x37zXZ", "is an xz file; uncompress it first"},
    Signature{"BZh", "is a bzip2 file; uncompress it first"},
    Signature{"PK\x03\x04", "is a zip archive; unpack it first"},
    Signature{"\x7f"
              "ELF",
              "is a program or library (ELF), not a trace"},
    Signature{"PERFILE2", "is a perf.data file; heimdallr cannot read those"},
    Signature{"SQLite format 3", "is an SQLite database, not a trace"},
};

}  // namespace

bool MayBeTrace(std::string_view bytes) {
  // The length of the chunk, the tag and length of its header, the tag and length of the name.
  WireReader reader(bytes);
  const auto cut = [&] { return reader.rest().size() < kMaxVarintBytes; };
  if (!reader.Varint().has_value()) return cut();
  if (reader.empty()) return true;
  if (reader.Varint() != (1U << 3 | 2U)) return false;
  if (!reader.Varint().has_value()) return cut();
  if (reader.empty()) return true;
  if (reader.Varint() != (1U << 3 | 2U)) return false;
  if (!reader.Varint().has_value()) return cut();
  const std::size_t known = std::min(reader.rest().size(), kFormatName.size());
  return reader.rest().substr(0, known) == kFormatName.substr(0, known);
}

std::string_view DescribeForeign(std::string_view bytes) {
  for (const Signature& signature : kSignatures) {
    if (bytes.starts_with(signature.bytes)) return signature.description;
  }
  const bool text = std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isprint(byte) != 0 || std::isspace(byte) != 0;
  });
  if (text) return "is a text, not a trace of heimdallr";
  if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; })) {
    return "begins with zeros: it was never written";
  }
  return "is not a trace of heimdallr";
}

}  // namespace heimdallr::trace
