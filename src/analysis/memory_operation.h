// All that a `perf_mem_data_src` says of an access, in words.
#pragma once

#include <cstdint>
#include <string>

namespace heimdallr::analysis {

/// As `perf script -F data_src` has it: "OP LOAD|LVL L3 hit|SNP HitM|TLB L1 hit|LCK No|BLK N/A".
/// The level is that of mem_lvl_num where it is told (newer kernels), else of the older bits. Bits
/// of later kernels are left out.
[[nodiscard]] std::string MemoryOperationText(std::uint64_t perf_mem_data_src);

}  // namespace heimdallr::analysis
