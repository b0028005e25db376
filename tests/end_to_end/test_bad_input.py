"""What users get wrong: each a sentence that says what to do, the exit code, and nothing lost."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_project import contents

from pipeline.cli import main
from pipeline.pseudonyms import PHANTOM_NOTE

Ask = Callable[..., tuple[int, str]]
CONFIG = "configs/small.yaml"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in a project's folder: its exit code and what it printed on stderr."""

    def run(project: Path, *arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(project)
        code = main(arguments)
        return code, capsys.readouterr().err

    return run


def edit(project: Path, old: str, new: str) -> None:
    path = project / CONFIG
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def edit_labels(project: Path, change: Callable[[list[list[str]]], None]) -> None:
    path = project / "data/raw/small/labels.csv"
    with path.open(newline="") as stream:
        rows = list(csv.reader(stream))
    change(rows)
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)


def test_a_missing_raw_folder(fresh: Path, ask: Ask) -> None:
    edit(fresh, "raw: data/raw/small", "raw: data/raw/smal")
    code, said = ask(fresh, "ingest", CONFIG)
    assert code == 3
    assert "data/raw/smal" in said


def test_an_empty_raw_folder(fresh: Path, ask: Ask) -> None:
    (fresh / "data/raw/empty").mkdir()
    edit(fresh, "raw: data/raw/small", "raw: data/raw/empty")
    code, said = ask(fresh, "ingest", CONFIG)
    assert code == 3
    assert "data/raw/empty" in said


def test_a_raw_folder_without_dicom(fresh: Path, ask: Ask) -> None:
    folder = fresh / "data/raw/texts"
    folder.mkdir()
    (folder / "a.txt").write_text("no scan")
    shutil.copy(fresh / "data/raw/small" / PHANTOM_NOTE, folder)
    edit(fresh, "raw: data/raw/small", "raw: data/raw/texts")
    code, said = ask(fresh, "ingest", CONFIG)
    assert code == 3
    assert "DICOM" in said


def test_a_table_that_is_not_there(ingested: Path, ask: Ask) -> None:
    (ingested / "data/raw/small/labels.csv").unlink()
    code, said = ask(ingested, "cohort", CONFIG)
    assert code == 2
    assert "labels.csv" in said


def test_a_table_that_is_no_table(ingested: Path, ask: Ask) -> None:
    (ingested / "data/raw/small/labels.csv").write_bytes(bytes(range(256)) * 20)
    code, said = ask(ingested, "cohort", CONFIG)
    assert code == 3
    assert "labels.csv" in said


def test_a_label_column_that_is_not_there(ingested: Path, ask: Ask) -> None:
    edit(ingested, "target: finding", "target: findings")
    code, said = ask(ingested, "cohort", CONFIG)
    assert code in (2, 3)
    assert "'finding'" in said


def test_a_positive_class_that_no_scan_has(ingested: Path, ask: Ask) -> None:
    edit(ingested, "positive: nodule", "positive: nodul")
    code, said = ask(ingested, "cohort", CONFIG)
    assert code in (2, 3)
    assert "nodule" in said


def test_one_class_only(ingested: Path, ask: Ask) -> None:
    edit_labels(ingested, lambda rows: [row.__setitem__(2, "nodule") for row in rows[1:]])
    code, said = ask(ingested, "cohort", CONFIG)
    assert code == 3
    assert "nodule" in said


def test_labels_that_name_no_scan(ingested: Path, ask: Ask) -> None:
    def spoil(rows: list[list[str]]) -> None:
        for number, row in enumerate(rows[1:]):
            row[0], row[1] = f"X{number}", f"9.9.{number}"

    edit_labels(ingested, spoil)
    code, said = ask(ingested, "cohort", CONFIG)
    assert code == 3
    assert "patient_id" in said


def test_fewer_than_two_patients_in_a_part(ingested: Path, ask: Ask) -> None:
    edit_labels(ingested, lambda rows: rows.__delitem__(slice(5, None)))
    code, said = ask(ingested, "cohort", CONFIG)
    assert code == 3
    assert "patient" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("model: plain_cnn", "model: plain_cn", "did you mean 'plain_cnn'?"),
        ("- resize:", "- resise:", "did you mean 'resize'?"),
        ("{shape: [32, 32]}", "{shap: [32, 32]}", "did you mean 'shape'?"),
        ("{shape: [32, 32]}", "{shape: [0, 32]}", "shape"),
        ("{low: -1000, high: 300}", "{low: 300, high: -1000}", "low"),
        ("epochs: 2", "epochs: -2", "epochs"),
    ],
)
def test_wrong_names_and_values_are_told_with_their_line(
    fresh: Path, ask: Ask, old: str, new: str, words: str
) -> None:
    edit(fresh, old, new)
    code, said = ask(fresh, "configure", CONFIG)
    assert code == 2
    assert f"{CONFIG}:" in said
    assert words in said


def test_an_error_changes_nothing(ingested: Path, ask: Ask) -> None:
    before = contents(ingested / "reports")
    edit(ingested, "target: finding", "target: none_such")
    assert ask(ingested, "cohort", CONFIG)[0] in (2, 3)
    assert contents(ingested / "reports") == before


def test_many_broken_files_are_all_recorded_and_told(fresh: Path, ask: Ask) -> None:
    folder = fresh / "data/raw/small/broken"
    folder.mkdir()
    good = sorted((fresh / "data/raw/small").rglob("IM0001.dcm"))[0].read_bytes()
    for number in range(60):
        (folder / f"{number}.dcm").write_bytes(good[: len(good) // 2])
    code, said = ask(fresh, "ingest", CONFIG)
    assert code == 3
    assert "61 of " in said
    assert ask(fresh, "ingest", CONFIG)[0] == 3
    shutil.rmtree(folder)
    assert ask(fresh, "ingest", CONFIG)[0] == 0


@pytest.mark.parametrize("stage", ["cohort", "normalize", "train", "evaluate", "compare", "report"])
def test_a_stage_asked_for_too_early_says_what_is_missing(fresh: Path, ask: Ask, stage: str) -> None:
    code, said = ask(fresh, stage, CONFIG)
    assert code in (2, 3)
    assert "make " in said
    assert "fault of Scanloom" not in said


def test_scans_that_are_refused_still_get_their_page(fresh: Path, ask: Ask) -> None:
    edit(fresh, "modalities: [CT]", "modalities: [ct]")
    code, said = ask(fresh, "ingest", CONFIG)
    assert code == 3
    assert "None of " in said
    assert "modality_not_selected" in (fresh / "reports/small/ingest.html").read_text()


def test_what_has_no_name_is_asked_for(fresh: Path, ask: Ask) -> None:
    ask(fresh, "ingest", CONFIG)
    assert ask(fresh, "export", CONFIG, "") == (
        2,
        "No folder to write to is named. Name one: `make export OUT=folder CONFIG=configs/small.yaml`.\n",
    )
    code, said = ask(fresh, "forget", CONFIG, "")
    assert code == 2
    assert "`make forget ID=... CONFIG=configs/small.yaml`" in said


def test_before_the_first_ingest_there_is_nothing_to_forget_verify_or_list(
    fresh: Path, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(fresh, "forget", CONFIG, "PAT1")[0] == 3
    assert ask(fresh, "files", CONFIG)[0] == 2
    capsys.readouterr()
    assert main(["verify", CONFIG]) == 0
    assert capsys.readouterr().out == "Nothing of 'small' is stored yet.\n"
