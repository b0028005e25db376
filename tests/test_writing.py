import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import RetryError
from pipeline.writing import atomic, retry_error, write_bytes, write_json

WRITE = """
import sys
from pathlib import Path
from pipeline.writing import write_text
write_text(Path(sys.argv[1]), "new")
"""


def test_an_equal_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "x.json"
    assert write_json(path, {"b": 1, "a": 2})
    os.utime(path, (1, 1))
    assert not write_json(path, {"a": 2, "b": 1})
    assert path.stat().st_mtime == 1
    assert write_json(path, {"a": 3})


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"value": float("nan")})


def test_an_error_while_writing_leaves_the_old_file_and_no_leftover(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("point", "content"), [("write:x.txt", "old"), ("written:x.txt", "new")])
def test_a_kill_leaves_the_file_before_or_after(tmp_path: Path, point: str, content: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")
    killed = subprocess.run(
        [sys.executable, "-c", WRITE, str(path)], env={**os.environ, "SCANLOOM_CRASH_AT": point}
    )
    assert killed.returncode == -9
    assert path.read_text() == content


def test_a_full_disk_is_told_with_its_folder_and_free_space(tmp_path: Path) -> None:
    error = retry_error(OSError(errno.ENOSPC, "No space left on device"), tmp_path / "deep" / "x.npy")
    assert isinstance(error, RetryError)
    assert error.exit_code == 75
    assert str(error).startswith(f"x.npy was not written: the disk is full ({tmp_path}, ")


def test_other_system_errors_are_not_called_passing(tmp_path: Path) -> None:
    error = OSError(errno.EIO, "Input/output error")
    assert retry_error(error, tmp_path) is error
