#include "cli/doctor_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "cli/doctor_workload.h"

namespace heimdallr::cli {
namespace {

using recorder::CheckUp;
using recorder::Problem;

constexpr char kFaults[] = "faults";

// "Title       text", or the next line of it.
void Line(std::string_view title, std::string_view text, std::string& out) {
  out += fmt::format("{:<13}{}\n", title, text);
}

std::string Or(const std::optional<std::uint64_t>& value, std::string_view unit) {
  return value ? fmt::format("{}{}", *value, unit) : std::string("not known");
}

void AppendMachine(const CheckUp& machine, std::string& out) {
  Line("Machine",
       fmt::format("{}, {} CPUs, {}", base::Printable(machine.processor), machine.online_cpus,
                   base::Printable(machine.kernel)),
       out);
  Line("",
       machine.hypervisor.empty()
           ? std::string("no hypervisor is seen")
           : fmt::format("in a virtual machine: {}", base::Printable(machine.hypervisor)),
       out);
  Line("Event PMUs", base::Printable(fmt::format("{}", fmt::join(machine.pmus, ", "))), out);
  std::string nodes;
  for (const NodeInfo& node : machine.nodes) {
    nodes += fmt::format("{}node {}: {:.1f} GiB, {} CPUs", nodes.empty() ? "" : "; ", node.id,
                         static_cast<double>(node.memory_bytes) / (1U << 30), node.cpus.size());
  }
  Line("Memory", nodes.empty() ? "nodes are not known" : nodes, out);
}

std::string TrialText(const Trial& trial) {
  if (!trial.works()) return fmt::format("does not work: {}", base::Printable(trial.problem));
  if (trial.source == kFaults) {
    return fmt::format("works: {} page faults, {} in the known {} pages", trial.records,
                       trial.in_buffer, kDoctorPages);
  }
  // Of hardware a number of events is asked for, not a rate.
  const std::string asked =
      trial.asked_hz == 0 ? "" : fmt::format(", {:.0f} asked for", trial.asked_hz);
  return fmt::format(
      "works: {} accesses, {:.1f} % in the known buffer; {:.0f} samples a second of CPU time{}; {} "
      "lost",
      trial.records,
      100.0 * static_cast<double>(trial.in_buffer) / static_cast<double>(trial.records),
      trial.reached_hz, asked, trial.lost);
}

void AppendSources(const DoctorFindings& findings, std::string& out) {
  const std::string& problem = findings.machine.pmu_problem;
  Line("Sources", "pmu: " + (problem.empty() ? "its events are here" : problem), out);
  for (const Trial& trial : findings.trials) {
    Line("", fmt::format("{}: {}", trial.source, TrialText(trial)), out);
  }
  const std::string taken = findings.taken();
  Line("",
       taken.empty() ? "--source auto records allocations alone"
                     : fmt::format("--source auto takes {}", taken),
       out);
  std::uint64_t allocations = 0;
  for (const Trial& trial : findings.trials) allocations += trial.allocations;
  Line("Allocations",
       allocations != 0 ? "recorded: the interposer works"
                        : "not recorded in any trial: the interposer does not work",
       out);
}

void AppendSettings(const CheckUp& machine, std::string& out) {
  static constexpr const char* kSeccomp[] = {"no seccomp", "seccomp in strict mode",
                                             "a seccomp filter"};
  Line(
      "Permissions",
      fmt::format("perf_event_paranoid {}, {}, {}",
                  machine.paranoid ? std::to_string(*machine.paranoid) : "not known",
                  machine.may_profile ? "with CAP_PERFMON or CAP_SYS_ADMIN" : "without CAP_PERFMON",
                  kSeccomp[machine.seccomp >= 0 && machine.seccomp < 3 ? machine.seccomp : 2]),
      out);
  if (machine.ptrace_scope) {
    Line("",
         fmt::format("ptrace_scope {}: code that is in no file can be read {}",
                     *machine.ptrace_scope,
                     *machine.ptrace_scope == 0 ? "of all own processes"
                                                : "of processes that heimdallr started"),
         out);
  }
  Line("Limits",
       fmt::format("rings {} a CPU; samples {}, {} of the CPU time; files {} to {}",
                   Or(machine.mlock_kb, " KiB"), Or(machine.max_sample_hz, " Hz"),
                   Or(machine.cpu_time_percent, " %"), machine.open_files, machine.most_open_files),
       out);
}

void AppendProblems(const CheckUp& machine, std::string& out) {
  if (machine.problems.empty()) {
    Line("Problems", "none", out);
    return;
  }
  for (const Problem& problem : machine.problems) {
    Line("PROBLEM", problem.text, out);
    if (!problem.remedy.empty()) Line("", "-> " + problem.remedy, out);
  }
}

using Json = nlohmann::ordered_json;

template <typename Value>
Json OrNull(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json JsonOf(const Trial& trial) {
  return {{"source", trial.source},
          {"works", trial.works()},
          {"problem", base::Printable(trial.problem)},
          {"records", trial.records},
          {"in_buffer", trial.in_buffer},
          {"ticks", trial.ticks},
          {"asked_hz", trial.asked_hz},
          {"reached_hz", trial.reached_hz},
          {"lost", trial.lost},
          {"allocation_events", trial.allocations}};
}

Json JsonOf(const CheckUp& machine) {
  Json json = {{"processor", base::Printable(machine.processor)},
               {"hypervisor", base::Printable(machine.hypervisor)},
               {"kernel", base::Printable(machine.kernel)},
               {"online_cpus", machine.online_cpus},
               {"perf_event_paranoid", OrNull(machine.paranoid)},
               {"may_profile", machine.may_profile},
               {"seccomp", machine.seccomp},
               {"ptrace_scope", OrNull(machine.ptrace_scope)},
               {"perf_event_mlock_kb", OrNull(machine.mlock_kb)},
               {"perf_event_max_sample_rate", OrNull(machine.max_sample_hz)},
               {"perf_cpu_time_max_percent", OrNull(machine.cpu_time_percent)},
               {"open_files", machine.open_files},
               {"most_open_files", machine.most_open_files}};
  json["pmus"] = Json::array();
  for (const std::string& name : machine.pmus) json["pmus"].push_back(base::Printable(name));
  json["nodes"] = Json::array();
  for (const NodeInfo& node : machine.nodes) {
    json["nodes"].push_back(
        {{"id", node.id}, {"memory_bytes", node.memory_bytes}, {"cpus", node.cpus}});
  }
  return json;
}

}  // namespace

std::string DoctorFindings::taken() const {
  for (const Trial& trial : trials) {
    if (trial.works() && trial.source != kFaults) return trial.source;
  }
  return {};
}

std::string DoctorText(const DoctorFindings& findings) {
  std::string out;
  AppendMachine(findings.machine, out);
  AppendSources(findings, out);
  AppendSettings(findings.machine, out);
  AppendProblems(findings.machine, out);
  return out;
}

std::string DoctorJson(const DoctorFindings& findings) {
  Json json = {{"machine", JsonOf(findings.machine)}};
  json["pmu_problem"] = findings.machine.pmu_problem;
  json["sources"] = Json::array();
  for (const Trial& trial : findings.trials) json["sources"].push_back(JsonOf(trial));
  json["auto"] = findings.taken();
  json["problems"] = Json::array();
  for (const Problem& problem : findings.machine.problems) {
    json["problems"].push_back({{"text", problem.text}, {"remedy", problem.remedy}});
  }
  return json.dump(2) + "\n";
}

}  // namespace heimdallr::cli
