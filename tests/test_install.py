"""Packages are written into an environment by one command at a time."""

import fcntl
import subprocess
import sys
from pathlib import Path

ALONE = """\
import sys
from pathlib import Path
from pipeline import install
with install._alone(Path(sys.argv[1])):
    print("alone")
"""


def test_a_second_command_says_that_it_waits_and_goes_on_when_the_first_has_ended(tmp_path: Path) -> None:
    with (tmp_path / "install.lock").open("w") as first:
        fcntl.lockf(first, fcntl.LOCK_EX)
        command = [sys.executable, "-c", ALONE, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as second:
            assert second.stdout
            assert second.stdout.readline() == "  another command installs here: waiting for it\n"
            assert second.poll() is None
            fcntl.lockf(first, fcntl.LOCK_UN)
            assert second.stdout.readline() == "alone\n"
    assert second.returncode == 0
