"""Programs built in the ways that programs are built, and programs that make code while they run:
the code around nearly every tick can be read and decoded, and gives an address if it accesses
memory."""

import os
import unittest

from harness import SystemTest, address, losses, need, records, summary, workload

SECONDS = 1.5
ENOUGH_TICKS = 200
LIMIT = 0.05
# Ticks that give nothing though their code may access memory.
UNDECODABLE = ("code_unreadable", "instruction_unknown", "operand_unknown", "no_user_registers")

JAVASCRIPT = """
function step(table, random) {
  for (let i = 0; i < table.length; i++) {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    table[random % table.length] += table[i] ^ random;
  }
  return random;
}
const table = new Int32Array(1 << 14), objects = [];
const end = Date.now() + 2000;
let random = 42;
while (Date.now() < end) {
  random = step(table, random);
  objects[random % 1000] = {random, text: 'x' + random};
}
console.log(objects.length > 0);
"""

JAVA = """
public class Loop {
  static int step(int[] table, int random) {
    for (int i = 0; i < table.length; i++) {
      random = random * 1103515245 + 12345;
      table[(random >>> 8) % table.length] += table[i] ^ random;
    }
    return random;
  }
  public static void main(String[] arguments) {
    int[] table = new int[1 << 14];
    Object[] objects = new Object[1000];
    long end = System.nanoTime() + 2000000000L;
    int random = 42;
    while (System.nanoTime() < end) {
      random = step(table, random);
      objects[(random >>> 8) % objects.length] = "x" + random;
    }
    System.out.println(objects.length);
  }
}
"""


class Undecodable(SystemTest):
    def check(self, what, command):
        run = self.record(command)
        self.assert_status(run, 0)
        self.assert_whole(run.trace)
        ticks = summary(run.trace)["recorder"]["ticks"]
        lost = losses(run.trace)
        counts = {kind: lost[kind] for kind in UNDECODABLE if lost[kind]}
        share = sum(counts.values()) / ticks if ticks else 0
        print(f"builds: {what}: {100 * share:.2f} % of {ticks} ticks undecodable {counts or ''}; "
              f"{lost['no_memory_operand']} in code without memory accesses", flush=True)
        self.assertGreater(ticks, ENOUGH_TICKS)
        self.assertLessEqual(share, LIMIT, counts)
        return run

    def check_chain(self, build):
        return self.check(build, [workload(f"chain-{build}"), SECONDS])

    def test_of_a_chain_of_libraries(self):
        run = self.check_chain("libraries")
        code = {record["path"].rsplit("/", 1)[-1]: (address(record), record["size"])
                for record in records(run.trace, "--type", "mapping")
                if "x" in record["protection"] and "path" in record}
        ips = [address(access, "ip") for access in records(run.trace, "--type", "access")]
        for library in ("libchain-outer.so", "libchain-inner.so", "libc.so.6"):
            first, size = code[library]
            self.assertTrue(any(first <= ip < first + size for ip in ips), library)

    def test_of_a_position_independent_program(self):
        self.check_chain("pie")

    def test_of_a_program_at_fixed_addresses(self):
        self.check_chain("no-pie")

    def test_of_a_static_position_independent_program(self):
        run = self.check_chain("static-pie")
        self.assertGreater(losses(run.trace)["untraced_process"], 0)

    def test_of_a_stripped_program(self):
        self.check_chain("stripped")

    def test_of_a_program_with_frame_pointers(self):
        self.check_chain("frame-pointer")

    def check_generated(self, what, command):
        run = self.check(what, command)
        files = [(address(record), address(record) + record["size"])
                 for record in records(run.trace, "--type", "mapping")
                 if os.path.exists(record.get("path", "")) or record.get("path") == "[vdso]"]
        ips = [address(access, "ip") for access in records(run.trace, "--type", "access")]
        generated = sum(not any(first <= ip < end for first, end in files) for ip in ips)
        print(f"builds: {what}: {generated} of {len(ips)} accesses by code it generated",
              flush=True)
        self.assertGreater(generated, 0)

    def test_of_node(self):
        self.check_generated("node", [need("node"), "-e", JAVASCRIPT])

    def test_of_java(self):
        java, javac = need("java"), need("javac")
        (self.folder / "Loop.java").write_text(JAVA)
        self.assertEqual(self.run_command([javac, "Loop.java"]).returncode, 0)
        self.check_generated("java", [java, "-cp", self.folder, "Loop"])


if __name__ == "__main__":
    unittest.main()
