// Prints the object of a trace that is accessed most.
#include <cstdio>

#include <heimdallr/object_profile.h>
#include <heimdallr/trace_reader.h>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: hottest_object TRACE\n");
    return 2;
  }
  auto reader = heimdallr::TraceReader::Open(argv[1]);
  if (!reader.ok()) {
    std::fprintf(stderr, "%s\n", reader.status().ToString().c_str());
    return 1;
  }
  const auto profile = heimdallr::ProfileObjects(*reader);
  if (!profile.ok()) {
    std::fprintf(stderr, "%s\n", profile.status().ToString().c_str());
    return 1;
  }
  if (profile->sites.empty()) return 0;
  const heimdallr::ObjectSite& hottest = profile->sites.front();
  std::printf("%s: %llu loads, %llu stores of %llu accesses sampled\n", hottest.name.c_str(),
              static_cast<unsigned long long>(hottest.loads),
              static_cast<unsigned long long>(hottest.stores),
              static_cast<unsigned long long>(profile->accesses));
  return 0;
}
