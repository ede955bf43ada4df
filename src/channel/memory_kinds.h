// The kinds of memory that can be asked for by name: one list for the command line, which checks
// them, and for libheimdallr-memkind.so, which allocates from them.
#pragma once

/// X(NAME, KIND) for each: its name in kMemoryVariable ("kind=NAME") and on the command line, and
/// memkind's constant for it (memkind.h, which this header does not need).
// clang-format off
#define HEIMDALLR_MEMORY_KINDS(X)                                                       \
  X("regular", MEMKIND_REGULAR)                                                         \
  X("hbw", MEMKIND_HBW)                                                                 \
  X("hbw-all", MEMKIND_HBW_ALL)                                                         \
  X("hbw-hugetlb", MEMKIND_HBW_HUGETLB)                                                 \
  X("hbw-all-hugetlb", MEMKIND_HBW_ALL_HUGETLB)                                         \
  X("hbw-preferred", MEMKIND_HBW_PREFERRED)                                             \
  X("hbw-interleave", MEMKIND_HBW_INTERLEAVE)                                           \
  X("hugetlb", MEMKIND_HUGETLB)                                                         \
  X("interleave", MEMKIND_INTERLEAVE)                                                   \
  X("dax-kmem", MEMKIND_DAX_KMEM)                                                       \
  X("dax-kmem-all", MEMKIND_DAX_KMEM_ALL)                                               \
  X("dax-kmem-preferred", MEMKIND_DAX_KMEM_PREFERRED)                                   \
  X("dax-kmem-interleave", MEMKIND_DAX_KMEM_INTERLEAVE)                                 \
  X("highest-capacity", MEMKIND_HIGHEST_CAPACITY)                                       \
  X("highest-capacity-preferred", MEMKIND_HIGHEST_CAPACITY_PREFERRED)                   \
  X("highest-capacity-local", MEMKIND_HIGHEST_CAPACITY_LOCAL)                           \
  X("highest-capacity-local-preferred", MEMKIND_HIGHEST_CAPACITY_LOCAL_PREFERRED)       \
  X("lowest-latency-local", MEMKIND_LOWEST_LATENCY_LOCAL)                               \
  X("lowest-latency-local-preferred", MEMKIND_LOWEST_LATENCY_LOCAL_PREFERRED)           \
  X("highest-bandwidth-local", MEMKIND_HIGHEST_BANDWIDTH_LOCAL)                         \
  X("highest-bandwidth-local-preferred", MEMKIND_HIGHEST_BANDWIDTH_LOCAL_PREFERRED)
// clang-format on

namespace heimdallr::channel {

#define HEIMDALLR_KIND_NAME(name, kind) name,
inline constexpr const char* kMemoryKindNames[] = {HEIMDALLR_MEMORY_KINDS(HEIMDALLR_KIND_NAME)};
#undef HEIMDALLR_KIND_NAME

}  // namespace heimdallr::channel
