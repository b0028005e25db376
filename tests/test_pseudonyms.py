import base64
import hashlib
import hmac
import os
import pwd
import re
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import phantom
from pipeline.errors import UsageError
from pipeline.pseudonyms import (
    PHANTOM_LINE,
    PHANTOM_NOTE,
    Key,
    default_key_path,
    load_key,
    present_key,
    require_phantom,
    require_same_key,
)

KEY = Key(bytes(range(32)))


def test_a_pseudonym_is_the_hmac_of_its_length_prefixed_fields() -> None:
    message = b"\0\0\0\x07patient" + b"\0\0\0\x02ab" + b"\0\0\0\x01c"
    expected = (
        base64.b32encode(hmac.new(bytes(range(32)), message, hashlib.sha256).digest())[:25].decode().lower()
    )
    assert KEY.pseudonym("patient", "ab", "c") == "p" + expected


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_where_fields_are_cut_matters(left: str, right: str) -> None:
    joined = KEY.pseudonym("patient", left + right)
    assert joined != KEY.pseudonym("patient", left, right)
    assert re.fullmatch(r"[a-z][a-z2-7]{25}", joined)


def test_kinds_and_keys_share_no_word() -> None:
    other = Key(bytes(32))
    words = {KEY.pseudonym("patient", "1"), KEY.pseudonym("study", "1"), other.pseudonym("patient", "1")}
    assert len({word[1:] for word in words}) == 3


def test_padding_spaces_and_nuls_do_not_matter() -> None:
    assert KEY.pseudonym("patient", " A1 \0") == KEY.pseudonym("patient", "A1")


def test_the_secret_is_not_shown() -> None:
    assert repr(KEY) == "Key()"


def test_a_key_is_made_at_first_use_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    key, line = load_key(None, "study", tmp_path / "project")
    assert line is not None
    assert str(default_key_path("study")) in line
    assert stat.S_IMODE(default_key_path("study").stat().st_mode) == 0o600
    assert load_key(None, "study", tmp_path / "project") == (key, None)
    assert load_key(None, "other", tmp_path / "project")[0] != key


def test_only_the_first_ingest_makes_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    with pytest.raises(UsageError, match=r"study\.key is not there\. Put back the key"):
        present_key(None, "study", tmp_path / "project")
    assert not default_key_path("study").exists()
    key, _ = load_key(None, "study", tmp_path / "project")
    assert present_key(None, "study", tmp_path / "project") == key


def test_the_command_that_a_missing_key_tells_makes_one_that_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "my.key"
    path.parent.mkdir()
    with pytest.raises(UsageError) as refused:
        load_key(str(path), "study", tmp_path / "project")
    command = str(refused.value).partition("make it: ")[2]
    subprocess.run(command, shell=True, check=True)
    assert len(load_key(str(path), "study", tmp_path / "project")[0].secret) == 32


@pytest.mark.parametrize("configured", [None, "~/my.key", "~nobody at all/my.key"])
def test_a_user_without_a_home_is_told_of_the_key_that_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str | None
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)  # as in a container under a number that no name belongs to
    for act in (load_key, present_key):
        with pytest.raises(UsageError, match=r"no home folder here\. Set HOME .* `ingest\.key`"):
            act(configured, "study", tmp_path)


def nobody(number: int) -> None:
    raise KeyError(number)


def test_a_home_that_cannot_hold_a_key_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    with pytest.raises(UsageError, match=r"its folder can't be made \(.*\)\. Set HOME .* `ingest\.key`"):
        load_key(None, "study", tmp_path / "project")


def test_no_key_is_made_inside_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    with pytest.raises(UsageError, match="would lie inside the project"):
        load_key(None, "study", tmp_path)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("fault", ["absent", "short", "readable", "readable by the group", "link", "inside"])
def test_an_unsafe_key_is_refused(tmp_path: Path, fault: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    path = (project if fault == "inside" else tmp_path) / "my.key"
    if fault != "absent":
        path.write_bytes(os.urandom(8 if fault == "short" else 32))
        path.chmod({"readable": 0o604, "readable by the group": 0o640}.get(fault, 0o600))
    if fault == "link":
        (tmp_path / "link.key").symlink_to(path)
        path = tmp_path / "link.key"
    with pytest.raises(UsageError):
        load_key(str(path), "study", project)


def test_another_key_than_the_first_is_refused_with_both_ids() -> None:
    require_same_key(KEY, None, what="These scans were read")
    require_same_key(KEY, KEY.key_id, what="These scans were read")
    with pytest.raises(UsageError, match=f"were read under the key abcdefgh, .* {KEY.key_id}"):
        require_same_key(KEY, "abcdefgh", what="These scans were read")


@pytest.mark.parametrize("later", [False, True])
def test_the_public_key_is_for_folders_that_the_phantom_wrote(tmp_path: Path, later: bool) -> None:
    phantom.write(tmp_path / "invented", seed=1, patients=10, later=later, volumes=False)
    require_phantom(tmp_path / "invented")
    require_phantom(next(path for path in (tmp_path / "invented").iterdir() if path.is_dir()))


@pytest.mark.parametrize(
    "line", ["", "Chest CT", f"Not so: {PHANTOM_LINE}", f"{PHANTOM_LINE} Or perhaps not."]
)
def test_the_public_key_is_refused_for_any_other_folder(tmp_path: Path, line: str) -> None:
    (tmp_path / PHANTOM_NOTE).write_text(line)
    with pytest.raises(UsageError, match="public key of the invented patients"):
        require_phantom(tmp_path)


def test_the_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "study.key"
    path.write_bytes(bytes(32))
    path.chmod(0o600)
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(UsageError, match="belongs to another user"):
        load_key(str(path), "study", tmp_path / "project")


def test_a_link_in_the_place_of_the_key_is_refused_even_when_it_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    default_key_path("study").parent.mkdir(parents=True)
    default_key_path("study").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is a link"):
        load_key(None, "study", tmp_path / "project")
