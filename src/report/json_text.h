// JSON that may stand inside a script element.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace heimdallr::report {

/// Writes objects and arrays to a string it borrows. Keys are literals that need no escape. The
/// caller balances what it begins; commas come by themselves.
class JsonText {
 public:
  explicit JsonText(std::string& out) : out_(out) {}

  void BeginObject() { Begin('{'); }
  void BeginObject(std::string_view key) { Begin(key, '{'); }
  void EndObject() { End('}'); }
  void BeginArray() { Begin('['); }
  void BeginArray(std::string_view key) { Begin(key, '['); }
  void EndArray() { End(']'); }

  template <typename Value>
  void Member(std::string_view key, const Value& value) {
    Key(key);
    Append(value);
  }
  void Null(std::string_view key) {
    Key(key);
    out_ += "null";
  }
  template <typename Value>
  void Element(const Value& value) {
    Comma();
    Append(value);
  }

  /// An array of `of(row)` for each row.
  template <typename Rows, typename Projection>
  void Column(std::string_view key, const Rows& rows, Projection&& of) {
    BeginArray(key);
    for (const auto& row : rows) Element(of(row));
    EndArray();
  }
  template <typename Values>
  void Column(std::string_view key, const Values& values) {
    Column(key, values, [](const auto& value) { return value; });
  }

 private:
  void Comma() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }
  void Key(std::string_view key);
  void Begin(char bracket) {
    Comma();
    out_.push_back(bracket);
    first_ = true;
  }
  void Begin(std::string_view key, char bracket) {
    Key(key);
    out_.push_back(bracket);
    first_ = true;
  }
  void End(char bracket) {
    out_.push_back(bracket);
    first_ = false;
  }

  template <std::unsigned_integral Value>
  requires(!std::same_as<Value, bool>) void Append(Value value) {
    AppendNumber(std::uint64_t{value});
  }
  template <std::signed_integral Value>
  void Append(Value value) {
    AppendNumber(std::int64_t{value});
  }
  void Append(bool value) { out_ += value ? "true" : "false"; }
  void Append(double value);
  void Append(float value) { Append(double{value}); }
  /// Any bytes: see PlainText.
  void Append(std::string_view text);
  void Append(const std::string& text) { Append(std::string_view(text)); }
  void Append(const char* text) { Append(std::string_view(text)); }
  void AppendNumber(std::uint64_t value);
  void AppendNumber(std::int64_t value);

  std::string& out_;
  bool first_ = true;
};

/// "0x7f..": JSON numbers above 2^53 are not read exactly everywhere.
[[nodiscard]] std::string AddressText(std::uint64_t address);

}  // namespace heimdallr::report
