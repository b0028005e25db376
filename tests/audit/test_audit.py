"""The audit: agrees with what was measured, and finds what was changed afterwards, whatever was changed with it."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import invented_candidate
import pytest

from pipeline import audit, ledger, report
from pipeline.arrow import ARROW
from pipeline.audit import stage
from pipeline.contracts import stamp
from pipeline.errors import DamageError, DataError
from pipeline.stages import output_digests
from pipeline.workspace import Workspace

CLASSES = (("normal", "nodule"), ("benign", "malignant", "normal"))


def audited(root: Path, classes: tuple[str, ...], *, abroad: int = 0) -> Workspace:
    """A candidate with its report, its ledgers' heads, and the stamps of all stages."""
    made = invented_candidate.make(
        root, classes=classes, patients=300 + abroad, champion=len(classes) == 2, abroad=abroad
    )
    report.run(made.config, made.workspace)
    ledger.catch_up(made.workspace.ledgers)
    for name in ARROW:
        path = made.workspace.stamp(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp.of(name).write(path.parent, stamp.Stamp(output_digests(name, made.workspace), name))
    return made.workspace


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return audited(tmp_path_factory.mktemp("whole"), CLASSES[0])


@pytest.fixture
def candidate(whole: Workspace, tmp_path: Path) -> Workspace:
    """A copy to be changed."""
    return Workspace(Path(shutil.copytree(whole.root, tmp_path / "copy")), whole.name)


def without_stamps(workspace: Workspace) -> None:
    """As somebody leaves it who changes the digests, too."""
    shutil.rmtree(workspace.data / "stages")


def said(workspace: Workspace) -> str:
    with pytest.raises(DamageError) as told:
        audit.run(workspace)
    return str(told.value)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_candidate_in_the_making_is_told_as_one_and_no_longer_once_its_report_is_written(
    candidate: Workspace,
) -> None:
    report_of = candidate.stamp("report").with_suffix(".checked")
    report_of.touch()
    os.utime(candidate.stamp("cohort"), ns=(0, report_of.stat().st_mtime_ns + 1))
    edit(candidate.candidate / "cohort.csv", "test", "validation")
    with pytest.raises(DataError, match=r"being made anew: cohort wrote after its report.*two runs"):
        audit.run(candidate)
    os.utime(report_of, ns=(0, candidate.stamp("cohort").stat().st_mtime_ns))
    assert "digest by the stamp of cohort" in said(candidate)


def test_a_changed_ledger_is_damage_while_a_candidate_is_made(candidate: Workspace) -> None:
    report_of = candidate.stamp("report").with_suffix(".checked")
    report_of.touch()
    os.utime(candidate.stamp("cohort"), ns=(0, report_of.stat().st_mtime_ns + 1))
    book = next(path for path in sorted(candidate.ledgers.glob("*.jsonl")) if path.stat().st_size)
    book.write_bytes(book.read_bytes().replace(b'"', b"'", 1))
    assert book.name in said(candidate)


def test_every_number_of_two_classes_agrees(whole: Workspace) -> None:
    first, *rest = audit.run(whole).lines
    assert "numbers and digests agree (100.00%)" in first
    assert stage.audit(whole).agreed > 1000
    assert "ece_null_mean" in rest[0]


def test_every_number_of_three_classes_agrees(tmp_path: Path) -> None:
    account = stage.audit(audited(tmp_path, CLASSES[1]))
    assert account.unequal == []
    assert account.agreed > 1000


def test_the_numbers_of_another_source_are_computed_anew_too(tmp_path: Path) -> None:
    workspace = audited(tmp_path, CLASSES[0], abroad=100)
    assert stage.audit(workspace).unequal == []
    without_stamps(workspace)
    path = workspace.candidate / "report.json"
    body = json.loads(path.read_text())
    section = next(each for each in body["sections"] if each["key"] == "external")
    section["facts"]["external"]["value"] += 0.01
    section["facts"]["patients"]["value"] += 1
    path.write_text(json.dumps(body))
    assert {each.where for each in stage.audit(workspace).unequal} == {
        "report.json: external, auroc external, value",
        "report.json: external, external_measured_patients external",
    }


def test_without_a_report_there_is_nothing_to_audit(candidate: Workspace) -> None:
    (candidate.candidate / "report.json").unlink()
    with pytest.raises(DataError, match=r"report.json is missing .* Run `make report"):
        audit.run(candidate)


def test_a_score_that_was_changed_with_all_digests_changes_the_metrics(candidate: Workspace) -> None:
    without_stamps(candidate)
    path = candidate.candidate / "predictions.csv"
    lines = path.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if ",test,nodule,nodule," in line)
    lines[at] = lines[at].replace(",test,nodule,nodule,", ",test,normal,nodule,")
    path.write_text("".join(lines))
    places = {each.where for each in stage.audit(candidate).unequal}
    assert {
        "metrics.json: sensitivity test by case, value",
        "metrics.json: auroc test by case, value",
    } <= places
    assert "Put back what was changed, or run `make report" in said(candidate)


def test_a_metric_that_was_bettered_in_both_files_is_told(candidate: Workspace) -> None:
    without_stamps(candidate)
    for name in ("metrics.json", "report.json"):
        path = candidate.candidate / name
        value = next(
            metric["value"]
            for metric in json.loads((candidate.candidate / "metrics.json").read_text())["metrics"]
            if (metric["id"], metric["part"], metric["group"]) == ("auroc", "test", None)
        )
        path.write_text(path.read_text().replace(repr(value), repr(value + 0.02)))
    assert "metrics.json: auroc test by patient, value" in said(candidate)


@pytest.mark.parametrize("name", ["looks", "promotions"])
def test_a_ledger_that_lost_its_last_line_is_told(candidate: Workspace, name: str) -> None:
    path = candidate.ledger(name)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert f"ledger/heads.json: lines of {name}: written" in said(candidate)


def test_a_line_of_a_ledger_that_was_changed_is_told_by_the_next(candidate: Workspace) -> None:
    path = candidate.ledger("looks")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0].replace(b'"model"', b'"m0del"'), *lines[1:]]))
    assert "ledger/looks.jsonl, line 2: digest of the line before" in said(candidate)


def test_a_count_on_the_page_is_counted_anew(candidate: Workspace) -> None:
    without_stamps(candidate)
    path = candidate.candidate / "report.json"
    page = json.loads(path.read_text())
    brief = next(section for section in page["sections"] if section["key"] == "brief")
    brief["facts"]["patients"]["value"] += 10
    path.write_text(json.dumps(page))
    assert "report.json: brief, tested_patients test: written" in said(candidate)


def test_a_file_that_is_no_table_any_more_is_damage_and_no_fault_of_ours(candidate: Workspace) -> None:
    edit(candidate.candidate / "predictions.csv", "score_nodule", "score")
    assert "the candidate's files: written unreadable (KeyError" in said(candidate)


@pytest.mark.slow
def test_a_hundred_of_a_hundred_planted_edits_are_found(candidate: Workspace) -> None:
    """One digit of a file at a time: of every artifact, of the ledgers and of their heads."""
    draw = random.Random(1)
    files = sorted(
        path
        for folder in (candidate.candidate, candidate.ledgers)
        for path in folder.iterdir()
        if path.suffix in (".csv", ".json", ".jsonl") and path.stat().st_size > 100
    )
    missed = []
    for number in range(100):
        path = files[number % len(files)]
        text = path.read_bytes()
        at = draw.choice([place for place, byte in enumerate(text) if chr(byte).isdigit()])
        path.write_bytes(text[:at] + str((int(chr(text[at])) + 5) % 10).encode() + text[at + 1 :])
        if not stage.audit(candidate).unequal:
            missed.append((path.name, at))
        path.write_bytes(text)
    assert missed == []
