"""Part (g) of bench.py: what a malloc and free pair costs by the memory it comes from."""

import re
import statistics
import tempfile

# Without such memory in the machine memkind is told that node 0 is of that kind.
KINDS = {
    "kind=regular": {},
    "kind=hbw-all": {"MEMKIND_HBW_NODES": "0"},
    "kind=dax-kmem-all": {"MEMKIND_DAX_KMEM_NODES": "0"},
}


def measure_kinds(bench):
    """(rows of name, figures), [(holds, text)]; ([], []) where memkind is not built."""
    library = bench.build / "lib" / "libheimdallr-memkind.so"
    bare = bench.build / "bench" / "memkind_pair"
    if not library.exists() or not bare.exists():
        return [], []
    with tempfile.TemporaryDirectory(prefix="heimdallr-bench-", dir="/dev/shm") as folder:
        pmem = f"pmem={folder}"
        program = [str(bench.build / "bench" / "malloc_pair"), "2000000", "1", "0"]
        configurations = {"glibc": (program, {})}
        for memory, environment in {**KINDS, pmem: {}}.items():
            name = "pmem on tmpfs" if memory == pmem else memory
            configurations[name] = (program, {
                "LD_PRELOAD": str(library), "HEIMDALLR_MEMORY": memory, **environment})
        configurations["glibc, 2 threads"] = ([program[0], "1000000", "2", "0"], {})
        configurations["pmem on tmpfs, 2 threads"] = (
            [program[0], "1000000", "2", "0"],
            {"LD_PRELOAD": str(library), "HEIMDALLR_MEMORY": pmem})
        for name, kind in {"default": "default", "regular": "regular",
                           "pmem on tmpfs": pmem}.items():
            configurations[f"memkind alone, {name}"] = ([str(bare), kind, "500000"], {})

        def measure(configuration):
            command, environment = configuration
            _, output = bench.run([], command, environment)
            return float(re.search(r"cpu_ns_per_pair ([0-9.]+)", output)[1])

        figures = bench.interleave(configurations, measure)
    median = {name: statistics.median(values) for name, values in figures.items()}
    verdicts = [(median[name] <= 2 * median["glibc"],
                 f"{name} costs at most twice what glibc does "
                 f"({median[name] / median['glibc']:.2f} times)")
                for name in ("kind=regular", "pmem on tmpfs")]
    return list(figures.items()), verdicts
