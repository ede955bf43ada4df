"""Makes the first NVDIMM a file system with DAX and the second memory of node 3, by the kernel's
files in sysfs (Documentation/driver-api/nvdimm and Documentation/ABI of the kernel)."""

import subprocess
import uuid
from pathlib import Path

PMEM = Path("/mnt/pmem")
KMEM_NODE = 3
ND = Path("/sys/bus/nd/devices")
ND_DRIVERS = Path("/sys/bus/nd/drivers")
DAX_DRIVERS = Path("/sys/bus/dax/drivers")


def write(path, text):
    try:
        path.write_text(text)
    except OSError as error:
        raise OSError(f"cannot write '{text}' to {path}: {error}") from error


def claim(region, kind, driver):
    """Gives the region's namespace to its seed device of `kind` (pfn or dax): memory with struct
    pages, which lie in ordinary memory."""
    namespace, device = ND / f"namespace{region}.0", ND / f"{kind}{region}.0"
    if (namespace / "driver").exists():
        write(namespace / "driver/unbind", namespace.name)
    write(device / "mode", "ram")
    write(device / "align", str(2 << 20))
    write(device / "uuid", str(uuid.uuid4()))
    write(device / "namespace", namespace.name)
    write(ND_DRIVERS / driver / "bind", device.name)


def mount_dax():
    claim(0, "pfn", "nd_pmem")
    subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "/dev/pmem0"], check=True)
    PMEM.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "ext4", "-o", "dax=always", "/dev/pmem0", PMEM], check=True)


def add_node():
    claim(1, "dax", "dax_pmem")
    device = next(Path("/sys/bus/dax/devices").iterdir()).name
    bound = DAX_DRIVERS / "device_dax" / device
    if bound.exists():
        write(DAX_DRIVERS / "device_dax/unbind", device)
    # Written to new_id, the name is both matched and bound.
    write(DAX_DRIVERS / "kmem/new_id", device)
    for state in sorted(Path(f"/sys/devices/system/node/node{KMEM_NODE}").glob("memory*/state")):
        if state.read_text().strip() == "offline":
            write(state, "online_movable")


def main():
    mount_dax()
    add_node()


if __name__ == "__main__":
    main()
