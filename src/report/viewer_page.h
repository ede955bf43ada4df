// The viewer as HTML, in the pieces that the data go between. Made by embed_viewer from viewer/.
#pragma once

#include <string_view>

namespace heimdallr::report {

extern const std::string_view kPageBeforeReport;
extern const std::string_view kPageBeforeChunks;
extern const std::string_view kPageAfterChunks;

}  // namespace heimdallr::report
