"""Installs a lock file into the environment that runs this, and says how far it is.

`python -m pipeline.install LOCK` needs nothing but Python and pip. pip tells of each package in the lock
file when it turns to it; the packages whose folders are there are counted while they are written.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off")
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][\w.-]*==", re.MULTILINE)
_EVERY_SECONDS = 5.0  # a choice: often enough to be believed, seldom enough for a log
_KEPT_LINES = 20  # of pip's last words, shown when it fails


def main(lock: Path) -> int:
    """The exit code of pip; a line now and then says how many packages are fetched or written."""
    with _alone(Path(sys.prefix)):
        return _install(lock)


@contextlib.contextmanager
def _alone(environment: Path) -> Iterator[None]:
    """Holds the environment: two terminals would else write the same packages at once.

    The lock is the kernel's (fcntl): it is gone with its process, however that ended.
    """
    with (environment / "install.lock").open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("  another command installs here: waiting for it", flush=True)
            fcntl.lockf(file, fcntl.LOCK_EX)
        yield


def _install(lock: Path) -> int:
    total = len(_REQUIREMENT.findall(lock.read_text(encoding="utf-8")))
    before = _installed()
    lines: list[str] = []
    command = [sys.executable, *_PIP, "--require-hashes", "--no-deps", "-r", str(lock)]  # a lock is whole
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        reader = threading.Thread(target=lambda: lines.extend(pip.stdout or ()), daemon=True)
        reader.start()
        _watch(pip, lambda: _stand(lines, total, _installed() - before))
        reader.join()
    if pip.returncode:
        print("".join(lines[-_KEPT_LINES:]), file=sys.stderr)
        print(
            f"The packages of {lock.name} were not installed; pip's last words are above. Without a "
            "connection, or behind a proxy, set it up for pip, and run the same command again.",
            file=sys.stderr,
        )
    return pip.returncode


def _watch(pip: subprocess.Popen[str], tell: Callable[[], str]) -> None:
    """Prints what `tell` says, where it changed, until pip ends."""
    last_line = ""
    while pip.poll() is None:
        try:
            pip.wait(_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            line = tell()
            if line != last_line:
                print(f"  {time.strftime('%H:%M:%S')} {line}", flush=True)
            last_line = line


def _stand(lines: list[str], total: int, written: int) -> str:
    if any(line.startswith("Installing collected packages") for line in lines):
        return f"written {max(written, 0)} packages"
    fetched = sum(line.startswith(("Collecting ", "Requirement already satisfied")) for line in lines)
    return f"fetched {fetched} of at most {total} packages"


def _installed() -> int:
    """How many packages this environment holds."""
    return sum(1 for _ in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit("Interrupted. Run the same command again.")
