"""One way to read a store's YAML, in a process that holds nothing else: what it cost, as JSON."""

import gc
import json
import sys
import time
from importlib import import_module
from pathlib import Path


def read_ours(folder: Path) -> int:
    """Return how many SKUs the desired state has."""
    build = import_module("reconciler.desired.loader")
    files = import_module("reconciler.desired.files")
    desired = build.build_desired("big", folder.as_posix(), files.read_files(folder, []), [])
    return len(desired.declared)


def read_theirs(folder: Path) -> int:
    """Return how many SKUs PyYAML loads, and hold all that it loaded."""
    yaml = import_module("yaml")
    loaded = [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in sorted(folder.iterdir())]
    return sum(len(document.get("skus", ())) for document in loaded)


def main(name: str, folder: Path, expected: int) -> None:
    """Run one case and print processor seconds and peak MiB."""
    read = read_ours if name == "ours" else read_theirs
    if name == "ours":
        import_module("reconciler.desired.loader")
    else:
        import_module("yaml")
    if name == "without collector":
        gc.disable()
    start = time.process_time()
    count = read(folder)
    seconds = time.process_time() - start
    assert count == expected, count
    print(json.dumps([seconds, _peak()]))


def _peak() -> float:
    """Return the peak memory in MiB; getrusage would include that of whoever started us."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) / 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
