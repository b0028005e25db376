from __future__ import annotations

import errno
import mmap
import os
from pathlib import Path

import pytest

from pipeline.ingest.source import files
from pipeline.ingest.source.files import ChangedWhileRead, open_file


def test_a_file_gives_its_bytes_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    os.utime(path, ns=(5, 7))
    with open_file(os.fsencode(path)) as opened:
        assert (opened.data, opened.size, opened.mtime_ns) == (b"abc", 3, 7)


def test_large_files_are_mapped_and_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MAPPED_BYTES", 2)
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    with open_file(os.fsencode(path)) as opened:
        assert isinstance(opened.data, mmap.mmap)
        assert opened.data[:] == b"abc"


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    with pytest.raises(ChangedWhileRead), open_file(os.fsencode(path)):
        path.write_bytes(b"abcd")


def test_links_and_special_files_are_never_opened_for_reading(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError), open_file(os.fsencode(tmp_path / "link")):
        pass
    with pytest.raises(ChangedWhileRead), open_file(os.fsencode(tmp_path / "pipe")):
        pass


def test_an_error_of_a_networks_disk_that_passes_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    monkeypatch.setattr(files, "_WAITS_SECONDS", (0.0, 0.0, 0.0))
    real, errors = os.open, [errno.ESTALE, errno.EIO, errno.ESTALE]

    def failing(*given: object, **named: object) -> int:
        if errors:
            raise OSError(errors.pop(), "injected")
        return real(*given, **named)

    monkeypatch.setattr(os, "open", failing)
    with open_file(os.fsencode(path)) as opened:
        assert opened.data == b"abc"
    errors += [errno.EIO] * 4
    with pytest.raises(OSError, match="injected"), open_file(os.fsencode(path)):
        pass
    errors += [errno.EACCES]
    with pytest.raises(PermissionError), open_file(os.fsencode(path)):
        pass
    assert not errors
