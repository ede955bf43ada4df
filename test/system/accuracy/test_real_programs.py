"""Programs nobody here wrote: shares of their accesses by (kind, file, function), against exact
counts.

Their code is of uneven cost: a tick falls where time goes, and an instruction that waits for memory
or for a chain of others takes more of it than one that does not. Estimated accesses take time per
instruction as even, so some functions get too much and others too little; how far that goes is what
the figures say, and they have a wide bound only.

The same work is repeated: thousands of times when sampled, twice when counted, less what a run with
one time does. So both sides run the same mix of code.
"""

import os
import random
import unittest

from accuracy.pictures import Pictures
from accuracy.shares import distance, report
from harness import need

LIMIT = 0.35
ENOUGH_TICKS = 500
# One variant of libc's string functions on both sides: valgrind shows programs an older processor.
ENVIRONMENT = {**os.environ, "LC_ALL": "C",
               "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-ERMS,-FSRM,-SSSE3"}

SQL = """
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
insert into t select i, 'name' || (i * 7919 % 300), i / 3.0 from n;
create index by_name on t(name);
select count(*), sum(value), max(name) from t where name like '%7%';
select a.name, b.value from t a join t b on a.name = 'name' || b.id order by b.value limit 3;
delete from t where id % 3 = 0;
drop table t;
"""

PERL = r"""
my ($rounds) = @ARGV;
my $sum = 0;
for my $round (1 .. $rounds) {
  my (%seen, @words);
  my $random = 42;
  for (1 .. 300) {
    $random = ($random * 1103515245 + 12345) % 2147483648;
    my $word = sprintf("w%d", $random % 200);
    $seen{$word}++;
    push @words, $word if $word =~ /^w(\d)\d*\1$/;
  }
  $sum += length(join(",", sort { $seen{$b} <=> $seen{$a} || $a cmp $b } keys %seen)) + @words;
}
print "$sum\n";
"""


def words(count):
    """Text with the repetitions of text, the same each time."""
    choice = random.Random(7)
    known = ["".join(choice.choices("abcdefghijklmnop", k=choice.randint(2, 9)))
             for _ in range(400)]
    return " ".join(known[min(int(choice.expovariate(0.02)), 399)] for _ in range(count))


class RealPrograms(Pictures):
    def check(self, what, command_of, rounds):
        pictures = self.program_pictures(command_of, rounds, ["--no-allocations"],
                                         env=ENVIRONMENT)
        sampled, exact = pictures.sampled, pictures.exact
        print(report(f"{what}, kind and function", sampled, exact, 8), flush=True)
        print(f"    time bias: distance of ticks to instructions by function "
              f"{pictures.time_bias():.4f}", flush=True)
        self.assertGreater(sampled.ticks, ENOUGH_TICKS)
        self.assertLessEqual(distance(sampled.amounts(), exact), LIMIT)

    def test_of_sqlite3(self):
        program = need("sqlite3")

        def command(rounds):
            script = self.folder / f"{rounds}.sql"
            script.write_text(SQL * rounds)
            return [program, "-batch", ":memory:", f".read {script}"]
        self.check("sqlite3", command, 6500)

    def test_of_xz(self):
        program = need("xz")
        text = self.folder / "text"
        text.write_text(words(3500))
        self.check("xz", lambda rounds: [program, "-T1", "-k", "-1", "-c", *[text] * rounds], 3000)

    def test_of_perl(self):
        program = need("perl")
        self.check("perl", lambda rounds: [program, "-e", PERL, rounds], 16000)


if __name__ == "__main__":
    unittest.main()
