"""The layer check finds what it is there to find."""

import tempfile
import unittest
from pathlib import Path

import layers


class Layers(unittest.TestCase):
    def check(self, files):
        """Violations in a made-up tree: {path: text}."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return layers.violations(root)

    def assert_refused(self, path, text):
        found = self.check({path: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{path}:1: "), found)

    def assert_allowed(self, path, text):
        self.assertEqual(self.check({path: text}), [])

    def test_siblings_never_include_each_other(self):
        siblings = ["perf", "replay", "process", "topology", "channel", "trace"]
        for one in siblings:
            for other in siblings:
                if one != other:
                    self.assert_refused(f"src/{one}/a.cc", f'#include "{other}/b.h"\n')

    def test_a_lower_layer_never_includes_a_higher_one(self):
        for low, high in [("base", "perf"), ("perf", "recorder"), ("trace", "analysis"),
                          ("recorder", "cli"), ("analysis", "store"), ("analysis", "cli")]:
            self.assert_refused(f"src/{low}/a.h", f'#include "{high}/b.h"\n')

    def test_recorder_and_analysis_never_meet(self):
        self.assert_refused("src/recorder/a.cc", '#include "analysis/b.h"\n')
        self.assert_refused("src/analysis/a.cc", '#include "recorder/b.h"\n')

    def test_a_higher_layer_includes_a_lower_one(self):
        self.assert_allowed("src/recorder/a.cc", '#include "perf/b.h"\n#include "base/c.h"\n')
        self.assert_allowed("src/cli/a.cc", '#include "recorder/b.h"\n#include "analysis/c.h"\n')
        self.assert_allowed("src/perf/a.cc", '#include "perf/a.h"\n#include "heimdallr/records.h"\n')

    def test_spaces_do_not_hide_an_include(self):
        self.assert_refused("src/perf/a.cc", '  #  include   "trace/b.h"\n')

    def test_protobuf_is_for_the_trace_folder(self):
        self.assert_allowed("src/trace/a.cc", '#include "heimdallr/trace/v1/trace.pb.h"\n')
        self.assert_refused("src/cli/a.cc", '#include "heimdallr/trace/v1/trace.pb.h"\n')
        self.assert_refused("src/recorder/a.cc", "#include <google/protobuf/message.h>\n")

    def test_the_interposer_sees_the_abi_alone(self):
        self.assert_allowed("src/preload/a.cc",
                            '#include "channel/abi.h"\n#include "heimdallr/records.h"\n'
                            '#include "preload/a.h"\n#include <unistd.h>\n')
        self.assert_refused("src/preload/a.cc", '#include "channel/channel.h"\n')
        self.assert_refused("src/preload/a.cc", '#include "base/unique_fd.h"\n')
        self.assert_refused("src/preload/a.cc", '#include "heimdallr/trace_reader.h"\n')
        self.assert_refused("src/preload/a.cc", "#include <absl/status/status.h>\n")
        self.assert_refused("src/preload/a.cc", "#include <fmt/format.h>\n")

    def test_public_headers_stand_alone(self):
        self.assert_refused("include/heimdallr/a.h", '#include "base/clock.h"\n')
        self.assert_allowed("include/heimdallr/a.h", '#include "heimdallr/records.h"\n')

    def test_programs_are_made_of_commands(self):
        self.assert_allowed("tools/heimdallr/main.cc", '#include "cli/record_command.h"\n')
        self.assert_refused("tools/heimdallr/main.cc", '#include "recorder/recorder.h"\n')

    def test_relative_includes_are_refused(self):
        self.assert_refused("src/perf/a.cc", '#include "../trace/b.h"\n')
        self.assert_refused("src/perf/a.cc", '#include "a.h"\n')

    def test_an_unknown_folder_is_reported(self):
        found = self.check({"src/utils/a.h": ""})
        self.assertEqual(found, ["src/utils/a.h: src/utils is not in the table of layers"])


if __name__ == "__main__":
    unittest.main()
