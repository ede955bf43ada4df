// A producer that follows abi.h, in the process of the test.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "channel/abi.h"
#include "channel/channel.h"

namespace heimdallr::test {

/// The channel as a workload sees it: mapped whole from its path.
class MappedChannel {
 public:
  explicit MappedChannel(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct stat status {};
    fstat(fd, &status);
    bytes_ = static_cast<std::size_t>(status.st_size);
    memory_ = static_cast<std::byte*>(
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0));
    close(fd);
  }
  ~MappedChannel() { munmap(memory_, bytes_); }
  MappedChannel(const MappedChannel&) = delete;
  MappedChannel& operator=(const MappedChannel&) = delete;

  [[nodiscard]] channel::ChannelHeader& header() const {
    return *reinterpret_cast<channel::ChannelHeader*>(memory_);
  }
  [[nodiscard]] channel::RingControl& control(std::uint32_t ring) const {
    return reinterpret_cast<channel::RingControl*>(memory_ + channel::kControlOffset)[ring];
  }
  [[nodiscard]] channel::EventRecord& slot(std::uint32_t ring, std::uint64_t number) const {
    auto* const slots = reinterpret_cast<channel::EventRecord*>(memory_ + header().rings_offset +
                                                                ring * header().ring_stride);
    return slots[number & (header().ring_records - 1)];
  }
  [[nodiscard]] std::uint32_t state(std::uint32_t ring) const { return control(ring).state.load(); }

 private:
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

/// One thread of a workload with its ring.
class FakeProducer {
 public:
  FakeProducer(const MappedChannel& shared, std::uint32_t ring, std::int32_t pid, std::int32_t tid,
               std::uint64_t image)
      : shared_(shared), ring_(ring) {
    auto& control = shared.control(ring);
    control.state.store(static_cast<std::uint32_t>(channel::RingState::kClaimed));
    control.pid = pid;
    control.tid = tid;
    control.image = image;
    cursor_ = control.tail.load();
  }

  [[nodiscard]] bool HasRoom() const {
    return cursor_ < shared_.control(ring_).tail.load() + shared_.header().ring_records;
  }
  std::uint64_t Reserve() { return cursor_++; }
  void Commit(std::uint64_t number, std::uint8_t code, std::uint64_t value) {
    channel::EventRecord& slot = shared_.slot(ring_, number);
    slot.time = value;
    slot.address = value * 16;
    slot.size = value + 1;
    std::atomic_ref(slot.tag).store(
        channel::MakeTag(channel::EventCode{code}, value,
                         channel::CommitPhase(number, shared_.header().ring_records)),
        std::memory_order_release);
  }
  void Emit(std::uint64_t value, std::uint8_t code = 1) { Commit(Reserve(), code, value); }
  void Retire() {
    shared_.control(ring_).state.store(static_cast<std::uint32_t>(channel::RingState::kRetired));
  }
  [[nodiscard]] std::uint64_t cursor() const { return cursor_; }

 private:
  const MappedChannel& shared_;
  std::uint32_t ring_;
  std::uint64_t cursor_ = 0;
};

/// Keeps what was delivered: the `time` of each event, by owner.
class KeepingSink : public channel::EventSink {
 public:
  struct Owner {
    channel::RingOwner name;
    std::vector<std::uint64_t> values;
    std::size_t batches = 0;
    bool gone = false;
  };

  void OnEvents(const channel::RingOwner& owner,
                std::span<const channel::EventRecord> events) override {
    Owner& kept = At(owner);
    ++kept.batches;
    if (kept.gone) ++after_end;
    for (const channel::EventRecord& event : events) {
      kept.values.push_back(event.time);
      if (event.address != event.time * 16 || event.size != event.time + 1) ++torn;
    }
  }
  void OnOwnerGone(const channel::RingOwner& owner) override {
    At(owner).gone = true;
    At(owner).name = owner;
  }

  std::vector<Owner> owners;  // in the order of their numbers
  std::size_t torn = 0;
  std::size_t after_end = 0;

 private:
  Owner& At(const channel::RingOwner& owner) {
    if (owners.size() < owner.owner) owners.resize(owner.owner);
    Owner& kept = owners[owner.owner - 1];
    if (kept.name.owner == 0) kept.name = owner;
    return kept;
  }
};

}  // namespace heimdallr::test
