#include "cli/load_recordings.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/open_records.h"
#include "cli/recording_files.h"
#include "store/recording_list.h"

namespace heimdallr::cli {
namespace {

absl::StatusOr<store::Repetition> ReadTrace(const std::string& path) {
  auto source = OpenTrace(path);
  if (!source.ok()) return source.status();
  store::Repetition repetition{.name = NameOfRecording(path, (*source)->header()),
                               .content = store::Content::kWhole,
                               .header = (*source)->header()};
  auto identity = IdentityOf(path, repetition.header, (*source)->extent().good_bytes);
  if (!identity.ok()) return identity.status();
  repetition.name.identity = *std::move(identity);
  store::FigureCounter counter(repetition.header);
  auto record = (*source)->Next();
  for (; record.ok() && *record != nullptr; record = (*source)->Next()) counter.Add(**record);
  repetition.end = record.status();
  repetition.figures = counter.figures();
  repetition.extent = (*source)->extent();
  repetition.recorder = (*source)->recorder_statistics();
  return repetition;
}

class Loader {
 public:
  void Load(const std::string& path) {
    if (IsDatabaseFile(path)) {
      LoadDatabase(path);
      return;
    }
    const auto files = TraceFiles({path});
    if (!files.ok()) {
      Fail(files.status());
      return;
    }
    for (const std::string& file : *files) {
      auto repetition = ReadTrace(file);
      if (!repetition.ok()) {
        Fail(repetition.status());
      } else {
        Keep(*std::move(repetition));
      }
    }
  }

  LoadedRecordings TakeAll() && {
    GiveNumbers();
    std::sort(loaded_.repetitions.begin(), loaded_.repetitions.end(),
              [](const store::Repetition& a, const store::Repetition& b) {
                return std::tie(a.name.run, a.name.number) < std::tie(b.name.run, b.name.number);
              });
    return std::move(loaded_);
  }

 private:
  void LoadDatabase(const std::string& path) {
    auto all = store::ListRecordings(path);
    if (!all.ok()) {
      Fail(all.status());
      return;
    }
    for (store::Repetition& repetition : *all) Keep(std::move(repetition));
  }
  void Keep(store::Repetition repetition) {
    std::vector<store::Repetition>& kept = loaded_.repetitions;
    const auto [place, is_new] = places_.try_emplace(repetition.name.identity, kept.size());
    if (is_new) {
      kept.push_back(std::move(repetition));
    } else if (repetition.HasMoreThan(kept[place->second])) {
      // As in a database, it keeps its name.
      store::Repetition& before = kept[place->second];
      std::string path = std::move(repetition.name.path);
      repetition.name = std::move(before.name);
      repetition.name.path = std::move(path);
      before = std::move(repetition);
    }
  }
  void Fail(const absl::Status& status) { loaded_.errors.emplace_back(base::Message(status)); }

  // As a conversion would: those that are taken or not given go on behind the others.
  void GiveNumbers() {
    std::map<std::string, std::set<std::uint64_t>> taken;
    for (store::Repetition& repetition : loaded_.repetitions) {
      store::RecordingName& name = repetition.name;
      std::set<std::uint64_t>& numbers = taken[name.run];
      if (name.number == 0 || numbers.contains(name.number)) {
        name.number = numbers.empty() ? 1 : *numbers.rbegin() + 1;
      }
      numbers.insert(name.number);
    }
  }

  LoadedRecordings loaded_;
  std::map<std::string, std::size_t> places_;  // in repetitions, by identity
};

}  // namespace

LoadedRecordings LoadRecordings(const std::vector<std::string>& paths) {
  Loader loader;
  for (const std::string& path : paths) loader.Load(path);
  return std::move(loader).TakeAll();
}

std::string TitleOf(const store::RecordingName& name) {
  return fmt::format("run '{}', repetition {}", name.run, name.number);
}

int ReportDefects(const LoadedRecordings& recordings) {
  for (const std::string& error : recordings.errors) PrintError(error);
  bool all_whole = recordings.errors.empty();
  for (const store::Repetition& repetition : recordings.repetitions) {
    const auto defect = DefectOf(repetition.name.path, repetition.end, repetition.extent);
    if (!defect) continue;
    PrintError(fmt::format("{}: {}", TitleOf(repetition.name), *defect));
    all_whole = false;
  }
  return all_whole ? kSuccess : kFailure;
}

}  // namespace heimdallr::cli
