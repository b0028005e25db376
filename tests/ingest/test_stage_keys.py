"""Scans are read and listed under one key, which nothing but the first ingest makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import write
from ingesting import cases, config, reasons, scan

from pipeline import ledger
from pipeline.errors import DataError, UsageError
from pipeline.ingest import run
from pipeline.ingest.stage import list_files
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_another_key_is_refused_and_other_settings_read_everything_again(
    workspace: Workspace, raw: Path, tmp_path: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    write(raw / "2.dcm", scan(2, "MR"))
    run(config(modalities=("DX",)), workspace)
    run(config(modalities=("DX", "MR")), workspace)
    assert len(cases(workspace)) == 2
    key = write(tmp_path.parent / f"{tmp_path.name}.key", b"k" * 32)
    key.chmod(0o600)
    with pytest.raises(UsageError, match="under the key"):
        run(config(key=str(key)), workspace)


def test_a_key_is_told_when_it_is_made_also_where_the_run_then_fails(
    workspace: Workspace, raw: Path, own_key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_key.unlink(missing_ok=True)
    for path in sorted(raw.rglob("*"), reverse=True):
        path.unlink()
    with pytest.raises(DataError):
        run(config(), workspace)
    assert own_key.exists()
    assert f"Made the key {own_key}: keep it safe" in capsys.readouterr().err


def test_a_key_that_is_gone_is_not_replaced_by_a_new_one(
    workspace: Workspace, raw: Path, own_key: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    own_key.unlink()
    for ask in (lambda: run(config(), workspace), lambda: reasons(workspace, config())):
        with pytest.raises(UsageError, match=r"study\.key is gone.*Put it back from your backup"):
            ask()
        assert not own_key.exists()


def test_a_key_that_is_gone_is_missed_by_the_ledger_after_a_clean(
    workspace: Workspace, raw: Path, own_key: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    ledger.append(workspace.ledger("parts"), {"patient_id": "p1", "part": "test", "key_id": "kabcdefg"})
    own_key.unlink()
    with pytest.raises(UsageError, match=r"is gone, and 'study' was made under it \(key kabcdefg\)"):
        run(config(), workspace)


def test_files_are_listed_under_the_key_they_were_read_under_alone(
    workspace: Workspace, raw: Path, own_key: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    write(own_key, b"%" * 32)
    with pytest.raises(UsageError, match="under the key"):
        reasons(workspace, config())


def test_listing_files_before_any_was_read_says_so_and_makes_no_key(
    workspace: Workspace, raw: Path, own_key: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    own_key.unlink()
    with pytest.raises(UsageError, match=r"No file of 'study' was read yet\. `make ingest"):
        reasons(workspace, config())
    assert not own_key.exists()
    assert not workspace.catalogue.exists()


def test_listing_files_tells_of_an_empty_list_and_of_files_not_read_yet(
    workspace: Workspace, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    write(raw / "2.dcm", scan(2))
    assert list(list_files(config(), workspace, "failed")) == []
    printed = capsys.readouterr().err.splitlines()
    assert printed[0] == "No file is failed."
    assert printed[1].startswith("1 more came since; `")
