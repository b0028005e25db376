"""A small project that something happens to."""

import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., "subprocess.CompletedProcess[str]"]


CONFIG = "configs/small.yaml"


CANDIDATE = "reports/small/candidate"


def edit(project: Path, old: str, new: str) -> None:
    path = project / CONFIG
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def flip_a_byte(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(data)
