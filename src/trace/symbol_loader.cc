#include "trace/symbol_loader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"
#include "heimdallr/trace/v1/trace.pb.h"
#include "trace/chunk_content.h"
#include "trace/chunk_source.h"
#include "trace/format.h"
#include "trace/parse_message.h"
#include "trace/symbol_codec.h"

namespace heimdallr::trace {
namespace {

constexpr std::size_t kTrailerBytes = 17;

// Offset of the footer, by the trailer at the end of a regular file.
std::optional<std::uint64_t> FindFooter(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || fstat(file.get(), &status) != 0) return std::nullopt;
  std::array<char, kTrailerBytes> bytes{};
  const off_t start = status.st_size - static_cast<off_t>(bytes.size());
  if (start < 0 || pread(file.get(), bytes.data(), bytes.size(), start) != kTrailerBytes) {
    return std::nullopt;
  }
  v1::Chunk chunk;
  if (bytes[0] != kTrailerBytes - 1 || !chunk.ParseFromArray(&bytes[1], kTrailerBytes - 1) ||
      !chunk.has_trailer() || chunk.trailer().magic() != kTrailerMagic) {
    return std::nullopt;
  }
  return chunk.trailer().footer_offset();
}

// The next chunk of these kinds, or nothing when there is none before the end.
struct Found {
  RawChunk raw;
  ChunkContent content;
};
std::optional<Found> NextChunk(ChunkSource& source, ChunkOpener& opener) {
  const auto raw = source.Next();
  if (!raw.ok() || !raw->has_value()) return std::nullopt;
  const auto content = opener.Open((*raw)->bytes);
  if (!content.ok()) return std::nullopt;
  return Found{**raw, *content};
}

}  // namespace

std::optional<Symbols> LoadSymbols(const std::string& path) {
  const auto footer_offset = FindFooter(path);
  if (!footer_offset) return std::nullopt;
  auto source = ChunkSource::Open(path);
  if (!source.ok() || !source->Seek(*footer_offset).ok()) return std::nullopt;
  ChunkOpener opener;
  auto chunk = NextChunk(*source, opener);
  v1::Footer footer;
  if (!chunk || chunk->content.kind != ChunkKind::kFooter ||
      !ParseMessage(chunk->content.message, kMaxChunkBytes, footer).ok()) {
    return std::nullopt;
  }
  if (footer.symbols_offset() == 0 || footer.symbols_offset() >= *footer_offset ||
      !source->Seek(footer.symbols_offset()).ok()) {
    return std::nullopt;
  }
  SymbolStore store;
  for (chunk = NextChunk(*source, opener); chunk && chunk->raw.offset < *footer_offset;
       chunk = NextChunk(*source, opener)) {
    if (chunk->content.kind != ChunkKind::kSymbols) continue;
    if (!store.Take(chunk->content.message).ok()) return std::nullopt;
  }
  return std::move(store).TakeAll();
}

}  // namespace heimdallr::trace
