#include "recorder/thread_pointers.h"

#include <catch2/catch.hpp>

using heimdallr::recorder::ThreadPointers;

TEST_CASE("ThreadPointers: a report holds from its time on") {
  ThreadPointers pointers;
  pointers.OnReport(100, 7, 0xf5);
  CHECK_FALSE(pointers.Find(99, 7));
  CHECK(pointers.Find(100, 7) == 0xf5);
  CHECK(pointers.Find(1000, 7) == 0xf5);
  CHECK_FALSE(pointers.Find(1000, 8));
}

TEST_CASE("ThreadPointers: a new image that has reported already does not change the old one") {
  ThreadPointers pointers;
  pointers.OnReport(100, 7, 0xa);
  pointers.OnReport(300, 7, 0xb);  // heard of before the exec at 200 is
  CHECK(pointers.Find(199, 7) == 0xa);
  pointers.OnEnd(200, 7);
  CHECK_FALSE(pointers.Find(250, 7));
  CHECK(pointers.Find(300, 7) == 0xb);
}

TEST_CASE("ThreadPointers: a forked process goes on with that of the thread that forked") {
  ThreadPointers pointers;
  pointers.OnReport(100, 7, 0xa);
  pointers.OnFork(200, 9, 7);
  CHECK(pointers.Find(200, 9) == 0xa);
  CHECK_FALSE(pointers.Find(199, 9));
  pointers.OnFork(300, 10, 99);
  CHECK_FALSE(pointers.Find(300, 10));
}

TEST_CASE("ThreadPointers: a process id used again does not keep what its last holder reported") {
  ThreadPointers pointers;
  pointers.OnReport(100, 9, 0xa);
  pointers.OnFork(200, 9, 7);
  CHECK_FALSE(pointers.Find(250, 9));
}
