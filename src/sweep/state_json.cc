#include "sweep/state_json.h"

#include <ctime>
#include <utility>

#include <absl/status/status.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"

namespace heimdallr::sweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;

std::string TimeText(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / 1'000'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(seconds));
}

double Seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }

Json PlanJson(const Plan& plan) {
  Json modes = Json::array();
  for (const Mode& mode : plan.modes) {
    modes.push_back({{"name", mode.name},
                     {"options", mode.options},
                     {"environment", mode.environment},
                     {"frequency", mode.frequency_hz}});
  }
  Json workloads = Json::array();
  for (const Workload& workload : plan.workloads) {
    workloads.push_back({{"name", workload.name},
                         {"command", workload.command},
                         {"folder", workload.folder},
                         {"environment", workload.environment},
                         {"exit_status", workload.exit_status}});
  }
  return {{"repetitions", plan.repetitions},
          {"seed", plan.seed.value_or(0)},
          {"timeout", plan.timeout_seconds ? Json(*plan.timeout_seconds) : Json()},
          {"modes", std::move(modes)},
          {"workloads", std::move(workloads)}};
}

Json LoadJson(const Load& load) { return {{"average", load.average}, {"running", load.running}}; }

Json SessionJson(const Session& session) {
  const Machine& machine = session.machine;
  return {{"start", TimeText(session.start_realtime_ns)},
          {"start_ns", session.start_realtime_ns},
          {"heimdallr", session.version},
          {"host", machine.host},
          {"kernel", machine.kernel},
          {"processor", machine.processor},
          {"cpus", machine.cpus},
          {"settings", machine.settings},
          {"load", LoadJson(machine.load)},
          {"warnings", session.warnings}};
}

Json RunJson(const SweepState& sweep, std::size_t index) {
  const Run& run = sweep.runs[index];
  const std::string id = RunId(sweep.plan, run.what);
  Json json{{"number", index + 1},
            {"run", id},
            {"workload", sweep.plan.workloads[run.what.workload].name},
            {"mode", sweep.plan.modes[run.what.mode].name},
            {"repetition", run.what.repetition},
            {"state", NameOf(run.state)}};
  if (run.state == RunState::kPlanned) return json;
  json["session"] = run.session;
  json["start"] = TimeText(run.start_realtime_ns);
  json["start_ns"] = run.start_realtime_ns;
  json["load"] = LoadJson(run.load);
  if (run.state == RunState::kRunning) return json;
  json["exit_status"] = run.exit_status ? Json(*run.exit_status) : Json();
  json["signal"] = run.signal != 0 ? Json(run.signal) : Json();
  json["wall_seconds"] = Seconds(run.wall_ns);
  json["wall_ns"] = run.wall_ns;
  json["left_behind"] = run.left_behind;
  json["reason"] = run.reason;
  json["trace"] =
      IsResult(run.state) ? Json(fmt::format("{}/{}.htrace", id, run.what.repetition)) : Json();
  return json;
}

Load LoadFrom(const Json& json) {
  return {.average = json.at("average").get<std::array<double, 3>>(),
          .running = json.at("running").get<std::uint64_t>()};
}

Plan PlanFrom(const Json& json) {
  Plan plan{.repetitions = json.at("repetitions").get<std::uint32_t>(),
            .seed = json.at("seed").get<std::uint64_t>(),
            .modes = {},
            .workloads = {}};
  if (const Json& timeout = json.at("timeout"); !timeout.is_null()) {
    plan.timeout_seconds = timeout.get<double>();
  }
  for (const Json& mode : json.at("modes")) {
    plan.modes.push_back({.name = mode.at("name").get<std::string>(),
                          .options = mode.at("options").get<std::vector<std::string>>(),
                          .environment = mode.at("environment").get<Environment>(),
                          .frequency_hz = mode.at("frequency").get<std::uint32_t>()});
  }
  for (const Json& workload : json.at("workloads")) {
    plan.workloads.push_back({.name = workload.at("name").get<std::string>(),
                              .command = workload.at("command").get<std::vector<std::string>>(),
                              .folder = workload.at("folder").get<std::string>(),
                              .environment = workload.at("environment").get<Environment>(),
                              .exit_status = workload.at("exit_status").get<int>()});
  }
  return plan;
}

Session SessionFrom(const Json& json) {
  return {.start_realtime_ns = json.at("start_ns").get<std::uint64_t>(),
          .version = json.at("heimdallr").get<std::string>(),
          .machine = {.host = json.at("host").get<std::string>(),
                      .kernel = json.at("kernel").get<std::string>(),
                      .processor = json.at("processor").get<std::string>(),
                      .cpus = json.at("cpus").get<std::uint32_t>(),
                      .settings = json.at("settings").get<std::map<std::string, std::string>>(),
                      .load = LoadFrom(json.at("load"))},
          .warnings = json.at("warnings").get<std::vector<std::string>>()};
}

// What a planned or running run has is enough: it will be run again.
absl::Status ReadRun(const Json& json, const SweepState& sweep, Run& run) {
  const std::string name = json.at("state").get<std::string>();
  const auto state = RunStateOf(name);
  if (!state || json.at("run").get<std::string>() != RunId(sweep.plan, run.what) ||
      json.at("repetition").get<std::uint32_t>() != run.what.repetition) {
    return absl::InvalidArgumentError(
        fmt::format("run {} is not the one that its seed and plan make",
                    json.at("number").get<std::uint64_t>()));
  }
  run.state = *state;
  if (run.state == RunState::kPlanned) return absl::OkStatus();
  run.session = json.at("session").get<std::uint32_t>();
  run.start_realtime_ns = json.at("start_ns").get<std::uint64_t>();
  run.load = LoadFrom(json.at("load"));
  if (run.state == RunState::kRunning) return absl::OkStatus();
  if (!json.at("exit_status").is_null()) run.exit_status = json.at("exit_status").get<int>();
  if (!json.at("signal").is_null()) run.signal = json.at("signal").get<int>();
  run.wall_ns = json.at("wall_ns").get<std::uint64_t>();
  run.left_behind = json.at("left_behind").get<std::uint64_t>();
  run.reason = json.at("reason").get<std::string>();
  return absl::OkStatus();
}

absl::StatusOr<SweepState> StateFrom(const Json& json) {
  if (json.at("format_version").get<int>() != kFormatVersion) {
    return absl::InvalidArgumentError("another version of heimdallr wrote it");
  }
  Plan plan = PlanFrom(json.at("plan"));
  RETURN_IF_ERROR(CheckPlan(plan));
  for (const Workload& workload : plan.workloads) {
    if (workload.command.empty()) return absl::InvalidArgumentError("a workload has no command");
    if (std::string problem = ProblemOfWorkloadName(workload.name); !problem.empty()) {
      return absl::InvalidArgumentError(problem);
    }
  }
  for (const Mode& mode : plan.modes) {
    if (std::string problem = ProblemOfModeName(mode.name); !problem.empty()) {
      return absl::InvalidArgumentError(problem);
    }
  }
  SweepState sweep = NewSweep(std::move(plan));
  for (const Json& session : json.at("sessions")) sweep.sessions.push_back(SessionFrom(session));
  const Json& runs = json.at("runs");
  if (runs.size() != sweep.runs.size()) {
    return absl::InvalidArgumentError(
        fmt::format("it has {} runs where its plan makes {}", runs.size(), sweep.runs.size()));
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    RETURN_IF_ERROR(ReadRun(runs[i], sweep, sweep.runs[i]));
  }
  return sweep;
}

}  // namespace

std::string ToJson(const SweepState& state) {
  Json sessions = Json::array();
  for (const Session& session : state.sessions) sessions.push_back(SessionJson(session));
  Json runs = Json::array();
  for (std::size_t i = 0; i < state.runs.size(); ++i) runs.push_back(RunJson(state, i));
  const Json json{{"format", "heimdallr sweep"},
                  {"format_version", kFormatVersion},
                  {"plan", PlanJson(state.plan)},
                  {"sessions", std::move(sessions)},
                  {"runs", std::move(runs)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<SweepState> FromJson(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("it is no JSON");
  try {
    return StateFrom(json);
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(fmt::format("it is damaged: {}", error.what()));
  }
}

}  // namespace heimdallr::sweep
