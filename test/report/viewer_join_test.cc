#include "report/viewer_join.h"

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST_CASE("JoinModules: imports and the word export go, the rest stays in one function") {
  const auto script = JoinModules({{"a.js", "export const one = 1;\n"},
                                   {"b.js",
                                    "import {one} from \"./a.js\";\n"
                                    "export async function two() { return one + one; }\n"
                                    "  // export stays here\n"}});
  REQUIRE(script.ok());
  CHECK(*script ==
        "(() => {\n\"use strict\";\n// a.js\nconst one = 1;\n// b.js\n"
        "async function two() { return one + one; }\n  // export stays here\n})();\n");
}

TEST_CASE("JoinModules: says where something is not as it should be") {
  const auto wrong = [](const std::string& text) {
    const auto script = JoinModules({{"a.js", "export const one = 1;\n"}, {"b.js", text}});
    REQUIRE_FALSE(script.ok());
    return MessageOf(script.status());
  };
  CHECK(wrong("\nimport one from \"./a.js\";\n").find("b.js:2: ") == 0);
  CHECK(wrong("import * as a from \"./a.js\";\n").find("b.js:1: ") == 0);
  CHECK(wrong("import {one as uno} from \"./a.js\";\n").find("b.js:1: ") == 0);
  CHECK(wrong("import {one} from \"other\";\n").find("b.js:1: ") == 0);
  CHECK(wrong("import {two} from \"./c.js\";\n").find("'c.js' does not stand before") !=
        std::string::npos);
  CHECK(wrong("export default 1;\n").find("b.js:1: ") == 0);
  CHECK(wrong("export {one};\n").find("b.js:1: ") == 0);
  CHECK(wrong("//\n//\nfunction one() {}\n").find("b.js:3: 'one' is declared in a.js:1") == 0);
  CHECK(wrong("let x = \"</SCRIPT>\";\n").find("b.js:1: ") == 0);
  CHECK(wrong("let x = \"<!--\";\n").find("b.js:1: ") == 0);
}

TEST_CASE("SplitPage: parts the page where the data belong") {
  const auto parts =
      SplitPage({"page.html", "<a>{{style}}<b>{{report}}<c>{{script}}<d>{{chunks}}<e>"},
                {"style.css", "p{}"}, "run();");
  REQUIRE(parts.ok());
  CHECK(parts->before_report == "<a>p{}<b>");
  CHECK(parts->before_chunks == "<c>run();<d>");
  CHECK(parts->after_chunks == "<e>");
}

TEST_CASE("SplitPage: a place that is missing, double or in the wrong order is said") {
  const auto wrong = [](const std::string& page, const std::string& style = "") {
    const auto parts = SplitPage({"page.html", page}, {"style.css", style}, "");
    REQUIRE_FALSE(parts.ok());
    return MessageOf(parts.status());
  };
  CHECK(wrong("{{style}}{{report}}{{script}}") == "page.html:1: there is no {{chunks}}");
  CHECK(wrong("{{style}}{{report}}{{chunks}}\n{{script}}") ==
        "page.html:1: {{chunks}} comes too early");
  CHECK(wrong("{{style}}\n{{style}}{{report}}{{script}}{{chunks}}") ==
        "page.html:2: {{style}} is there twice");
  CHECK(wrong("{{style}}{{report}}{{script}}{{chunks}}", "p{}\n</style >").find("style.css:2: ") ==
        0);
}

}  // namespace
}  // namespace heimdallr::report
