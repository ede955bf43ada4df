#include "cli/trace_dump_main.h"

int main(int argc, char** argv) { return heimdallr::cli::TraceDumpMain(argc, argv); }
