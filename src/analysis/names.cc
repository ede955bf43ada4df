#include "analysis/names.h"

namespace heimdallr::analysis {

std::string_view Name(AccessKind kind) {
  switch (kind) {
    case AccessKind::kLoad:
      return "load";
    case AccessKind::kStore:
      return "store";
    case AccessKind::kLoadStore:
      return "load_store";
    case AccessKind::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view Name(AllocationCall call) {
  static constexpr std::string_view kNames[] = {"unknown",
                                                "malloc",
                                                "calloc",
                                                "realloc",
                                                "reallocarray",
                                                "free",
                                                "posix_memalign",
                                                "aligned_alloc",
                                                "memalign",
                                                "valloc",
                                                "pvalloc",
                                                "free_sized",
                                                "free_aligned_sized",
                                                "operator new",
                                                "operator new[]",
                                                "operator delete",
                                                "operator delete[]",
                                                "mmap",
                                                "munmap",
                                                "mremap",
                                                "brk",
                                                "sbrk"};
  const auto index = static_cast<std::size_t>(call);
  return index < std::size(kNames) ? kNames[index] : kNames[0];
}

std::string_view Name(ProcessEvent event) {
  switch (event) {
    case ProcessEvent::kStart:
      return "start";
    case ProcessEvent::kExec:
      return "exec";
    case ProcessEvent::kExit:
      return "exit";
    case ProcessEvent::kAttach:
      return "attach";
  }
  return "unknown";
}

std::string_view Name(ThreadEvent event) {
  switch (event) {
    case ThreadEvent::kStart:
      return "start";
    case ThreadEvent::kName:
      return "name";
    case ThreadEvent::kExit:
      return "exit";
    case ThreadEvent::kLayout:
      return "layout";
  }
  return "unknown";
}

std::string_view Name(StatisticsSource source) {
  switch (source) {
    case StatisticsSource::kWait:
      return "wait";
    case StatisticsSource::kExitReport:
      return "exit_report";
    case StatisticsSource::kLastSeen:
      return "last_seen";
  }
  return "unknown";
}

std::string_view Name(TraceOrigin origin) {
  switch (origin) {
    case TraceOrigin::kRecorded:
      break;
    case TraceOrigin::kImported:
      return "imported";
    case TraceOrigin::kSynthetic:
      return "synthetic";
  }
  return "recorded";
}

std::string_view Name(SourceKind source) {
  switch (source) {
    case SourceKind::kPmu:
      return "pmu";
    case SourceKind::kClock:
      return "clock";
    case SourceKind::kFaults:
      return "faults";
    case SourceKind::kUnknown:
      break;
  }
  return "unknown";
}

bool MapsMemory(AllocationCall call) {
  return call >= AllocationCall::kMmap && call <= AllocationCall::kSbrk;
}

}  // namespace heimdallr::analysis
