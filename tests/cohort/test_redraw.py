"""Drawing all parts anew: recorded, once a reason, and never after a look."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter

import pytest

from pipeline import ledger
from pipeline.cohort import run
from pipeline.draws import standing
from pipeline.errors import GateError, UsageError


def parts(study) -> dict[str, str]:
    with (study.workspace.candidate / "cohort.csv").open(newline="") as stream:
        return {row["person_id"]: row["part"] for row in csv.DictReader(stream)}


def book(study) -> list[dict]:
    return ledger.read(study.workspace.ledger("parts"))


def notices(study) -> dict[str, dict]:
    record = json.loads((study.workspace.candidate / "cohort.json").read_text())
    return {notice["kind"]: notice for notice in record["notices"]}


def looked(study) -> None:
    ledger.append(
        study.workspace.ledger("looks"),
        {"model": "m", "cohort": "c", "rule": "r", "champion": None, "budget": 5},
    )


def test_another_salt_alone_moves_nobody_and_names_the_command(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    before = parts(study)
    summary = run(study.config("salt: 2"), study.workspace)
    assert parts(study) == before
    assert summary.lines[-1] == (
        "No model has looked at the test part yet, so all parts can still be drawn anew: "
        "`make cohort REDRAW=why CONFIG=configs/NAME.yaml`"
    )


def test_a_new_draw_is_the_first_draw_of_its_salt_and_the_old_one_stays_in_the_ledger(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    before, lines = parts(study), study.workspace.ledger("parts").read_bytes()
    summary = run(study.config("salt: 2"), study.workspace, redraw=" too few sick patients in test ")
    after = parts(study)
    moved = sum(before[patient] != after[patient] for patient in before)
    assert moved > 0
    assert summary.lines[0] == f"parts drawn anew: {moved} of 40 patients are in another part than before"
    assert study.workspace.ledger("parts").read_bytes().startswith(lines)
    assert Counter(record["why"] for record in book(study)) == {"first_draw": 80, "new_draw": 1}
    (line,) = (record for record in book(study) if record["why"] == "new_draw")
    assert (line["reason"], line["salt"]) == ("too few sick patients in test", 2)
    assert {record["patient_id"]: record["part"] for record in standing(book(study))} == after
    shutil.rmtree(study.workspace.ledgers)  # what a first draw with this salt gives
    run(study.config("salt: 2"), study.workspace)
    assert parts(study) == after


def test_the_cohort_tells_every_reason_and_later_runs_keep_the_last_draw(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    for salt in (2, 3):
        run(study.config(f"salt: {salt}"), study.workspace, redraw=f"salt {salt}")
    after = parts(study)
    run(study.config("salt: 3"), study.workspace)
    assert parts(study) == after
    assert notices(study)["drawn_anew"]["count"] == 2
    assert notices(study)["drawn_anew"]["detail"].endswith("because: salt 2; salt 3")
    assert "shares_changed" not in notices(study)


def test_the_same_reason_shares_and_salt_again_are_one_draw(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    config = study.config("shares: {train: 0.5, validation: 0.25, test: 0.25}")
    run(config, study.workspace, redraw="larger test part")
    lines = len(book(study))
    assert not run(config, study.workspace, redraw="larger test part").changed
    assert len(book(study)) == lines


def test_a_draw_that_moves_nobody_says_what_would(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    summary = run(study.config(), study.workspace, redraw="again")
    assert summary.lines[0] == (
        "parts drawn anew: 0 of 40 patients are in another part than before; "
        "another `cohort.salt` gives another draw"
    )


@pytest.mark.parametrize("reason", ["why", "...", "<reason>"])
def test_what_only_stands_for_a_reason_is_refused(filled, reason: str) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    with pytest.raises(UsageError, match="for a reason that others can read"):
        run(study.config("salt: 2"), study.workspace, redraw=reason)


def test_before_the_first_draw_there_is_nothing_to_draw_anew(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace, redraw="no reason at all")
    assert {record["why"] for record in book(study)} == {"first_draw"}


def test_who_was_withdrawn_stays_withdrawn_after_a_new_draw(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    gone = study.patient_id("P003")
    ledger.append(
        study.workspace.ledger("parts"), {"patient_id": gone, "part": None, "era": None, "why": "tombstone"}
    )
    run(study.config("salt: 2"), study.workspace, redraw="why not")
    assert gone not in parts(study)
    run(study.config("salt: 2"), study.workspace)
    assert gone not in parts(study)


@pytest.mark.parametrize("seen", ["looked at", "promoted"])
def test_after_a_look_or_a_promotion_the_parts_stay(filled, seen: str) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    before, lines = parts(study), study.workspace.ledger("parts").read_bytes()
    if seen == "looked at":
        looked(study)
    else:
        ledger.append(study.workspace.ledger("promotions"), {"action": "promote", "generation": "0001"})
    with pytest.raises(GateError, match=rf"can't be drawn anew: .*{seen}"):
        run(study.config("salt: 2"), study.workspace, redraw="better luck")
    assert parts(study) == before
    assert study.workspace.ledger("parts").read_bytes() == lines
    lines = run(study.config("salt: 2"), study.workspace).lines
    assert not any("REDRAW" in line for line in lines)


def test_a_draw_that_is_refused_leaves_no_line(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    lines = study.workspace.ledger("parts").read_bytes()
    shares = "shares: {train: 1.0, validation: 0.0, test: 0.0}"
    with pytest.raises(Exception, match="Each part needs"):
        run(study.config(shares), study.workspace, redraw="all in train")
    assert study.workspace.ledger("parts").read_bytes() == lines
