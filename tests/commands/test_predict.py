"""Scoring of new scans: a row for every scan and for every file that couldn't be used, paths on request."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from chance_model import RECIPE, model_in
from dicom_files import encoded, write
from ingesting import config, ct_series, scan, write_all

from pipeline.commands.predict import Wanted, run
from pipeline.config import Config
from pipeline.errors import DataError, UsageError
from pipeline.workspace import Workspace

SETTINGS = config(modalities=["DX"]).model_copy(update={"normalize": RECIPE})


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_in(tmp_path_factory.mktemp("candidate"))


@pytest.fixture
def ready(workspace: Workspace, candidate: Path, own_key: Path, monkeypatch) -> Workspace:
    monkeypatch.chdir(workspace.root)
    shutil.copytree(candidate, workspace.candidate)
    return workspace


def predicted(
    workspace: Workspace, new: str, *, settings: Config = SETTINGS, paths: bool = False
) -> tuple[list[dict[str, str]], str]:
    summary = run(settings, workspace, new=new, out=Path("out.csv"), wanted=Wanted(paths=paths))
    with Path("out.csv").open(newline="") as stream:
        return list(csv.DictReader(stream)), summary.lines[-1]


def test_a_file_that_failed_has_its_row_with_its_reason_beside_those_that_were_scored(
    ready: Workspace,
) -> None:
    files = {"a/1.dcm": scan(1), "cut.dcm": encoded(scan(2))[:-100], "readme.txt": b"Hello, this is a text."}
    write_all(ready.root / "new", files)
    rows, last = predicted(ready, "new")
    assert [(row["status"], row["predicted"] != "") for row in rows] == [("ok", True), ("failed", False)]
    assert rows[1]["reason"].startswith("truncated_pixel_data (100 of 384 bytes missing")
    assert rows[1]["score_yes"] == ""
    assert "path" not in rows[0]
    assert last.startswith("Scored 1 case with the candidate")
    assert "1 row failed" in last


def test_paths_stand_beside_their_rows_on_request_and_the_table_is_told_to_name_patients(
    ready: Workspace,
) -> None:
    write_all(ready.root / "new", {"a/1.dcm": scan(1), "b/cut.dcm": encoded(scan(2))[:-100]})
    rows, last = predicted(ready, "new/", paths=True)
    assert {row["path"]: row["status"] for row in rows} == {"new/a/1.dcm": "ok", "new/b/cut.dcm": "failed"}
    assert "can name patients" in last
    assert list(ready.scratch.iterdir()) == []


def test_a_volume_has_the_folder_of_its_files_as_path(ready: Workspace) -> None:
    settings = config(unit="series", modalities=["CT", "DX"]).model_copy(update={"normalize": RECIPE})
    slices = {f"p/{number % 2}/{number}.dcm": one for number, one in enumerate(ct_series([0, 5, 10]))}
    write_all(ready.root / "new", {**slices, "a.dcm": scan(1)})
    rows, _ = predicted(ready, "new", settings=settings, paths=True)
    outcomes = {row["path"]: (row["status"], row["reason"]) for row in rows}
    assert outcomes == {"new/a.dcm": ("ok", ""), "new/p": ("failed", "no array under this model's recipe")}


def test_scans_that_the_recipe_cannot_take_end_with_a_sentence_about_the_model(ready: Workspace) -> None:
    settings = config(unit="series", modalities=["CT"]).model_copy(update={"normalize": RECIPE})
    write_all(ready.root / "new", {f"{number}.dcm": one for number, one in enumerate(ct_series([0, 5, 10]))})
    with pytest.raises(DataError, match="the model's recipe takes none of 1 scans"):
        predicted(ready, "new", settings=settings)


def test_one_file_is_scored_as_a_folder_of_one(ready: Workspace) -> None:
    write(ready.root / "elsewhere/one.dcm", scan(1))
    rows, _ = predicted(ready, "elsewhere/one.dcm", paths=True)
    assert [(row["status"], row["path"]) for row in rows] == [("ok", "elsewhere/one.dcm")]


def test_an_archive_is_scored_with_the_paths_inside(ready: Workspace) -> None:
    with zipfile.ZipFile(ready.root / "all.zip", "w") as archive:
        for number in (1, 2):
            archive.writestr(f"x/{number}.dcm", encoded(scan(number)))
    rows, _ = predicted(ready, "all.zip", paths=True)
    assert sorted((row["status"], row["path"]) for row in rows) == [
        ("ok", "all.zip/x/1.dcm"),
        ("ok", "all.zip/x/2.dcm"),
    ]


@pytest.mark.parametrize(
    "files",
    [{"a.txt": b"no scan at all"}, {"mr.dcm": scan(1, "MR")}, {"cut.dcm": encoded(scan(2))[:-100]}, {}],
)
def test_a_folder_without_a_usable_scan_ends_with_a_sentence(ready: Workspace, files) -> None:
    (ready.root / "new").mkdir()
    write_all(ready.root / "new", files)
    with pytest.raises(DataError, match=r"Nothing in new can be scored") as refusal:
        predicted(ready, "new")
    assert "scanloom files" not in str(refusal.value)
    assert not Path("out.csv").exists()


def test_a_place_that_is_not_there_is_told(ready: Workspace) -> None:
    with pytest.raises(DataError, match="There is no folder or file nowhere"):
        predicted(ready, "nowhere")
    with pytest.raises(UsageError, match="No folder"):
        predicted(ready, "")


@pytest.mark.parametrize("source", [{"column": "who"}, {"pattern": "sub-(.)"}, "folder"])
def test_new_scans_without_patient_id_are_told_apart_by_study(ready: Workspace, source) -> None:
    settings = config(modalities=["DX"], patient_from=source).model_copy(update={"normalize": RECIPE})
    write_all(ready.root / "new", {f"{number}.dcm": scan(number, PatientID="") for number in (1, 2)})
    rows, _ = predicted(ready, "new", settings=settings)
    assert len({row["patient_id"] for row in rows}) == 2
    assert json.loads((ready.candidate / "model.json").read_text())["question"]["classes"] == ["no", "yes"]


def test_a_scan_unlike_those_of_training_says_so_and_the_person_is_told_not_to_decide(
    ready: Workspace,
) -> None:
    from pipeline.contracts.strangers import FILE, Strangers

    # A portrait that knows one maker alone: what the invented scans' header says was never seen.
    FILE.write(ready.candidate, Strangers(0.05, 30, {}, limit=1.0, words={"modality": ("CT",)}, ranges={}))
    write_all(ready.root / "new", {"a/1.dcm": scan(1)})
    summary = run(SETTINGS, ready, new="new", out=Path("out.csv"))
    with Path("out.csv").open(newline="") as stream:
        [row] = csv.DictReader(stream)
    assert (row["stranger"], row["abstain"]) == ("2", "stranger: modality DX never seen")
    assert row["predicted"] != ""
    assert summary.lines[-2] == "Don't decide by the model on 1 case: the column `abstain` says why."


def test_a_model_without_a_portrait_tells_nobody_a_stranger(ready: Workspace) -> None:
    write_all(ready.root / "new", {"a/1.dcm": scan(1)})
    [row], _ = predicted(ready, "new")
    assert (row["stranger"], row["abstain"]) == ("", "")


def test_scans_of_patients_from_whom_the_model_learned_are_told(ready: Workspace) -> None:
    write_all(ready.root / "new", {f"{number}.dcm": scan(number) for number in (1, 2, 3)})
    rows, _ = predicted(ready, "new")
    own = [
        ("a scan that is gone", rows[0]["patient_id"], "train"),
        (rows[1]["case_id"], "linked", "validation"),
    ]
    others = [(rows[2]["case_id"], rows[2]["patient_id"], "test")]
    lines = [f"{case},{person},{part},1,yes" for case, person, part in (*own, *others)]
    header = "case_id,person_id,part,era,target"
    (ready.candidate / "cohort.csv").write_text("\n".join([header, *lines, ""]))
    summary = run(SETTINGS, ready, new="new", out=Path("out.csv"))
    assert summary.lines[-2].startswith(
        "note: 2 of these scans are of patients from whom the model has learned"
    )
    (ready.candidate / "cohort.csv").write_text("\n".join([header, lines[2], ""]))
    assert not [
        line for line in run(SETTINGS, ready, new="new", out=Path("out.csv")).lines if "learned" in line
    ]
