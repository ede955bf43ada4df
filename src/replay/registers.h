// The registers of a thread at one moment, as far as they are known.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>

namespace heimdallr::replay {

/// Registers an address can be made of, numbered as x86-64 encodes them.
enum class Register : std::uint8_t {
  kRax = 0,
  kRcx = 1,
  kRdx = 2,
  kRbx = 3,
  kRsp = 4,
  kRbp = 5,
  kRsi = 6,
  kRdi = 7,
  kR8 = 8,
  kR9 = 9,
  kR10 = 10,
  kR11 = 11,
  kR12 = 12,
  kR13 = 13,
  kR14 = 14,
  kR15 = 15,
  kRip = 16,
  kFsBase = 17,  ///< not sampled by the kernel; the interposer reports it for each thread
  kGsBase = 18,
  kNone = 255,
};

/// Values by register; those not set are not known.
class Registers {
 public:
  void Set(Register which, std::uint64_t value) {
    values_[Index(which)] = value;
    present_ |= 1U << Index(which);
  }
  [[nodiscard]] std::optional<std::uint64_t> Get(Register which) const {
    if ((present_ >> Index(which) & 1U) == 0) return std::nullopt;
    return values_[Index(which)];
  }
  /// Whether all registers whose bit (by number) is set are known.
  [[nodiscard]] bool Know(std::uint32_t mask) const { return (present_ & mask) == mask; }
  /// The value of one that is known; 0 of kNone.
  [[nodiscard]] std::uint64_t Known(Register which) const {
    return which == Register::kNone ? 0 : values_[Index(which)];
  }
  /// Takes over what is known in `other`, which is true at the same moment.
  void Learn(const Registers& other) {
    for (std::uint32_t missing = other.present_ & ~present_; missing != 0; missing &= missing - 1) {
      const auto which = static_cast<std::size_t>(std::countr_zero(missing));
      values_[which] = other.values_[which];
    }
    present_ |= other.present_;
  }
  void Forget(Register which) { present_ &= ~(1U << Index(which)); }
  /// Forgets each register whose bit (by number) is set.
  void ForgetAll(std::uint32_t mask) { present_ &= ~mask; }

 private:
  static constexpr std::size_t kCount = 19;
  [[nodiscard]] static std::size_t Index(Register which) { return static_cast<std::size_t>(which); }

  std::array<std::uint64_t, kCount> values_{};
  std::uint32_t present_ = 0;
};

/// From a sample of an x86-64 kernel: `mask` and `values` as in perf::UserRegisters, numbered by
/// asm/perf_regs.h. Registers without a place here (flags, selectors) are left out.
[[nodiscard]] Registers FromX86Sample(std::uint64_t mask, std::span<const std::uint64_t> values);

}  // namespace heimdallr::replay
