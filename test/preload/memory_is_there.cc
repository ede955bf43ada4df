// Before the first case: whether the memory that the heap is to be in can be had at all.
#include <cstdio>
#include <cstdlib>

#define CATCH_CONFIG_EXTERNAL_INTERFACES  // of listeners
#include <catch2/catch.hpp>

#include "abilities.h"
#include "recorded_run.h"

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE of test/preload/CMakeLists.txt

class MemoryIsThere : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo&) override {
    if (heimdallr::test::TestMemory().empty() || heimdallr::test::AnswersMemoryPolicies()) return;
    std::puts("SKIPPED: get_mempolicy(2) does not answer here, so memkind serves nothing");
    std::exit(kSkipped);
  }
};

CATCH_REGISTER_LISTENER(MemoryIsThere)

}  // namespace
