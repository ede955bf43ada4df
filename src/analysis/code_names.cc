#include "analysis/code_names.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace heimdallr::analysis {
namespace {

std::string Hex(std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value, 16).ptr;
  return "0x" + std::string(digits, end);
}

bool IsStandardAllocator(std::string_view function) {
  static constexpr std::string_view kPrefixes[] = {
      "operator new",     "std::allocator",           "std::__new_allocator",
      "std::__allocate_", "__gnu_cxx::new_allocator", "__gnu_cxx::__alloc_traits",
  };
  static constexpr std::string_view kNames[] = {"malloc",       "calloc",         "realloc",
                                                "reallocarray", "posix_memalign", "aligned_alloc",
                                                "memalign",     "valloc",         "pvalloc"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [&](std::string_view prefix) { return function.starts_with(prefix); }) ||
         std::find(std::begin(kNames), std::end(kNames), function) != std::end(kNames);
}

}  // namespace

std::string_view FileName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string CodeName::Text() const {
  if (!file.empty()) {
    std::string text = function + " (" + std::string(FileName(file));
    if (line != 0) text += ":" + std::to_string(line);
    return text + ")";
  }
  const std::string_view name = FileName(module);
  const std::string place = module.empty() ? Hex(offset) : std::string(name) + "+" + Hex(offset);
  // A function without a symbol is called by where it begins: say where this is instead.
  const bool no_symbol = function.find("+0x") != std::string::npos;
  return no_symbol ? place : function + " (" + place + ")";
}

std::span<const CodeFrame> CodeNames::FramesOf(const CodePlace& place) const {
  const CodeSymbol* symbol = nullptr;
  if (place.module != 0) {
    const Module& module = modules_.module(place.module);
    if (const ModuleSymbols* known = symbols_.FindModule(module.path, module.build_id)) {
      symbol = FindCode(known->code, place.offset);
    }
  } else if (const ProcessSymbols* process = symbols_.FindProcess(place.pid)) {
    symbol = FindCode(process->code, place.offset);
  }
  if (symbol == nullptr) return {};
  return symbol->frames;
}

CodeName CodeNames::Named(const CodePlace& place, const CodeFrame* frame) const {
  CodeName name{.offset = place.offset};
  if (place.module != 0) name.module = modules_.module(place.module).path;
  if (frame != nullptr) {
    name.function = frame->function;
    name.file = frame->file;
    name.line = frame->line;
  }
  if (name.function.empty()) {
    // What a compiler made at run time and did not name is one thing, not one for each address.
    name.function = place.module == 0
                        ? "code made by process " + std::to_string(place.pid)
                        : std::string(FileName(name.module)) + "+" + Hex(place.offset);
  }
  return name;
}

CodeName CodeNames::NameOf(const CodePlace& place, InlineLevel level) const {
  const auto frames = FramesOf(place);
  if (frames.empty()) return Named(place, nullptr);
  return Named(place, level == InlineLevel::kInnermost ? &frames.front() : &frames.back());
}

CodeName CodeNames::SiteOf(std::span<const CodePlace> chain) const {
  const auto returns_to = [](CodePlace place) {
    ++place.offset;
    return place;
  };
  for (const CodePlace& place : chain) {
    const auto frames = FramesOf(place);
    if (frames.empty()) return Named(returns_to(place), nullptr);
    const auto frame = std::find_if(frames.begin(), frames.end(), [](const CodeFrame& f) {
      return !IsStandardAllocator(f.function);
    });
    if (frame != frames.end()) return Named(returns_to(place), &*frame);
  }
  const auto frames = FramesOf(chain.front());
  return Named(returns_to(chain.front()), &frames.front());
}

}  // namespace heimdallr::analysis
