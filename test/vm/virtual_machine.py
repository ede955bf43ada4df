"""The virtual machine: its hardware, its kernel and what it starts with."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # where an ordinary user does not look

# In this order; what each needs is found by modprobe.
MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "nfit", "nd_pmem", "ext4", "dax_pmem",
           "device_dax", "kmem"]

# Nodes 0 and 1 have a processor each, node 2 has memory alone, as CXL memory and that of
# accelerators is. Node 3 gets its memory when the second NVDIMM is given to the kernel as memory.
NODES = [(0, 1024), (1, 512), (2, 256)]
DISTANCES = {(0, 1): 20, (0, 2): 40, (1, 2): 40, (0, 3): 40, (1, 3): 20, (2, 3): 40}
# What the firmware says of accesses (ACPI's HMAT), as (processors' node, memory's node) -> latency
# in ns and bandwidth in MiB/s: far memory takes long, but node 2 has a wide path.
ACCESSES = {(0, 0): (10, 10240), (0, 1): (20, 5120), (0, 2): (40, 5120),
            (1, 0): (20, 5120), (1, 1): (10, 10240), (1, 2): (30, 20480)}
NVDIMM_MIB = 384  # of a DAX device, whole blocks of 128 MiB become memory: 256 MiB
MEMORY_MIB = sum(mib for _, mib in NODES)

# Nothing is to move pages but what the tests ask for.
KERNEL_ARGUMENTS = ("console=ttyS0 quiet panic=-1 mitigations=off numa_balancing=disable "
                    "transparent_hugepage=never random.trust_cpu=on")


class Missing(Exception):
    """What the machine cannot be made without is not there."""


def find(program):
    path = shutil.which(program, path=PATH)
    if path is None:
        raise Missing(f"{program} is not installed")
    return path


def kernel(folder):
    """(image, version) of the kernel that was unpacked into `folder`."""
    images = sorted(Path(folder).glob("boot/vmlinuz-*"))
    if not images:
        raise Missing(f"there is no kernel below {folder} (tools/dev vm-test gets one)")
    return images[-1], images[-1].name.removeprefix("vmlinuz-")


def module_files(folder, version):
    """The files to load, each behind those that it needs."""
    if not (folder / "lib/modules" / version / "modules.dep.bin").exists():
        subprocess.run([find("depmod"), "-b", folder, version], check=True)
    files = {}
    for module in MODULES:
        shown = subprocess.run([find("modprobe"), "-d", folder, "-S", version, "--show-depends",
                                module], check=True, stdout=subprocess.PIPE, text=True).stdout
        for line in shown.splitlines():
            word, _, rest = line.partition(" ")
            if word == "insmod":
                files[rest.strip()] = None
    return list(files)


def make_initramfs(folder, version, command, work):
    """Packs busybox, the modules, init and `command`, which is run in the host's files."""
    tree = work / "initramfs"
    shutil.rmtree(tree, ignore_errors=True)
    for name in ("bin", "dev", "host", "layer", "modules", "proc", "root", "sys"):
        (tree / name).mkdir(parents=True)
    shutil.copy(find("busybox"), tree / "bin/busybox")
    shutil.copy(HERE / "init", tree / "init")
    (tree / "init").chmod(0o755)
    for index, file in enumerate(module_files(folder, version)):
        shutil.copy(file, tree / "modules" / f"{index:02}-{Path(file).name}")
    os.symlink("busybox", tree / "bin/sh")
    (tree / "command").write_text(command + "\n")
    names = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    with open(work / "initramfs.cpio", "wb") as packed:
        subprocess.run([find("cpio"), "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=tree,
                       input="\n".join(names).encode(), stdout=packed, check=True)
    return work / "initramfs.cpio"


def in_host_files(command, *environment):
    """`command` as a line of /command: run in the host's files with a small environment."""
    variables = ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/root", "LANG=C.UTF-8",
                 "TMPDIR=/run/vm/tmp", *environment]
    return shlex.join(["chroot", "/root", "/usr/bin/env", "-i", *variables, *map(str, command)])


def share(tag, path, *options):
    text = ",".join(["local", f"path={str(path).replace(',', ',,')}", f"mount_tag={tag}",
                     "security_model=none", "multidevs=remap", *options])
    return ["-virtfs", text]


def nodes():
    words = []
    for node, mib in NODES:
        words += ["-object", f"memory-backend-ram,id=node{node},size={mib}M"]
        # The processors nearest to it: its own, or those of node 1.
        cpus = f",cpus={node},initiator={node}" if node < 2 else ",initiator=1"
        words += ["-numa", f"node,nodeid={node}{cpus},memdev=node{node}"]
    words += ["-numa", "node,nodeid=3"]
    for (source, target), distance in DISTANCES.items():
        words += ["-numa", f"dist,src={source},dst={target},val={distance}"]
    for (source, target), (latency, bandwidth) in ACCESSES.items():
        pair = f"hmat-lb,initiator={source},target={target},hierarchy=memory"
        words += ["-numa", f"{pair},data-type=access-latency,latency={latency}",
                  "-numa", f"{pair},data-type=access-bandwidth,bandwidth={bandwidth}M"]
    return words


def nvdimms():
    words = []
    for index, node in enumerate((0, 3)):
        words += ["-object", f"memory-backend-ram,id=pmem{index},size={NVDIMM_MIB}M",
                  "-device", f"nvdimm,id=nvdimm{index},memdev=pmem{index},node={node}"]
    return words


def qemu(kernel_image, initramfs, results):
    """The command line. The serial line is on standard input and output."""
    return [find("qemu-system-x86_64"), "-machine", "pc,nvdimm=on,hmat=on",
            "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2,sockets=2",
            "-nographic", "-no-reboot", "-nodefaults",
            # Ctrl-C is for the shell in the machine.
            "-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line",
            "-m", f"{MEMORY_MIB}M,slots=4,maxmem=8G", *nodes(), *nvdimms(),
            *share("host", "/", "readonly=on"), *share("results", results),
            "-kernel", str(kernel_image), "-initrd", str(initramfs),
            "-append", KERNEL_ARGUMENTS]
