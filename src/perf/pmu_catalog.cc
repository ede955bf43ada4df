#include "perf/pmu_catalog.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "base/file.h"
#include "base/printable.h"
#include "base/syscall_error.h"
#include "perf/system.h"

namespace heimdallr::perf {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kWordBits = 64;
constexpr std::size_t kMostEntries = 4096;     // of a folder
constexpr std::uintmax_t kLongestText = 4096;  // one page is all that the kernel gives

constexpr std::string_view kWordNames[] = {"config", "config1", "config2", "config3"};

std::optional<unsigned> TakeNumber(std::string_view& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// "3" or "0-7" at the start of `text`, which is moved behind it.
std::optional<std::pair<unsigned, unsigned>> TakeBits(std::string_view& text) {
  const auto first = TakeNumber(text);
  if (!first) return std::nullopt;
  unsigned last = *first;
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    const auto number = TakeNumber(text);
    if (!number) return std::nullopt;
    last = *number;
  }
  if (last < *first || last >= kWordBits) return std::nullopt;
  return std::pair(*first, last);
}

// Names in a folder, ascending; none when it is no folder.
std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator() && names.size() < kMostEntries;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::optional<FieldFormat> FieldFormat::Parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto* const name =
      std::find(std::begin(kWordNames), std::end(kWordNames), text.substr(0, colon));
  if (colon == std::string_view::npos || name == std::end(kWordNames)) return std::nullopt;
  FieldFormat format{.word = static_cast<unsigned>(name - std::begin(kWordNames))};
  text.remove_prefix(colon + 1);
  while (true) {
    const auto range = TakeBits(text);
    if (!range) return std::nullopt;
    format.bits.push_back(*range);
    if (text.empty()) break;
    if (!text.starts_with(',')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (format.width() > kWordBits) return std::nullopt;
  return format;
}

unsigned FieldFormat::width() const {
  unsigned width = 0;
  for (const auto& [first, last] : bits) width += last - first + 1;
  return width;
}

std::uint64_t FieldFormat::largest() const {
  return width() >= kWordBits ? std::numeric_limits<std::uint64_t>::max()
                              : (std::uint64_t{1} << width()) - 1;
}

void FieldFormat::Set(std::uint64_t value, ConfigWords& words) const {
  for (const auto& [first, last] : bits) {
    for (unsigned bit = first; bit <= last; ++bit, value >>= 1) {
      const std::uint64_t mask = std::uint64_t{1} << bit;
      words[word] = (value & 1) != 0 ? words[word] | mask : words[word] & ~mask;
    }
  }
}

std::uint64_t FieldFormat::Get(const ConfigWords& words) const {
  std::uint64_t value = 0;
  unsigned at = 0;
  for (const auto& [first, last] : bits) {
    for (unsigned bit = first; bit <= last; ++bit, ++at) {
      value |= (words[word] >> bit & 1) << at;
    }
  }
  return value;
}

std::optional<std::uint64_t> Pmu::Cap(std::string_view cap) const {
  const auto found = caps.find(std::string(cap));
  if (found == caps.end()) return std::nullopt;
  std::uint64_t number = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::StatusOr<PmuCatalog> PmuCatalog::Read(const std::string& sys_root) {
  const std::string folder = sys_root + "/bus/event_source/devices";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(fmt::format(
        "there is no folder '{}': this kernel has no perf events, or hides them", folder));
  }
  PmuCatalog catalog;
  for (const std::string& name : catalog.ReadNames(folder)) {
    catalog.ReadPmu(fmt::format("{}/{}", folder, name), name);
  }
  return catalog;
}

const Pmu* PmuCatalog::Find(std::string_view name) const {
  const auto found =
      std::find_if(pmus_.begin(), pmus_.end(), [name](const Pmu& pmu) { return pmu.name == name; });
  return found == pmus_.end() ? nullptr : &*found;
}

// Names that are printed as they are; the kernel has no others. Hidden files are not the kernel's.
std::vector<std::string> PmuCatalog::ReadNames(const std::string& folder) {
  std::vector<std::string> names = NamesIn(folder);
  std::erase_if(names, [&](const std::string& name) {
    if (base::Printable(name) == name) return name.starts_with('.');
    left_out_.push_back(fmt::format("{}/{}: no name of the kernel's", base::Printable(folder),
                                    base::Printable(name)));
    return true;
  });
  return names;
}

// Files there are regular ones of a page at most; anything else is not the kernel's.
std::optional<std::string> PmuCatalog::ReadText(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  if (fs::file_size(path, error) > kLongestText || error) {
    left_out_.push_back(
        fmt::format("{}: longer than what the kernel writes", base::Printable(path)));
    return std::nullopt;
  }
  auto text = base::ReadSmallFile(path);
  if (!text.ok()) {
    left_out_.emplace_back(base::Message(text.status()));
    return std::nullopt;
  }
  // Files of some kernels end without a line break.
  while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
  return *std::move(text);
}

void PmuCatalog::ReadPmu(const std::string& folder, const std::string& name) {
  const auto type = ReadText(folder + "/type");
  if (!type) {
    left_out_.push_back(fmt::format("{}: has no file 'type'", base::Printable(folder)));
    return;
  }
  Pmu pmu{.name = name};
  const auto [end, error] = std::from_chars(type->data(), type->data() + type->size(), pmu.type);
  if (error != std::errc{} || end != type->data() + type->size()) {
    left_out_.push_back(fmt::format("{}: its 'type' is no number", base::Printable(folder)));
    return;
  }
  ReadFormats(folder, pmu);
  for (auto& [event, terms] : ReadTexts(folder + "/events")) {
    // Beside NAME, files NAME.scale and NAME.unit say how to print counts.
    if (event.find('.') == std::string::npos) pmu.events.emplace(event, std::move(terms));
  }
  pmu.caps = ReadTexts(folder + "/caps");
  ReadCpus(folder, pmu);
  pmus_.push_back(std::move(pmu));
}

void PmuCatalog::ReadCpus(const std::string& folder, Pmu& pmu) {
  for (const char* const file : {"/cpus", "/cpumask"}) {
    const auto list = ReadText(folder + file);
    if (!list) continue;
    pmu.is_offline = list->empty();
    if (list->empty()) return;
    if (auto cpus = ParseCpuList(*list)) {
      pmu.cpus = *std::move(cpus);
      return;
    }
    left_out_.push_back(fmt::format("{}{}: no list of CPUs", base::Printable(folder), file));
  }
}

void PmuCatalog::ReadFormats(const std::string& folder, Pmu& pmu) {
  for (const auto& [term, text] : ReadTexts(folder + "/format")) {
    if (auto format = FieldFormat::Parse(text)) {
      pmu.formats.emplace(term, *std::move(format));
    } else {
      left_out_.push_back(fmt::format("{}/format/{}: '{}' is no place for bits",
                                      base::Printable(folder), base::Printable(term),
                                      base::Printable(text)));
    }
  }
}

std::map<std::string, std::string> PmuCatalog::ReadTexts(const std::string& folder) {
  std::map<std::string, std::string> texts;
  for (const std::string& name : ReadNames(folder)) {
    if (auto text = ReadText(fmt::format("{}/{}", folder, name)))
      texts.emplace(name, *std::move(text));
  }
  return texts;
}

}  // namespace heimdallr::perf
