#include "export/perfetto_heap.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "analysis/names.h"
#include "base/printable.h"

namespace heimdallr::exports {
namespace {

// A packet is built whole, so it ends with so many samples, or bytes of stacks and names.
constexpr std::size_t kSamplesAPacket = 10'000;
constexpr std::size_t kInternedBytesAPacket = 1 << 20;

struct Sum {
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;
  std::uint64_t live_blocks = 0;
  std::uint64_t live_bytes = 0;

  void Add(const AllocationStack& stack) {
    allocations += stack.allocations;
    bytes += stack.bytes;
    live_blocks += stack.live_blocks;
    live_bytes += stack.live_bytes;
  }
};

// Sends what stacks refer to once, before the packet that refers to it. Ids are from 1.
class InternedStacks {
 public:
  explicit InternedStacks(StackProfile& stacks) : stacks_(stacks), recording_(stacks.recording()) {}

  /// Bytes of stacks and names sent so far, about.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  std::uint64_t CallstackId(std::uint32_t chain, perfetto::InternedData& data) {
    const std::uint64_t id = std::uint64_t{chain} + 1;
    if (!sent_chains_.insert(chain).second) return id;
    std::vector<std::uint64_t> frames;
    const auto places = stacks_.chain(chain);
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      for (const std::uint64_t frame : FramesOf(*place, data)) frames.push_back(frame);
    }
    perfetto::Callstack* callstack = data.add_callstacks();
    callstack->set_iid(id);
    for (const std::uint64_t frame : frames) callstack->add_frame_ids(frame);
    bytes_ += frames.size() * sizeof(std::uint64_t);
    return id;
  }

 private:
  // Outermost first, as a place has inlined functions.
  const std::vector<std::uint64_t>& FramesOf(std::uint32_t number, perfetto::InternedData& data) {
    std::vector<std::uint64_t>& frames = frames_[number];
    if (!frames.empty()) return frames;
    const NamedPlace& place = recording_.places()[number];
    const std::uint64_t mapping = MappingId(place.place.module, data);
    for (auto line = place.lines.rbegin(); line != place.lines.rend(); ++line) {
      const std::uint64_t function = NameId(line->function, data);
      perfetto::Frame* frame = data.add_frames();
      frame->set_iid(++last_frame_);
      frame->set_function_name_id(function);
      frame->set_mapping_id(mapping);
      frame->set_rel_pc(place.place.offset);
      frames.push_back(last_frame_);
    }
    return frames;
  }

  std::uint64_t NameId(std::uint32_t word, perfetto::InternedData& data) {
    const std::uint64_t id = std::uint64_t{word} + 1;
    if (sent_names_.insert(word).second) {
      perfetto::InternedString* name = data.add_function_names();
      name->set_iid(id);
      name->set_str(recording_.words().text(word));
      bytes_ += name->str().size();
    }
    return id;
  }

  // Code in no file has a mapping as well, without a path.
  std::uint64_t MappingId(std::uint32_t module, perfetto::InternedData& data) {
    const std::uint64_t id = std::uint64_t{module} + 1;
    if (!sent_modules_.insert(module).second) return id;
    perfetto::Mapping* mapping = data.add_mappings();
    mapping->set_iid(id);
    if (module == 0) return id;
    const analysis::Module& file = recording_.profile().modules().module(module);
    const ModuleExtent extent = stacks_.ExtentOf(file).value_or(ModuleExtent{});
    mapping->set_build_id(id);
    mapping->set_start(extent.address);
    mapping->set_end(extent.address + extent.size);
    mapping->set_exact_offset(extent.offset);
    mapping->add_path_string_ids(id);
    perfetto::InternedString* build_id = data.add_build_ids();
    build_id->set_iid(id);
    build_id->set_str(file.build_id);
    perfetto::InternedString* path = data.add_mapping_paths();
    path->set_iid(id);
    path->set_str(base::Printable(file.path));
    return id;
  }

  StackProfile& stacks_;
  NamedRecording& recording_;
  absl::flat_hash_set<std::uint32_t> sent_chains_;
  absl::flat_hash_set<std::uint32_t> sent_names_;
  absl::flat_hash_set<std::uint32_t> sent_modules_;
  absl::flat_hash_map<std::uint32_t, std::vector<std::uint64_t>> frames_;  // by place
  std::uint64_t last_frame_ = 0;
  std::size_t bytes_ = 0;
};

using Stacks = std::vector<const AllocationStack*>;

// What the heap gave, by process and chain.
Stacks HeapStacks(const StackProfile& profile) {
  Stacks stacks;
  for (const AllocationStack& stack : profile.allocations()) {
    if (!analysis::MapsMemory(stack.call)) stacks.push_back(&stack);
  }
  std::ranges::sort(
      stacks, {}, [](const AllocationStack* stack) { return std::pair(stack->pid, stack->chain); });
  return stacks;
}

// Of a selected time, more may be live at its end than was allocated in it.
void Fill(const Sum& sum, perfetto::ProfilePacket::HeapSample& sample) {
  const std::uint64_t bytes = std::max(sum.bytes, sum.live_bytes);
  const std::uint64_t count = std::max(sum.allocations, sum.live_blocks);
  sample.set_self_allocated(bytes);
  sample.set_self_freed(bytes - sum.live_bytes);
  sample.set_alloc_count(count);
  sample.set_free_count(count - sum.live_blocks);
}

// Adds samples of one process from `at` on, as many as a packet may have. Returns the rest.
Stacks::const_iterator FillDump(Stacks::const_iterator at, Stacks::const_iterator end,
                                InternedStacks& interned, perfetto::InternedData& data,
                                perfetto::ProfilePacket::ProcessHeapSamples& dump) {
  const std::int32_t pid = (*at)->pid;
  const std::size_t bytes_before = interned.bytes();
  for (std::size_t i = 0; i < kSamplesAPacket && at != end && (*at)->pid == pid; ++i) {
    const std::uint32_t chain = (*at)->chain;
    Sum sum;
    for (; at != end && (*at)->pid == pid && (*at)->chain == chain; ++at) sum.Add(**at);
    auto* sample = dump.add_samples();
    sample->set_callstack_id(interned.CallstackId(chain, data));
    Fill(sum, *sample);
    if (interned.bytes() - bytes_before >= kInternedBytesAPacket) break;
  }
  return at;
}

}  // namespace

void WriteHeapProfile(StackProfile& stacks, std::uint64_t timestamp_ns, PerfettoPackets& packets) {
  const Stacks sorted = HeapStacks(stacks);
  InternedStacks interned(stacks);
  std::uint64_t index = 0;
  for (auto at = sorted.begin(); at != sorted.end();) {
    const std::int32_t pid = (*at)->pid;
    perfetto::TracePacket& packet = packets.Next(timestamp_ns);
    perfetto::ProfilePacket& profile = *packet.mutable_profile_packet();
    profile.set_index(index++);
    auto* dump = profile.add_process_dumps();
    dump->set_pid(static_cast<std::uint64_t>(pid));
    dump->set_from_startup(true);
    dump->set_timestamp(timestamp_ns);
    at = FillDump(at, sorted.end(), interned, *packet.mutable_interned_data(), *dump);
    profile.set_continued(at != sorted.end() && (*at)->pid == pid);
    if (!packets.Flush().ok()) return;
  }
}

}  // namespace heimdallr::exports
