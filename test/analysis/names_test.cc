#include "analysis/names.h"

#include <set>
#include <string>

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

TEST_CASE("Name: calls are spelt as in C and C++") {
  CHECK(Name(AllocationCall::kMalloc) == "malloc");
  CHECK(Name(AllocationCall::kFree) == "free");
  CHECK(Name(AllocationCall::kOperatorNewArray) == "operator new[]");
  CHECK(Name(AllocationCall::kOperatorDelete) == "operator delete");
  CHECK(Name(AllocationCall::kFreeAlignedSized) == "free_aligned_sized");
  CHECK(Name(AllocationCall::kMmap) == "mmap");
  CHECK(Name(AllocationCall::kSbrk) == "sbrk");
  CHECK(Name(static_cast<AllocationCall>(250)) == "unknown");
}

TEST_CASE("Name: every loss has a name and a meaning of its own") {
  std::set<std::string> names;
  std::set<std::string> meanings;
  for (std::uint8_t kind = 0; kind < kLossKinds; ++kind) {
    names.emplace(Name(static_cast<LossKind>(kind)));
    meanings.emplace(Meaning(static_cast<LossKind>(kind)));
  }
  CHECK(names.size() == kLossKinds);
  CHECK(meanings.size() == kLossKinds);
  CHECK(Name(static_cast<LossKind>(250)) == "unknown");
}

TEST_CASE("MapsMemory: tells the kernel's ranges from heap blocks") {
  CHECK(MapsMemory(AllocationCall::kMmap));
  CHECK(MapsMemory(AllocationCall::kSbrk));
  CHECK_FALSE(MapsMemory(AllocationCall::kOperatorDeleteArray));
  CHECK_FALSE(MapsMemory(AllocationCall::kMalloc));
}

}  // namespace
}  // namespace heimdallr::analysis
