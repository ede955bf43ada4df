// JSON, appended to a buffer without detours: a trace makes millions of lines.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace heimdallr::cli {

/// Writes objects and arrays. It borrows the buffer. Keys are string literals that need no escape.
/// The caller balances what it begins; commas come by themselves.
class JsonWriter {
 public:
  explicit JsonWriter(fmt::memory_buffer& out) : out_(out) {}

  void BeginObject() { Begin('{'); }
  void BeginObject(std::string_view key) { BeginNamed(key, '{'); }
  void EndObject() { out_.push_back('}'); }
  void BeginArray(std::string_view key) { BeginNamed(key, '['); }
  void EndArray() { out_.push_back(']'); }

  template <std::integral Value>
  void Number(std::string_view key, Value value) {
    Key(key);
    const fmt::format_int text(value);
    out_.append(text.data(), text.data() + text.size());
  }
  void Bool(std::string_view key, bool value) {
    Key(key);
    Append(value ? "true" : "false");
  }
  void Float(std::string_view key, float value);
  void Double(std::string_view key, double value);

  /// Arbitrary bytes. What is not valid UTF-8, and control characters, become \u00XX of the byte.
  void String(std::string_view key, std::string_view bytes);
  /// `text` is known to need no escape.
  void Literal(std::string_view key, std::string_view text) {
    Key(key);
    out_.push_back('"');
    Append(text);
    out_.push_back('"');
  }
  /// "0x..." as a string: JSON numbers above 2^53 are not read exactly everywhere.
  void Address(std::string_view key, std::uint64_t address) {
    Key(key);
    AppendAddress(address);
  }
  void HexBytes(std::string_view key, std::string_view bytes);

  // Elements of an array.
  void StringElement(std::string_view bytes);
  void AddressElement(std::uint64_t address);
  void NumberElement(std::uint64_t value);

 private:
  void Append(std::string_view text) { out_.append(text.data(), text.data() + text.size()); }
  void Begin(char bracket) {
    Comma();
    out_.push_back(bracket);
  }
  void BeginNamed(std::string_view key, char bracket) {
    Key(key);
    out_.push_back(bracket);
  }
  // Nothing but a bracket or the end of the line before can precede a first member.
  void Comma() {
    if (out_.size() == 0) return;
    const char last = out_[out_.size() - 1];
    if (last != '{' && last != '[' && last != '\n') out_.push_back(',');
  }
  void Key(std::string_view key) {
    Comma();
    out_.push_back('"');
    Append(key);
    Append("\":");
  }
  void AppendAddress(std::uint64_t address);
  void AppendString(std::string_view bytes);

  fmt::memory_buffer& out_;
};

}  // namespace heimdallr::cli
