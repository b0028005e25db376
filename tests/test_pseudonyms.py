import base64
import hashlib
import hmac
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.pseudonyms import Key, default_key_path, load_key

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
    key, told = load_key(None, "study", tmp_path / "project")
    assert told is not None
    assert str(default_key_path("study")) in told
    assert stat.S_IMODE(default_key_path("study").stat().st_mode) == 0o600
    assert load_key(None, "study", tmp_path / "project") == (key, None)
    assert load_key(None, "other", tmp_path / "project")[0] != key


@pytest.mark.parametrize("fault", ["absent", "short", "readable", "link", "inside"])
def test_an_unsafe_key_is_refused(tmp_path: Path, fault: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    path = (project if fault == "inside" else tmp_path) / "my.key"
    if fault != "absent":
        path.write_bytes(os.urandom(8 if fault == "short" else 32))
        path.chmod(0o644 if fault == "readable" else 0o600)
    if fault == "link":
        (tmp_path / "link.key").symlink_to(path)
        path = tmp_path / "link.key"
    with pytest.raises(UsageError):
        load_key(str(path), "study", project)
