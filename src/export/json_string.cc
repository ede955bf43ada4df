#include "export/json_string.h"

#include <algorithm>

namespace heimdallr::exports {

void AppendJsonString(std::string_view text, fmt::memory_buffer& out) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of("\"\\"), text.size());
    out.append(text.data(), text.data() + plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    out.push_back('\\');
    out.push_back(text.front());
    text.remove_prefix(1);
  }
  out.push_back('"');
}

}  // namespace heimdallr::exports
