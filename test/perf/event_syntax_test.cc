// The syntax is that of perf-list(1), perf-record(1) and, for breakpoints, perf-record's "-e mem:".
#include "perf/event_syntax.h"

#include <catch2/catch.hpp>

namespace heimdallr::perf {

TEST_CASE("ParseEvent: terms and modifiers of a PMU") {
  const auto event = ParseEvent("cpu/event=0xcd,umask=1,ldlat=30,edge,chip=?/pp");
  REQUIRE(event.ok());
  CHECK(event->pmu == "cpu");
  REQUIRE(event->terms.size() == 5);
  CHECK(event->terms[0].name == "event");
  CHECK(event->terms[0].value == 0xcd);
  CHECK(event->terms[2].value == 30);
  CHECK(!event->terms[3].value);
  CHECK(event->terms[4].is_open);
  CHECK(event->modifiers.precise == 2);
  CHECK(ParseEvent("ibs_op//")->terms.empty());
}

TEST_CASE("ParseEvent: every modifier is told from the others") {
  const auto event = ParseEvent("mem-loads:ukhHGP");
  REQUIRE(event.ok());
  CHECK(event->name == "mem-loads");
  const EventModifiers& all = event->modifiers;
  CHECK((all.user && all.kernel && all.hypervisor && all.host && all.guest && all.most_precise));
  CHECK(all.precise == 0);
  const EventModifiers one = ParseEvent("cpu/mem-loads/k")->modifiers;
  CHECK((one.kernel && !one.user && !one.hypervisor && !one.host && !one.guest));
  CHECK(one.says_where());
  CHECK(!ParseEvent("cycles:ppp")->modifiers.says_where());
}

TEST_CASE("ParseEvent: raw events are hexadecimal, names that begin alike are names") {
  CHECK(ParseEvent("r1cd")->raw == 0x1cd);
  CHECK(ParseEvent("r82d0:pp")->modifiers.precise == 2);
  CHECK(!ParseEvent("ref-cycles")->raw);
  CHECK(ParseEvent("ref-cycles")->name == "ref-cycles");
  CHECK(!ParseEvent("r")->raw);
}

TEST_CASE("ParseEvent: breakpoints") {
  const auto event = ParseEvent("mem:0x404020/8:w:u");
  REQUIRE(event.ok());
  CHECK(event->breakpoint->address == 0x404020);
  CHECK(event->breakpoint->bytes == 8);
  CHECK((!event->breakpoint->read && event->breakpoint->write && !event->breakpoint->execute));
  CHECK(event->modifiers.user);
  const Breakpoint usual = *ParseEvent("mem:0x10")->breakpoint;
  CHECK((usual.bytes == 0 && usual.read && usual.write && !usual.execute));
  CHECK(ParseEvent("mem:16:x")->breakpoint->execute);
}

TEST_CASE("ParseEvent: what is no event is refused, its text being in the error") {
  const auto* text =
      GENERATE("cpu/mem-loads", "/event=1/", "cpu/event=/", "cpu/event=0x/", "cpu/event=1x/",
               "cpu/event=-1/", "cpu/event=0x10000000000000000/", "cpu/=1/", "cpu/,/", "cpu/a b/",
               "cpu/event=1/q", "cycles:pppp", "cycles:z", "mem:", "mem:x", "mem:0x10/9",
               "mem:0x10/0", "mem:0x10/:r", "mem:0x10:q", "mem:0x10:r:q", "a b", "cpu/a/b/c/",
               "r10000000000000000", "\x01", "cycles:\xff");
  CAPTURE(text);
  const auto event = ParseEvent(text);
  REQUIRE(event.status().code() == absl::StatusCode::kInvalidArgument);
  const std::string message(event.status().message());
  CHECK(message.find('\'') != std::string::npos);
  CHECK(message.find('\x01') == std::string::npos);
  CHECK(message.find('\xff') == std::string::npos);
}

TEST_CASE("ParseEvent: nothing is no event") { CHECK(!ParseEvent("").ok()); }

}  // namespace heimdallr::perf
