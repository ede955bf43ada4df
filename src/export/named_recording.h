// A recording being read, its accesses joined with objects and code, all of it named.
#pragma once

#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_profile.h"
#include "analysis/code_names.h"
#include "analysis/record_source.h"
#include "export/named_places.h"
#include "export/words.h"
#include "heimdallr/records.h"

namespace heimdallr::exports {

/// What the objects of one group have in common. Texts are numbers of Words; 0 = none.
struct NamedGroup {
  std::uint32_t type = 0;
  std::uint32_t name = 0;
  std::uint32_t call = 0;      ///< of heap blocks and mappings: which function was called
  std::uint32_t function = 0;  ///< of these: who called it
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::uint32_t module = 0;
};

/// Feeds an AccessProfile and names what its observer is told of, at that moment or later. Memory
/// is that of the profile and of the names. Not thread-safe.
class NamedRecording {
 public:
  /// `source` and `observer`, which may be nullptr, outlive it.
  NamedRecording(analysis::RecordSource& source, analysis::AccessObserver* observer);
  NamedRecording(const NamedRecording&) = delete;
  NamedRecording& operator=(const NamedRecording&) = delete;

  void Add(const Record& record);
  /// After the last record.
  void Finish() { profile_.Finish(); }

  /// By Joined::instruction.
  [[nodiscard]] const NamedPlace& instruction(std::uint32_t index);
  [[nodiscard]] std::uint32_t instruction_place(std::uint32_t index);
  /// By Joined::group and Object::group.
  [[nodiscard]] const NamedGroup& group(std::uint32_t index);
  /// Name of a thread, else of its process, now; a number of Words, 0 = not known.
  [[nodiscard]] std::uint32_t ThreadName(std::int32_t pid, std::int32_t tid) const;
  [[nodiscard]] std::uint32_t ProcessName(std::int32_t pid) const;

  [[nodiscard]] Words& words() { return words_; }
  [[nodiscard]] NamedPlaces& places() { return places_; }
  [[nodiscard]] const analysis::CodeNames& names() const { return names_; }
  [[nodiscard]] const analysis::AccessProfile& profile() const { return profile_; }

 private:
  static constexpr std::uint32_t kUnnamed = 0xffffffff;

  void Note(const ProcessRecord& record);
  void Note(const ThreadRecord& record);

  Words words_;
  analysis::AccessProfile profile_;
  analysis::CodeNames names_;
  NamedPlaces places_;
  std::vector<std::uint32_t> instructions_;                         // numbers of places_
  std::vector<NamedGroup> groups_;                                  // type 0: not named yet
  absl::flat_hash_map<std::int32_t, std::uint32_t> process_names_;  // by pid
  absl::flat_hash_map<std::int32_t, std::uint32_t> thread_names_;   // by tid
};

}  // namespace heimdallr::exports
