// A program of the build: writes the viewer's page as C++.
//
//     embed_viewer PAGE.html STYLE.css OUT.cc MODULE.js...
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "report/viewer_join.h"

namespace heimdallr::report {
namespace {

std::optional<ViewerFile> ReadViewerFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    fmt::print(stderr, "embed_viewer: cannot read '{}'\n", path);
    return std::nullopt;
  }
  return ViewerFile{std::filesystem::path(path).filename().string(),
                    std::string(std::istreambuf_iterator<char>(file), {})};
}

// A C++ string literal, a line of it for each line of the text.
std::string Literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      literal += "\\n\"\n\"";
    } else if (c == '"' || c == '\\' || c == '?') {  // "??" could be read as a trigraph
      literal += '\\';
      literal += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      literal += fmt::format("\\{:03o}", byte);
    } else {
      literal += c;
    }
  }
  return literal + "\"";
}

// The length is given apart: a NUL in the text would end it.
std::string Definition(std::string_view name, std::string_view text) {
  return fmt::format("const std::string_view {}(\n{}, {});\n", name, Literal(text), text.size());
}

int Run(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "Usage: embed_viewer PAGE.html STYLE.css OUT.cc MODULE.js...\n");
    return 2;
  }
  const auto page = ReadViewerFile(argv[1]);
  const auto style = ReadViewerFile(argv[2]);
  std::vector<ViewerFile> modules;
  for (int i = 4; i < argc; ++i) {
    const auto module = ReadViewerFile(argv[i]);
    if (!module) return 1;
    modules.push_back(*module);
  }
  if (!page || !style) return 1;
  const auto script = JoinModules(modules);
  const auto parts =
      script.ok() ? SplitPage(*page, *style, *script) : absl::StatusOr<PageParts>(script.status());
  if (!parts.ok()) {
    fmt::print(stderr, "{}\n", std::string(parts.status().message()));
    return 1;
  }
  std::ofstream out(argv[3], std::ios::binary);
  out << "// Made by embed_viewer.\n#include \"report/viewer_page.h\"\n\n"
      << "namespace heimdallr::report {\n\n"
      << Definition("kPageBeforeReport", parts->before_report)
      << Definition("kPageBeforeChunks", parts->before_chunks)
      << Definition("kPageAfterChunks", parts->after_chunks) << "\n}  // namespace\n";
  out.close();
  if (out) return 0;
  fmt::print(stderr, "embed_viewer: cannot write '{}'\n", argv[3]);
  return 1;
}

}  // namespace
}  // namespace heimdallr::report

int main(int argc, char** argv) { return heimdallr::report::Run(argc, argv); }
