"""New scans of those who were forgotten, or whose consent is withdrawn, are not scored, and that is said."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from chance_model import RECIPE, model_in
from ingesting import config, scan, write_all

from pipeline import ledger
from pipeline.commands.predict import run
from pipeline.config import Config
from pipeline.draws import tombstone
from pipeline.errors import DataError
from pipeline.pseudonyms import Key
from pipeline.workspace import Workspace

KEY = Key(b"$" * 32)
COUNTED = "excluded     consent_withdrawn"


def settings(**ingest: object) -> Config:
    return config(modalities=["DX"], **ingest).model_copy(update={"normalize": RECIPE})


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_in(tmp_path_factory.mktemp("candidate"))


@pytest.fixture
def ready(workspace: Workspace, candidate: Path, own_key: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """New scans of the patients PAT1, PAT2 and PAT3."""
    monkeypatch.chdir(workspace.root)
    shutil.copytree(candidate, workspace.candidate)
    write_all(workspace.root / "new", {f"{number}.dcm": scan(number) for number in (1, 2, 3)})
    return workspace


def scored(workspace: Workspace, of: Config | None = None) -> tuple[set[str], str]:
    """The patients that have a row, and all that was said."""
    said = run(of or settings(), workspace, new="new", out=Path("out.csv")).lines
    with Path("out.csv").open(newline="") as stream:
        return {row["patient_id"] for row in csv.DictReader(stream)}, "\n".join(said)


def patient(number: int) -> str:
    return KEY.pseudonym("patient", "", f"PAT{number}")


def forget(workspace: Workspace, *numbers: int) -> None:
    stones = [tombstone(patient(number), KEY.pseudonym("patient", f"PAT{number}")) for number in numbers]
    ledger.append(workspace.ledger("parts"), *stones)


def test_scans_of_a_forgotten_patient_have_no_row_and_are_counted(ready: Workspace) -> None:
    forget(ready, 2)
    before = ready.ledger("parts").read_bytes()
    patients, said = scored(ready)
    assert patients == {patient(1), patient(3)}
    assert COUNTED in said
    assert ready.ledger("parts").read_bytes() == before


def test_scans_of_one_whose_consent_is_withdrawn_since_the_last_ingest_have_no_row(ready: Workspace) -> None:
    forget(ready, 2)
    (ready.root / "raw").mkdir()
    (ready.root / "raw/withdrawn.csv").write_text("patient_id\nPAT3\nPAT8\n")
    before = ready.ledger("parts").read_bytes()
    patients, said = scored(ready, settings(withdrawn="raw/withdrawn.csv"))
    assert patients == {patient(1)}
    assert COUNTED in said
    assert ready.ledger("parts").read_bytes() == before


def test_a_folder_of_the_forgotten_alone_ends_with_that_sentence(ready: Workspace) -> None:
    forget(ready, 1, 2, 3)
    with pytest.raises(DataError, match="3 files are of patients who were deleted on request"):
        scored(ready)


def test_that_the_forgotten_cannot_be_told_without_a_patient_id_is_said(ready: Workspace) -> None:
    by_folder = settings(patient_from="folder")
    assert "could be of a patient who was forgotten" not in scored(ready, by_folder)[1]
    forget(ready, 2)
    patients, said = scored(ready, by_folder)
    assert patients == {patient(1), patient(3)}
    assert "could be of a patient who was forgotten" in said
    assert "could be of a patient who was forgotten" not in scored(ready)[1]
