#include "cli/record_text.h"

#include <iterator>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/compile.h>

#include "analysis/memory_operation.h"
#include "analysis/names.h"
#include "base/printable.h"
#include "cli/plain_text.h"

namespace heimdallr::cli {
namespace {

using analysis::Name;

std::string_view Words(AccessKind kind) {
  if (kind == AccessKind::kUnknown) return "access";
  return kind == AccessKind::kLoadStore ? "load+store" : Name(kind);
}

// Writes one record; the line end is the caller's.
class RecordText {
 public:
  RecordText(const RecordContext& context, fmt::memory_buffer& out)
      : context_(context), out_(std::back_inserter(out)) {}

  void operator()(const AccessRecord& r) {
    Head(r.time_ns, r.pid, r.tid, Words(r.kind));
    if (r.size != 0) Put(FMT_COMPILE("{} B "), r.size);
    Put(FMT_COMPILE("at {:#x} by {:#x}, CPU {}, {}"), r.address, r.ip, r.cpu,
        context_.stream_name(r.stream));
    if (r.tick != 0) Put(FMT_COMPILE(" tick {}"), r.tick);
    if (!r.direct) Put(FMT_COMPILE(", replayed"));
    if (r.weight != 1.0F) Put(FMT_COMPILE(", weight {}"), r.weight);
    if (r.period != 0) Put(FMT_COMPILE(", period {}"), r.period);
    if (r.latency_cycles != 0) Put(FMT_COMPILE(", latency {} cycles"), r.latency_cycles);
    if (r.data_source != 0) {
      Put(FMT_COMPILE(", data source {:#x} ({})"), r.data_source,
          analysis::MemoryOperationText(r.data_source));
    }
  }

  void operator()(const FaultRecord& r) {
    Head(r.time_ns, r.pid, r.tid, "page fault");
    Put(FMT_COMPILE("at {:#x} by {:#x}, CPU {}, {}"), r.address, r.ip, r.cpu,
        context_.stream_name(r.stream));
  }

  void operator()(const AllocationRecord& r) {
    Head(r.time_ns, r.pid, r.tid, Name(r.call));
    const bool gives = r.event == AllocationEvent::kAllocate;
    if (gives || r.size != 0) Put(FMT_COMPILE("{} B "), r.size);
    if (!gives) {
      Put(FMT_COMPILE("{} at {:#x}"), AfterGivingUp(r.call), r.address);
    } else if (r.address != 0) {
      Put(FMT_COMPILE("at {:#x}"), r.address);
    } else if (r.old_address != 0 && r.size == 0) {
      Put(FMT_COMPILE("gives no new block"));
    } else {
      Put(FMT_COMPILE("failed"));
    }
    if (r.old_address != 0) Put(FMT_COMPILE(", before at {:#x}"), r.old_address);
    if (gives && r.address != 0) Memory(r.memory);
    if (r.caller != 0) Put(FMT_COMPILE(", called from {:#x}"), r.caller);
    if (r.stack == 0) return;
    std::string_view separator = ", stack ";
    for (const std::uint64_t frame : context_.stack(r.stack)) {
      Put(FMT_COMPILE("{}{:#x}"), std::exchange(separator, " "), frame);
    }
  }

  void operator()(const MappingRecord& r) {
    Head(r.time_ns, r.pid, r.tid, "mapping");
    Put(FMT_COMPILE("{:#x}-{:#x} {}"), r.address, r.address + r.size,
        Protection(r.protection, r.shared ? Sharing::kShared : Sharing::kPrivate));
    if (!r.path.empty()) Put(FMT_COMPILE(" {} offset {:#x}"), base::Printable(r.path), r.offset);
    BuildId(r.build_id);
  }

  void operator()(const ProcessRecord& r) {
    Head(r.time_ns, r.pid, r.pid, "process");
    Put(FMT_COMPILE("{}"), r.event == ProcessEvent::kAttach
                               ? "attach: allocations are recorded from here"
                               : Name(r.event));
    if (r.parent_pid != 0) Put(FMT_COMPILE(" by process {}"), r.parent_pid);
    if (!r.command.empty()) Put(FMT_COMPILE(" {}"), base::Printable(r.command));
    if (!r.executable.empty()) Put(FMT_COMPILE(" ({})"), base::Printable(r.executable));
    BuildId(r.build_id);
  }

  void operator()(const ThreadRecord& r) {
    Head(r.time_ns, r.pid, r.tid, "thread");
    Put(FMT_COMPILE("{}"), Name(r.event));
    if (!r.name.empty()) Put(FMT_COMPILE(" {}"), base::Printable(r.name));
    if (r.thread_pointer != 0) Put(FMT_COMPILE(", thread pointer {:#x}"), r.thread_pointer);
    if (r.stack_top != 0) Put(FMT_COMPILE(", stack up to {:#x}"), r.stack_top);
  }

  void operator()(const LossRecord& r) {
    Head(r.time_ns, r.pid, r.tid, "loss");
    Put(FMT_COMPILE("{} {}"), r.count, Name(r.kind));
    if (r.duration_ns != 0) Put(FMT_COMPILE(" for {}"), Duration(r.duration_ns));
    if (r.stream != 0) Put(FMT_COMPILE(", {}"), context_.stream_name(r.stream));
    Put(FMT_COMPILE(": {}"), analysis::Meaning(r.kind));
  }

  void operator()(const StatisticsRecord& r) {
    Head(r.time_ns, r.pid, r.pid, "statistics");
    Put(FMT_COMPILE("wall {} us, user {} us, system {} us, peak RSS {} KiB, {} minor faults, {} "
                    "major faults"),
        r.wall_ns / 1000, r.user_ns / 1000, r.system_ns / 1000, r.max_rss_bytes / 1024,
        r.minor_faults, r.major_faults);
    if (r.exit_code >= 0) Put(FMT_COMPILE(", exit status {}"), r.exit_code);
    if (r.exit_signal != 0) Put(FMT_COMPILE(", killed by signal {}"), r.exit_signal);
    if (r.source == StatisticsSource::kLastSeen) Put(FMT_COMPILE(" (when last seen)"));
  }

  void operator()(const PeriodRecord& r) {
    Head(r.time_ns, 0, 0, "period");
    Put(FMT_COMPILE("{} from now on, {}"), r.period, context_.stream_name(r.stream));
    if (r.sample_cost_ns != 0) Put(FMT_COMPILE(", a sample costs {}"), Duration(r.sample_cost_ns));
    if (r.overhead != 0) Put(FMT_COMPILE(", sampling took {}"), Percent(double{r.overhead}, 1));
  }

  void operator()(const PlacementRecord& r) {
    Head(r.time_ns, r.pid, r.pid, "placement");
    Put(FMT_COMPILE("{:#x}-{:#x} lies on node {}"), r.address, r.address + r.size, r.node);
    if (r.weight != 1) Put(FMT_COMPILE(", stands for {:.1f} times as much"), r.weight);
  }

 private:
  static std::string_view AfterGivingUp(AllocationCall call) {
    const bool two_steps = call == AllocationCall::kRealloc ||
                           call == AllocationCall::kReallocarray || call == AllocationCall::kMremap;
    return two_steps ? "gives up the block" : "the block";
  }

  // Nothing where it is the program's own allocator because nothing else was asked for.
  void Memory(std::uint8_t id) {
    const std::string& name = context_.memory_name(id);
    if (!name.empty()) {
      Put(FMT_COMPILE(" from {}"), base::Printable(name));
    } else if (id != 0) {
      Put(FMT_COMPILE(" from memory {}"), id);
    }
  }

  template <typename Format, typename... Values>
  void Put(const Format& format, const Values&... values) {
    out_ = fmt::format_to(out_, format, values...);
  }
  void Head(std::uint64_t time_ns, std::int32_t pid, std::int32_t tid, std::string_view what) {
    Put(FMT_COMPILE("{:5}.{:09} {:>7}/{:<7} {:<11} "), time_ns / 1'000'000'000,
        time_ns % 1'000'000'000, pid, tid, what);
  }
  void BuildId(std::string_view bytes) {
    if (!bytes.empty()) Put(FMT_COMPILE(", build-id {}"), base::Hexadecimal(bytes));
  }

  const RecordContext& context_;
  std::back_insert_iterator<fmt::memory_buffer> out_;
};

}  // namespace

void AppendText(const Record& record, const RecordContext& context, fmt::memory_buffer& out) {
  std::visit(RecordText(context, out), record);
  out.push_back('\n');
}

}  // namespace heimdallr::cli
