"""The two pictures of one program: sampled by heimdallr, and counted by lackey."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from accuracy.exact import lackey
from accuracy.modules import AddressSpace, Functions, Mapping, symbol
from accuracy.shares import Sampled, distance, kinds
from harness import SystemTest, Truth, address, need, records, workload

# Blocks of malloc begin at multiples of it, so each bucket is in one object.
BUCKET_BYTES = 16


def amount(access):
    """Accesses that a record of `trace-dump print` stands for, in a unit that cancels out."""
    return access["weight"] * access.get("period", 1)


class OwnCode:
    """Names the accesses of a truth workload's own code by what it said of itself."""

    def __init__(self, program, truth):
        self._truth = truth
        self._functions = Functions.by_symbols(program)
        # Where it was linked to, beside where it is.
        self._moved = truth.text[0][0] - symbol(program, "__executable_start")

    def function(self, ip):
        """None outside the program's own code."""
        if not self._truth.in_text(ip):
            return None
        return self._functions.name(ip - self._moved)

    def object(self, ip, target):
        """None outside the program's own code, "-" outside its objects."""
        if not self._truth.in_text(ip):
            return None
        for name, (first, end) in self._truth.objects.items():
            if first <= target < end:
                return name
        return "-"


@dataclass
class ProgramPictures:
    sampled: Sampled = field(default_factory=Sampled)  # by (kind, module, function)
    exact: Counter = field(default_factory=Counter)  # the same
    ticks: Counter = field(default_factory=Counter)  # by (module, function), those with accesses
    instructions: Counter = field(default_factory=Counter)  # by (module, function), executed

    def time_bias(self):
        """How far time is from instructions executed, by function: what estimates that take time
        per instruction as even cannot know."""
        return distance(self.ticks, self.instructions)


class Pictures(SystemTest):
    """Tests that take both pictures."""

    def setUp(self):
        need("valgrind")
        super().setUp()

    def truth_pictures(self, name, arguments, rounds, seconds, options=()):
        """({what: (sampled, exact)}) of a truth workload; what is "function" or "object"."""
        program = workload(name)
        run = self.record([program, seconds, *arguments], options)
        self.assert_status(run, 0)
        own = OwnCode(program, run.truth)
        sampled = {"function": Sampled(), "object": Sampled()}
        for access in records(run.trace, "--type", "access"):
            ip = address(access, "ip")
            target = address(access)
            names = {"function": own.function(ip), "object": own.object(ip, target)}
            for what, found in names.items():
                for kind in kinds(access["kind"]) if found else ():
                    sampled[what].add(access["tick"], (kind, found), amount(access))
        run.trace.unlink()

        exact = self._exact(program, arguments, rounds)
        return {what: (sampled[what], exact[what]) for what in sampled}

    def _exact(self, program, arguments, rounds):
        exact = {"function": Counter(), "object": Counter()}
        for counted, sign in self._count(lambda n: [program, f"{n}x", *arguments], rounds,
                                         BUCKET_BYTES):
            own = OwnCode(program, Truth.parse(counted.stdout))
            for (kind, ip, bucket), count in counted.counts.items():
                names = {"function": own.function(ip), "object": own.object(ip, bucket)}
                for what, found in names.items():
                    if found:
                        exact[what][kind, found] += sign * count
        return {what: +counts for what, counts in exact.items()}

    def _count(self, command_of, rounds, bucket, **options):
        """Runs of `rounds` + 1 rounds, to be added, and of one round, to be subtracted: starting
        and ending are nothing in the long run that is sampled, but not in a short one."""
        commands = [command_of(rounds + 1), command_of(1)]
        with ThreadPoolExecutor() as pool:
            runs = list(pool.map(
                lambda command: lackey(command, self.folder, bucket, **options), commands))
        self.assertEqual([run.status for run in runs], [0, 0])
        return zip(runs, (1, -1))

    def program_pictures(self, command_of, rounds, options=(), **run_options):
        """Pictures of any program by (module, function); `command_of` makes a command of a number
        of rounds."""
        run = self.record(command_of(rounds), options, **run_options)
        self.assert_status(run, 0)
        mappings = [Mapping.of_record(record)
                    for record in records(run.trace, "--type", "mapping")]
        space = AddressSpace(mapping for mapping in mappings if mapping)
        pictures = ProgramPictures()
        ticks = {}
        for access in records(run.trace, "--type", "access"):
            place = space.place(address(access, "ip"))
            ticks[access["tick"]] = place
            for kind in kinds(access["kind"]):
                pictures.sampled.add(access["tick"], (kind, *place), amount(access))
        pictures.ticks.update(ticks.values())
        run.trace.unlink()

        for counted, sign in self._count(command_of, 1, 0, **run_options):
            space = AddressSpace(counted.mappings)
            for (kind, ip, _), count in counted.counts.items():
                pictures.exact[(kind, *space.place(ip))] += sign * count
            for ip, count in counted.instructions.items():
                pictures.instructions[space.place(ip)] += sign * count
        pictures.exact = +pictures.exact
        pictures.instructions = +pictures.instructions
        return pictures
