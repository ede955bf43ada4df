#include "trace/round_index.h"

namespace heimdallr::trace {

void RoundIndex::Add(const RoundEntry& round) {
  if (!entries_.empty() && rounds_in_last_ < rounds_per_entry_) {
    entries_.back().Cover(round.first_time_ns, round.last_time_ns, round.records);
    ++rounds_in_last_;
    return;
  }
  if (entries_.size() == kMaxEntries) {
    for (std::size_t i = 0; i < kMaxEntries / 2; ++i) {
      const RoundEntry& second = entries_[2 * i + 1];
      entries_[i] = entries_[2 * i];
      entries_[i].Cover(second.first_time_ns, second.last_time_ns, second.records);
    }
    entries_.resize(kMaxEntries / 2);
    rounds_per_entry_ *= 2;
  }
  entries_.push_back(round);
  rounds_in_last_ = 1;
}

}  // namespace heimdallr::trace
