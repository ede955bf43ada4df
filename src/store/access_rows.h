// Accesses and page faults, with what they were joined with.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include "analysis/access_observer.h"
#include "analysis/access_profile.h"
#include "analysis/object_table.h"
#include "store/heat_cells.h"
#include "store/place_rows.h"
#include "store/table_writer.h"
#include "store/thread_rows.h"

namespace heimdallr::store {

/// Fills accesses, access_forms, faults and objects of one repetition, as an AccessProfile tells of
/// them. Not thread-safe.
class AccessRows : public analysis::AccessObserver {
 public:
  /// `threads` must outlive this object.
  [[nodiscard]] static absl::StatusOr<AccessRows> Create(Connection& connection,
                                                         std::int64_t repetition,
                                                         std::uint64_t page_bytes,
                                                         ThreadRows& threads);

  /// Call before the first record; both must outlive this object.
  void Begin(const analysis::AccessProfile& profile, PlaceRows& places) {
    profile_ = &profile;
    places_ = &places;
  }

  /// The next access the profile is given has this id; so has the next fault.
  void Expect(const AccessRecord& /*record*/, std::int64_t id) { access_ids_.push_back(id); }
  void Expect(const FaultRecord& /*record*/, std::int64_t id) { fault_id_ = id; }

  void OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                const analysis::Joined& joined) override;
  void OnFault(const FaultRecord& record, const analysis::Joined& joined) override;
  void OnObject(const analysis::Object& object) override;

  /// Writes what is still held.
  void Flush();

  /// Row of the group with index 0 in the profile's table.
  [[nodiscard]] std::int64_t first_group() const { return first_group_; }
  [[nodiscard]] const HeatCells& heat() const { return heat_; }

 private:
  using AccessWriter = BulkWriter<10, 4>;
  using FaultWriter = BulkWriter<9, 4>;
  struct Tables {
    AccessWriter accesses;
    FaultWriter faults;
    TableWriter forms;
    TableWriter objects;
  };
  struct FirstIds {
    std::int64_t form = 1;
    std::int64_t object = 1;
    std::int64_t group = 1;
  };
  struct Form {
    std::uint64_t period = 0;
    std::uint64_t data_source = 0;
    double time_ns = 0;
    float weight = 0;
    std::uint16_t size = 0;
    std::uint8_t stream = 0;
    AccessKind kind = AccessKind::kUnknown;
    bool direct = false;
    analysis::Unmatched unmatched = analysis::Unmatched::kNone;

    friend bool operator==(const Form&, const Form&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Form& f) {
      return H::combine(std::move(h), f.period, f.data_source, f.time_ns, f.weight, f.size,
                        f.stream, f.kind, f.direct, f.unmatched);
    }
  };
  struct SeenCode {
    std::uint64_t address = 0;
    std::int64_t id = 0;  // 0 = none yet
  };
  // Real traces have some thousands of forms. Damaged ones may have any number: then there are
  // several rows of one.
  static constexpr std::size_t kMostForms = 1 << 20;

  AccessRows(std::int64_t repetition, std::uint64_t page_bytes, ThreadRows& threads, Tables tables,
             FirstIds first)
      : repetition_(repetition),
        threads_(threads),
        tables_(std::move(tables)),
        next_form_(first.form),
        objects_before_(first.object - 1),
        first_group_(first.group),
        heat_(page_bytes) {}

  std::int64_t CodeOf(std::uint32_t instruction, std::uint64_t address);
  std::int64_t FormOf(const AccessRecord& record, const analysis::AccessShare& share,
                      analysis::Unmatched unmatched);
  [[nodiscard]] std::int64_t ObjectOf(const analysis::Joined& joined) const {
    return joined.object == 0 ? 0 : objects_before_ + static_cast<std::int64_t>(joined.object);
  }

  std::int64_t repetition_;
  ThreadRows& threads_;
  Tables tables_;
  std::int64_t next_form_;
  std::int64_t objects_before_;  // the id of object n is n more
  std::int64_t first_group_;
  const analysis::AccessProfile* profile_ = nullptr;
  PlaceRows* places_ = nullptr;
  std::deque<std::int64_t> access_ids_;  // of those the profile has not told of yet
  std::int64_t fault_id_ = 0;
  std::vector<SeenCode> code_;  // by instruction: the address seen last
  absl::flat_hash_map<Form, std::int64_t> forms_;
  HeatCells heat_;
};

}  // namespace heimdallr::store
