// What rows of records refer to by small numbers, read into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "heimdallr/symbols.h"
#include "store/connection.h"
#include "store/statement.h"

namespace heimdallr::store {

/// "database 'x' is damaged: `what`. Convert the trace again".
[[nodiscard]] absl::Status Damaged(const Connection& connection, std::string_view what);

/// Values by ids without gaps, as one conversion gives them.
template <typename Value>
class DenseRows {
 public:
  /// False if `id` does not follow the one before.
  [[nodiscard]] bool Add(std::int64_t id, Value value) {
    if (values_.empty()) first_ = id;
    if (static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(first_) != values_.size()) {
      return false;
    }
    values_.push_back(std::move(value));
    return true;
  }
  /// nullptr if there is none with this id.
  [[nodiscard]] const Value* Find(std::int64_t id) const {
    const std::uint64_t index = static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(first_);
    return index < values_.size() ? &values_[index] : nullptr;
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  std::int64_t first_ = 0;
  std::vector<Value> values_;
};

struct StoredThread {
  std::int32_t pid = 0;
  std::int32_t tid = 0;
};

struct StoredForm {
  std::uint64_t period = 0;
  std::uint64_t data_source = 0;
  float weight = 0;
  std::uint16_t size = 0;
  std::uint8_t stream = 0;
  AccessKind kind = AccessKind::kUnknown;
  bool direct = true;
};

struct StoredModule {
  std::string path;
  std::string build_id;
};

/// Of one repetition. Memory is bounded: what a trace cannot have is DataLoss.
class Dictionaries {
 public:
  [[nodiscard]] static absl::StatusOr<Dictionaries> Read(Connection& connection,
                                                         std::int64_t repetition);

  [[nodiscard]] const DenseRows<StoredThread>& threads() const { return threads_; }
  [[nodiscard]] const DenseRows<StoredForm>& forms() const { return forms_; }
  [[nodiscard]] const DenseRows<StoredModule>& modules() const { return modules_; }
  /// Addresses by `code.id`.
  [[nodiscard]] const DenseRows<std::uint64_t>& code() const { return code_; }
  /// Empty for a stack that is not there.
  [[nodiscard]] std::span<const std::uint64_t> Stack(std::uint32_t id) const;

 private:
  struct Frames {
    std::size_t first = 0;
    std::size_t count = 0;
  };

  absl::Status ReadThreads(Connection& connection, std::int64_t repetition);
  absl::Status ReadForms(Connection& connection, std::int64_t repetition);
  absl::Status ReadModules(Connection& connection, std::int64_t repetition);
  absl::Status ReadCode(Connection& connection, std::int64_t repetition);
  absl::Status ReadStacks(Connection& connection, std::int64_t repetition);

  DenseRows<StoredThread> threads_;
  DenseRows<StoredForm> forms_;
  DenseRows<StoredModule> modules_;
  DenseRows<std::uint64_t> code_;
  std::vector<std::uint64_t> frames_;
  absl::flat_hash_map<std::uint32_t, Frames> stacks_;
};

/// Names of code and data of one repetition.
[[nodiscard]] absl::StatusOr<Symbols> ReadSymbols(Connection& connection, std::int64_t repetition);

}  // namespace heimdallr::store
