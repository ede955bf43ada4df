// A C program that takes in C++ by dlopen: operator new is then found here before libstdc++ is in
// any scope. Exits with 0 when the plugin's allocations and exceptions worked.
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char** argv) {
  void* plugin = dlopen(argc > 1 ? argv[1] : "libheimdallr-test-plugin.so", RTLD_NOW | RTLD_LOCAL);
  if (plugin == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  int (*run)(void) = (int (*)(void))dlsym(plugin, "PluginRun");
  return run == NULL ? 3 : run();
}
