#include "trace/symbol_codec.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "heimdallr/trace/v1/trace.pb.h"
#include "trace/column_reader.h"
#include "trace/format.h"
#include "trace/parse_message.h"

namespace heimdallr::trace {
namespace {

// A chunk is ended beyond so much: far below what it may have, as one more symbol may be long.
constexpr std::size_t kFullBytes = kMaxRecordChunkBytes / 2;
constexpr std::size_t kMaxFrames = 64;

// Fills messages with symbols, and hands each to `write` when it is full.
class Encoder {
 public:
  Encoder(const WriteSymbols& write, SymbolAllowance& allowance, std::string path,
          std::string build_id, std::uint64_t first_mapped_offset, std::int32_t pid)
      : write_(write),
        allowance_(allowance),
        path_(std::move(path)),
        build_id_(std::move(build_id)),
        first_mapped_offset_(first_mapped_offset),
        pid_(pid) {
    Begin();
  }

  void Add(const CodeSymbol& symbol) {
    std::size_t text_bytes = 0;
    for (const CodeFrame& frame : symbol.frames) {
      text_bytes += TextBytes(frame.function) + TextBytes(frame.file);
    }
    if (!Take(std::min(symbol.frames.size(), kMaxFrames), text_bytes)) return;
    message_.add_code_offset_delta(static_cast<std::int64_t>(symbol.offset - code_offset_));
    code_offset_ = symbol.offset;
    const std::size_t frames = std::min(symbol.frames.size(), kMaxFrames);
    message_.add_code_frames(static_cast<std::uint32_t>(frames));
    // Of too many, the outermost are kept: they say whose code it is.
    for (std::size_t i = symbol.frames.size() - frames; i < symbol.frames.size(); ++i) {
      message_.add_frame_function(Text(symbol.frames[i].function));
      message_.add_frame_file(Text(symbol.frames[i].file));
      message_.add_frame_line(symbol.frames[i].line);
      bytes_ += 12;
    }
    EndOfSymbol();
  }

  void Add(const DataSymbol& symbol) {
    if (!Take(1, TextBytes(symbol.name))) return;
    message_.add_data_offset_delta(static_cast<std::int64_t>(symbol.offset - data_offset_));
    data_offset_ = symbol.offset;
    message_.add_data_bytes(symbol.size);
    message_.add_data_name(Text(symbol.name));
    message_.add_data_kind(static_cast<v1::DataSymbolKind>(symbol.kind));
    EndOfSymbol();
  }

  void End() {
    if (symbols_ == 0) return;
    write_(message_.SerializeAsString());
    Begin();
  }

 private:
  void Begin() {
    message_.Clear();
    texts_.clear();
    bytes_ = symbols_ = 0;
    code_offset_ = data_offset_ = 0;
    message_.set_path(Text(path_));
    message_.set_build_id(Text(build_id_));
    message_.set_first_mapped_offset(first_mapped_offset_);
    message_.set_pid(pid_);
  }

  static std::size_t TextBytes(const std::string& text) {
    return std::min(text.size(), kMaxOneSymbolTextBytes);
  }

  // What a reader would refuse is left out.
  bool Take(std::size_t symbols, std::size_t text_bytes) {
    if (symbols > allowance_.symbols || text_bytes > allowance_.text_bytes) return false;
    allowance_.symbols -= symbols;
    allowance_.text_bytes -= text_bytes;
    return true;
  }

  std::uint32_t Text(const std::string& whole) {
    if (whole.empty()) return 0;
    std::string text = whole.substr(0, kMaxOneSymbolTextBytes);
    const auto [entry, is_new] =
        texts_.try_emplace(std::move(text), static_cast<std::uint32_t>(texts_.size() + 1));
    if (is_new) {
      message_.add_text(entry->first);
      bytes_ += entry->first.size() + 4;
    }
    return entry->second;
  }

  void EndOfSymbol() {
    ++symbols_;
    bytes_ += 24;  // the most the columns of one symbol take, without its frames
    if (bytes_ >= kFullBytes) End();
  }

  const WriteSymbols& write_;
  SymbolAllowance& allowance_;
  std::string path_;
  std::string build_id_;
  std::uint64_t first_mapped_offset_;
  std::int32_t pid_;
  v1::Symbols message_;
  std::unordered_map<std::string, std::uint32_t> texts_;
  std::size_t bytes_ = 0;
  std::size_t symbols_ = 0;
  std::uint64_t code_offset_ = 0;
  std::uint64_t data_offset_ = 0;
};

absl::Status CheckLength(std::string_view column, int size, int expected) {
  if (size == expected) return absl::OkStatus();
  return WrongLength(column, static_cast<std::size_t>(size), static_cast<std::size_t>(expected));
}

// Reads one message.
class Decoder {
 public:
  explicit Decoder(SymbolAllowance& allowance) : allowance_(allowance) {}

  absl::Status Parse(std::string_view bytes) {
    RETURN_IF_ERROR(ParseMessage(bytes, kMaxChunkBytes, message_));
    const int places = message_.code_offset_delta_size();
    const int frames = message_.frame_function_size();
    const int parts = message_.data_offset_delta_size();
    const auto symbols = static_cast<std::size_t>(frames) + static_cast<std::size_t>(parts);
    if (symbols > allowance_.symbols) return TooMuch();
    allowance_.symbols -= symbols;
    RETURN_IF_ERROR(CheckUniform("code_frames", message_.code_frames_size(), places));
    RETURN_IF_ERROR(CheckUniform("frame_file", message_.frame_file_size(), frames));
    RETURN_IF_ERROR(CheckUniform("frame_line", message_.frame_line_size(), frames));
    RETURN_IF_ERROR(CheckLength("data_bytes", message_.data_bytes_size(), parts));
    RETURN_IF_ERROR(CheckLength("data_name", message_.data_name_size(), parts));
    return CheckUniform("data_kind", message_.data_kind_size(), parts);
  }

  [[nodiscard]] const v1::Symbols& message() const { return message_; }

  absl::Status Text(std::uint32_t id, std::string& to) {
    if (id > static_cast<std::uint32_t>(message_.text_size())) {
      return absl::DataLossError(
          fmt::format("names text {} of the {} it has", id, message_.text_size()));
    }
    if (id == 0) return absl::OkStatus();
    const std::string& text = message_.text(static_cast<int>(id - 1));
    if (text.size() > kMaxOneSymbolTextBytes) {
      return absl::DataLossError(fmt::format("has a name of {} bytes", text.size()));
    }
    if (text.size() > allowance_.text_bytes) return TooMuch();
    allowance_.text_bytes -= text.size();
    to = text;
    return absl::OkStatus();
  }

  static absl::Status TooMuch() {
    return absl::DataLossError("has more symbols than a trace can have");
  }

  absl::Status ReadCode(std::vector<CodeSymbol>& code) {
    const UniformReader<std::uint32_t> counts(message_.code_frames());
    const UniformReader<std::uint32_t> files(message_.frame_file());
    const UniformReader<std::uint32_t> lines(message_.frame_line());
    const auto all = static_cast<std::size_t>(message_.frame_function_size());
    std::uint64_t offset = 0;
    std::size_t frame = 0;
    for (int i = 0; i < message_.code_offset_delta_size(); ++i) {
      offset += static_cast<std::uint64_t>(message_.code_offset_delta(i));
      const std::size_t count = counts[static_cast<std::size_t>(i)];
      if (count > all - frame || count > kMaxFrames) {
        return absl::DataLossError("has fewer frames than it says");
      }
      CodeSymbol symbol{.offset = offset};
      for (const std::size_t end = frame + count; frame < end; ++frame) {
        CodeFrame& read = symbol.frames.emplace_back();
        RETURN_IF_ERROR(Text(message_.frame_function(static_cast<int>(frame)), read.function));
        RETURN_IF_ERROR(Text(files[frame], read.file));
        read.line = lines[frame];
      }
      if (symbol.frames.empty()) return absl::DataLossError("has a place in code without a name");
      if (!code.empty() && symbol.offset <= code.back().offset) {
        return absl::DataLossError("has places in code that are not in ascending order");
      }
      code.push_back(std::move(symbol));
    }
    if (frame != all) return absl::DataLossError("has more frames than it says");
    return absl::OkStatus();
  }

  absl::Status ReadData(std::vector<DataSymbol>& data) {
    const UniformReader<int> kinds(message_.data_kind());
    std::uint64_t offset = 0;
    for (int i = 0; i < message_.data_offset_delta_size(); ++i) {
      offset += static_cast<std::uint64_t>(message_.data_offset_delta(i));
      DataSymbol symbol{.offset = offset, .size = message_.data_bytes(i)};
      RETURN_IF_ERROR(Text(message_.data_name(i), symbol.name));
      symbol.kind = kinds[static_cast<std::size_t>(i)] == v1::DATA_SYMBOL_KIND_SECTION
                        ? DataSymbol::Kind::kSection
                        : DataSymbol::Kind::kObject;
      if (!data.empty() && symbol.offset < data.back().offset) {
        return absl::DataLossError("has parts of data that are not in ascending order");
      }
      data.push_back(std::move(symbol));
    }
    return absl::OkStatus();
  }

 private:
  static absl::Status CheckUniform(std::string_view column, int size, int expected) {
    if (size == 0 || size == 1) return absl::OkStatus();
    return CheckLength(column, size, expected);
  }

  SymbolAllowance& allowance_;
  v1::Symbols message_;
};

}  // namespace

void EncodeSymbols(const ModuleSymbols& symbols, SymbolAllowance& allowance,
                   const WriteSymbols& write) {
  Encoder encoder(write, allowance, symbols.path, symbols.build_id, symbols.first_mapped_offset, 0);
  for (const CodeSymbol& symbol : symbols.code) encoder.Add(symbol);
  for (const DataSymbol& symbol : symbols.data) encoder.Add(symbol);
  encoder.End();
}

void EncodeSymbols(const ProcessSymbols& symbols, SymbolAllowance& allowance,
                   const WriteSymbols& write) {
  Encoder encoder(write, allowance, {}, {}, 0, symbols.pid);
  for (const CodeSymbol& symbol : symbols.code) encoder.Add(symbol);
  encoder.End();
}

absl::Status SymbolStore::Take(std::string_view bytes) {
  Decoder decoder(allowance_);
  RETURN_IF_ERROR(decoder.Parse(bytes));
  const v1::Symbols& message = decoder.message();
  if (message.pid() != 0) {
    ProcessSymbols& process = symbols_.processes[message.pid()];
    process.pid = message.pid();
    return decoder.ReadCode(process.code);
  }
  std::pair<std::string, std::string> key;
  RETURN_IF_ERROR(decoder.Text(message.path(), key.first));
  RETURN_IF_ERROR(decoder.Text(message.build_id(), key.second));
  ModuleSymbols& module = symbols_.modules[key];
  module.path = key.first;
  module.build_id = key.second;
  module.first_mapped_offset = message.first_mapped_offset();
  RETURN_IF_ERROR(decoder.ReadCode(module.code));
  return decoder.ReadData(module.data);
}

}  // namespace heimdallr::trace
