"""Another external part than the champion's is told: by its folders, by the table, by who is in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import handed_on
import pandas as pd
import pytest
import study

from pipeline import compare
from pipeline.champion.promotion import publish
from pipeline.compare.external_set import notes_on_external, recorded_folders, redefined
from pipeline.contracts import cohort
from pipeline.contracts.comparison import FILE, Change, Plan
from pipeline.workspace import Workspace

HERE = study.scans("a", 9, part="train") + study.scans("t", 30, part="test", seed=3)
ABROAD = study.scans("x", 12, part="external", seed=5)


def left_out(*case_ids: str) -> pd.DataFrame:
    rows = [(case_id, "cohort", "also_external", "") for case_id in case_ids]
    return pd.DataFrame(rows, columns=list(cohort.EXCLUDED.columns))


def freeze(folder: Path, *external: str, at_home: tuple[str, ...] = (), folders: str | None = "") -> Path:
    """A cohort in which these scans are external, and those left out for being of this source."""
    rows = dict.fromkeys(external, "external") | {"case-t": "test"}
    frame = pd.DataFrame(
        [(name, f"patient of {name}", part, "1", "no", "p") for name, part in rows.items()],
        columns=["case_id", "person_id", "part", "era", "target", "pixel_digest"],
    )
    folder.mkdir(parents=True, exist_ok=True)
    cohort.TABLE.write(folder, frame)
    cohort.EXCLUDED.write(folder, left_out(*at_home))
    cohort.FILE.write(folder, replace(handed_on.COHORT, external_folders=folders))
    return folder


def test_scans_that_the_table_moves_to_another_source_are_redefined_and_new_ones_are_not(tmp_path) -> None:
    then = freeze(tmp_path / "then", "a", "b", "gone", at_home=("c", "d"))
    now = freeze(tmp_path / "now", "a", "c", "new", at_home=("b", "e"))
    assert redefined(then, now) == 2  # b is no longer of the other source, c is
    assert redefined(then, then) == 0


def test_folders_are_told_by_their_digest_and_not_at_all_by_an_earlier_version(tmp_path) -> None:
    assert recorded_folders(freeze(tmp_path / "a", folders="0123456789abcdef")) == {
        "cohort.external.folders": "folders with the digest 01234567"
    }
    assert recorded_folders(freeze(tmp_path / "b")) == {"cohort.external.folders": "no folders"}
    assert recorded_folders(freeze(tmp_path / "c", folders=None)) == {}


def test_who_came_and_went_is_told(workspace: Workspace) -> None:
    freeze(workspace.generations / "0001", "a", "b")
    freeze(workspace.candidate, "b", "c", "d")
    assert notes_on_external(workspace, "0001") == [
        "The external part isn't the one that generation 0001 was promoted with: 2 patients came, 1 went, 1 are in "
        "both. Both models are asked of the present one."
    ]
    freeze(workspace.candidate, "a", "b")
    assert notes_on_external(workspace, "0001") == []


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[float, float], Path]:
    folder = tmp_path_factory.mktemp("models")
    paths = {study.WEAK: folder / "weak.keras", study.STRONG: folder / "strong.keras"}
    for weights, path in paths.items():
        study.save_model(path, weights)
    return paths


def planned(workspace: Workspace, models, *, then: str | None, now: str | None, moved: str = "") -> Plan:
    """The plan after a candidate whose folders, and one scan, may be other than its champion's."""
    found, chosen = HERE + ABROAD, study.config(objective="maintain", allowed_changes=("train",))
    study.store(workspace, found)
    for folders, weights, scans in ((then, study.WEAK, ()), (now, study.STRONG, (moved,) if moved else ())):
        kept = study.Scans(
            found.cohort[~found.cohort["case_id"].isin(scans)],
            *(signal[~found.cohort["case_id"].isin(scans)] for signal in (found.weak, found.strong)),
        )
        study.write_candidate(workspace, chosen, kept, weights=weights, model=models[weights])
        cohort.EXCLUDED.write(workspace.candidate, left_out(*scans))
        cohort.FILE.write(workspace.candidate, replace(handed_on.COHORT, external_folders=folders))
        compare.run(chosen, workspace)
        if weights is study.WEAK:
            publish(workspace, approver="Ada", reason="")
    plan = FILE.read(workspace.candidate).plan
    assert plan is not None
    return plan


@pytest.mark.parametrize(
    ("then", "now", "moved", "changes"),
    [
        ("1" * 32, "1" * 32, "", ()),
        (None, "1" * 32, "", ()),
        (
            "1" * 32,
            "2" * 32,
            "case-x0003",
            (
                Change(
                    "cohort.external.folders",
                    "folders with the digest 11111111",
                    "folders with the digest 22222222",
                    allowed=False,
                ),
            ),
        ),
        (
            "",
            "",
            "case-x0003",
            (Change("cohort.external", "1 scan of one source", "the same of the other one", allowed=False),),
        ),
    ],
)
def test_another_definition_of_the_other_source_lies_outside_a_plan_that_doesn_t_name_it(
    workspace: Workspace, models, then: str | None, now: str, moved: str, changes: tuple[Change, ...]
) -> None:
    plan = planned(workspace, models, then=then, now=now, moved=moved)
    assert plan.changes == changes
    record = FILE.read(workspace.candidate)
    assert (record.verdict == "INCONCLUSIVE" and changes[0].key in record.line) if changes else plan.holds
    assert any("1 went, 11 are in both" in note for note in record.notes) == bool(moved)
