#include "report/chunk_store.h"

namespace heimdallr::report {

void ChunkStore::Flush() {
  if (pending_.empty()) return;
  EncodedChunk chunk = Encode(pending_, planes_, least_time_unit_ns_);
  pending_.clear();
  count_ += chunk.info.count;
  infos_.push_back(chunk.info);
  offsets_.push_back(file_.size());
  if (status_.ok()) status_ = file_.Append(chunk.gzip);
}

absl::Status ChunkStore::Finish() {
  Flush();
  pending_ = {};
  return status_;
}

absl::StatusOr<std::string> ChunkStore::Read(std::size_t chunk) const {
  if (chunk >= infos_.size()) return absl::NotFoundError("there is no such chunk of samples");
  const std::uint64_t end = chunk + 1 < offsets_.size() ? offsets_[chunk + 1] : file_.size();
  return file_.Read(offsets_[chunk], end - offsets_[chunk]);
}

}  // namespace heimdallr::report
