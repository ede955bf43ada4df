#include "perf/merge_queue.h"

#include <memory>
#include <string>

#include <catch2/catch.hpp>

namespace heimdallr::perf {
namespace {

std::string PopAll(MergeQueue<char>& queue, std::uint64_t until) {
  std::string out;
  queue.PopUntil(until, [&](char c) { out += c; });
  return out;
}

}  // namespace

TEST_CASE("MergeQueue: items come out by time") {
  MergeQueue<char> queue;
  queue.Push(30, 'c');
  queue.Push(10, 'a');
  queue.Push(20, 'b');
  CHECK(PopAll(queue, 100) == "abc");
  CHECK(queue.size() == 0);
}

TEST_CASE("MergeQueue: items of equal time keep their order") {
  MergeQueue<char> queue;
  for (const char c : std::string("abcdefghijklmnopqrstuvwxyz")) queue.Push(c % 2 == 0, c);
  CHECK(PopAll(queue, 100) == "acegikmoqsuwybdfhjlnprtvxz");
}

TEST_CASE("MergeQueue: later items wait and keep their order with those that follow") {
  MergeQueue<char> queue;
  queue.Push(50, 'x');
  queue.Push(10, 'a');
  queue.Push(50, 'y');
  CHECK(PopAll(queue, 49) == "a");
  CHECK(queue.size() == 2);
  queue.Push(50, 'z');
  queue.Push(49, 'b');
  CHECK(PopAll(queue, 50) == "bxyz");
}

TEST_CASE(
    "MergeQueue: an item earlier than what was given out is counted as late and still comes") {
  MergeQueue<char> queue;
  queue.Push(10, 'a');
  CHECK(PopAll(queue, 20) == "a");
  queue.Push(15, 'b');
  queue.Push(20, 'c');
  CHECK(queue.late() == 1);
  CHECK(PopAll(queue, 30) == "bc");
}

TEST_CASE("MergeQueue: holds items that can only be moved") {
  MergeQueue<std::unique_ptr<int>> queue;
  queue.Push(2, std::make_unique<int>(2));
  queue.Push(1, std::make_unique<int>(1));
  int last = 0;
  queue.PopUntil(2, [&](std::unique_ptr<int> item) {
    CHECK(*item == last + 1);
    last = *item;
  });
  CHECK(last == 2);
}

}  // namespace heimdallr::perf
