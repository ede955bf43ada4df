// libpfm4 brings a copy of linux/perf_event.h of its own, so that nothing else of this folder is
// included here.
#include "perf/pfm_events.h"

#include <fmt/format.h>

#include "base/printable.h"

#ifdef HEIMDALLR_HAVE_LIBPFM

#include <cstring>

#include <perfmon/pfmlib_perf_event.h>

namespace heimdallr::perf {
namespace {

absl::Status Failure(const std::string& event, int error) {
  const std::string text =
      fmt::format("libpfm4 cannot encode '{}': {}", base::Printable(event), pfm_strerror(error));
  if (error == PFM_ERR_NOTFOUND || error == PFM_ERR_NOTSUPP) {
    return absl::NotFoundError(text + ". It names events of the processor it runs on");
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace

absl::StatusOr<PfmEvent> EncodePfmEvent(const std::string& event) {
  static const int kReady = pfm_initialize();
  if (kReady != PFM_SUCCESS) return Failure(event, kReady);
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  pfm_perf_encode_arg_t argument{};
  argument.attr = &attributes;
  argument.size = sizeof(argument);
  const int error = pfm_get_os_event_encoding(event.c_str(), PFM_PLM3, PFM_OS_PERF_EVENT_EXT,
                                              static_cast<void*>(&argument));
  if (error != PFM_SUCCESS) return Failure(event, error);
  return PfmEvent{.type = attributes.type,
                  .config = {attributes.config, attributes.config1, attributes.config2},
                  .precise_level = static_cast<std::uint32_t>(attributes.precise_ip),
                  .user = attributes.exclude_user == 0,
                  .kernel = attributes.exclude_kernel == 0,
                  .hypervisor = attributes.exclude_hv == 0};
}

}  // namespace heimdallr::perf

#else

namespace heimdallr::perf {

absl::StatusOr<PfmEvent> EncodePfmEvent(const std::string& event) {
  return absl::UnimplementedError(
      fmt::format("'pfm:{}' needs libpfm4, without which this heimdallr was built; name the event "
                  "as heimdallr events does, or as rHEX",
                  base::Printable(event)));
}

}  // namespace heimdallr::perf

#endif
