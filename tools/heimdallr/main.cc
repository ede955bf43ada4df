#include "cli/record_command.h"

int main(int argc, char** argv) { return heimdallr::cli::HeimdallrMain(argc, argv); }
