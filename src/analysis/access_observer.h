// Seeing each access together with what it was joined with.
#pragma once

#include <cstdint>

#include "analysis/access_quantities.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

struct Object;

/// Why an access belongs to no object.
enum class Unmatched : std::uint8_t {
  kNone = 0,
  kProcessUnknown = 1,  ///< of a process whose start is not in the trace, or that has ended
  kNullPage = 2,        ///< below what can be mapped
  kNotMapped = 3,       ///< where nothing is known to be
  kBetweenBlocks = 4,   ///< in the heap, in no live block: freed, or the allocator's own
};
inline constexpr std::size_t kUnmatchedReasons =
    static_cast<std::size_t>(Unmatched::kBetweenBlocks) + 1;

/// What an access or a fault was joined with.
struct Joined {
  std::uint32_t instruction = 0;  ///< index into CodeStatistics::instructions
  std::uint64_t object = 0;       ///< Object::number; 0 = none, for the reason
  Unmatched reason = Unmatched::kNone;
  std::uint32_t group = 0;  ///< index into ObjectTable::groups; 0 when there is no object
};

/// Told of objects of which nothing more will be heard.
class ObjectObserver {
 public:
  virtual ~ObjectObserver() = default;

  /// Each object that was accessed, once; those that are there until the end, at the end. Every
  /// access to it came before.
  virtual void OnObject(const Object& object) = 0;
  /// Each heap block and mapping of the program that was never accessed, when it ends, or at the
  /// end. Its number is 0.
  virtual void OnQuietObject(const Object& /*object*/) {}
};

/// Told by an AccessProfile what it finds, while the trace is read.
class AccessObserver : public ObjectObserver {
 public:
  /// Each access, in the order of the records. It comes late by some records, up to some ten
  /// thousand, where the object is decided by what follows.
  virtual void OnAccess(const AccessRecord& record, const AccessShare& share,
                        const Joined& joined) = 0;
  /// Each page fault, in the order of the records, but not as late as accesses.
  virtual void OnFault(const FaultRecord& record, const Joined& joined) = 0;
};

}  // namespace heimdallr::analysis
