from __future__ import annotations

import os
import socket
from pathlib import Path

from dicom_files import KEY

from pipeline.ingest.source.discover import discover


def found(folder: Path) -> dict[str, str]:
    return {file.relative: file.reason for file in discover(os.fsencode(folder), KEY)}


def test_everything_but_folders_is_found_sorted_and_links_are_not_followed(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    (raw / "b/c").mkdir(parents=True)
    (raw / "b/c/2").write_bytes(b"x")
    (raw / "a").write_bytes(b"x")
    (tmp_path / "outside").write_bytes(b"x")
    (raw / "inside").symlink_to("a")
    (raw / "out").symlink_to(tmp_path / "outside")
    (raw / "loop").symlink_to(raw, target_is_directory=True)
    (raw / "dangling").symlink_to("nowhere")
    os.mkfifo(raw / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(raw / "socket"))
        made = found(raw)
    links = dict.fromkeys(("dangling", "inside", "loop", "out"), "link_not_followed")
    assert made == {"a": "", "b/c/2": "", **links, "pipe": "special_file", "socket": "special_file"}
    assert list(made) == sorted(made)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/a").write_bytes(b"x")
    (tmp_path / "raw").symlink_to("there")
    assert found(tmp_path / "raw") == {"a": ""}


def test_names_that_are_no_text_have_a_token_of_their_own(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"caf\xe8", b"new\nline"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"x")
    tokens = {file.token for file in discover(os.fsencode(tmp_path), KEY)}
    assert len(tokens) == 3


def test_a_token_is_the_keyed_path_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.dcm").write_bytes(b"x")
    (file,) = discover(os.fsencode(tmp_path), KEY)
    assert file.token == KEY.pseudonym("path", "b/c.dcm")
    assert (file.size, file.path) == (1, os.fsencode(tmp_path / "b/c.dcm"))


def test_names_that_differ_in_blanks_at_their_ends_have_tokens_of_their_own(tmp_path: Path) -> None:
    for name in ("a", " a", "a ", "a  "):
        (tmp_path / name).write_bytes(b"x")
    assert len({file.token for file in discover(os.fsencode(tmp_path), KEY)}) == 4
