// A program whose accesses are known, for `heimdallr doctor` to record.
#pragma once

#include <cstdint>
#include <string>

namespace heimdallr::cli {

/// First argument of heimdallr when it is to be that program; the second is a file.
inline constexpr char kDoctorWorkload[] = "--doctor-workload";

/// Pages that it touches.
inline constexpr std::uint64_t kDoctorPages = 512;

/// Writes "FIRST END", the addresses of a buffer, into the file, touches its pages, then reads and
/// writes all over it for `kDoctorCpuNs` of its CPU time. Returns the exit status.
int RunDoctorWorkload(const std::string& path);

inline constexpr std::uint64_t kDoctorCpuNs = 300'000'000;

}  // namespace heimdallr::cli
