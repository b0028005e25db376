import subprocess
import sys

import pytest

from pipeline.errors import RetryError
from pipeline.locking import lock
from pipeline.workspace import Workspace
from pipeline.writing import TEMPORARY

HOLD = """
import sys, time
from pathlib import Path
from pipeline.locking import lock
from pipeline.workspace import Workspace
with lock(Workspace(Path(sys.argv[1]), "study")):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_next_run_removes_what_a_killed_run_left(workspace: Workspace) -> None:
    leftover = workspace.candidate / f"x{TEMPORARY}123.csv"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("half")
    with lock(workspace):
        assert not leftover.exists()


def test_a_second_run_names_the_holder_and_a_killed_holder_frees_the_lock(workspace: Workspace) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(workspace.root)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(RetryError, match=f"process {holder.pid} on "), lock(workspace):
        pass
    holder.kill()
    holder.wait()
    with lock(workspace):
        pass
