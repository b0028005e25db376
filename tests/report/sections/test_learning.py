"""What the page says of the networks that answer as one, and of a last fit."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from invented_candidate import Candidate

from pipeline.contracts.model_record import Member
from pipeline.page.artifacts import Artifacts
from pipeline.report import reading
from pipeline.report.figures import learning as figure
from pipeline.report.sections import learning, limitations

MEMBERS = (
    Member(1, 2, 2, 10.0, {"loss": 0.3, "auroc": 0.9}),
    Member(2, 2, 1, 12.0, {"loss": 0.5, "auroc": None}),
)
HISTORY = pd.DataFrame(
    {
        "seed": [1, 1, 2, 2, 1, 1],
        "refit": [0, 0, 0, 0, 1, 1],
        "epoch": [1, 2, 1, 2, 1, 2],
        "loss": [0.9, 0.8, 0.7, 0.6, 0.1, 0.1],
        "val_loss": [0.4, 0.3, 0.5, 0.6, float("nan"), float("nan")],
    }
)


def read(candidate: Candidate) -> Artifacts:
    folder = candidate.workspace.candidate
    return reading.read(candidate.config, candidate=folder, ledgers=folder.parent / "ledger", champion=None)


def several(candidate: Candidate) -> Artifacts:
    found = read(candidate)
    together = {"loss": 0.25, "auroc": 0.95}
    model = replace(found.model, members=MEMBERS, validation=together, best_epoch=None, refit=True)
    return replace(found, of_model=model, history=HISTORY)


def test_each_network_has_a_row_and_so_have_all_as_one(candidate: Candidate) -> None:
    section = learning.build(several(candidate))
    rows = section.tables["members"]
    assert [row["name"] for row in rows] == ["seed 1", "seed 2", "as one"]
    assert [row["loss"].value for row in rows] == [0.3, 0.5, 0.25]
    assert [row["auroc"].value for row in rows] == [0.9, None, 0.95]
    assert [row["epoch"].value for row in rows[:2]] == [2, 1]
    assert section.words["refit"] is True


def test_each_network_has_a_line_and_the_last_fit_has_none(candidate: Candidate) -> None:
    chart = learning.build(several(candidate)).charts["learning"]
    assert [run["loss"] for run in chart["runs"]] == [[0.9, 0.8], [0.7, 0.6]]
    assert [run["val_loss"] for run in chart["runs"]] == [[0.4, 0.3], [0.5, 0.6]]
    lines = figure.draw(chart).axes[0].get_lines()
    assert [list(line.get_ydata()) for line in lines] == [[0.9, 0.8], [0.7, 0.6], [0.4, 0.3], [0.5, 0.6]]
    assert [line.get_label() for line in lines if not str(line.get_label()).startswith("_")] == [
        "Training",
        "Validation",
    ]


def test_a_single_network_needs_no_table(candidate: Candidate) -> None:
    section = learning.build(read(candidate))
    assert section.tables["members"] == []
    assert len(section.charts["learning"]["runs"]) == 1


def test_the_table_of_networks_has_the_words_of_the_page(candidate: Candidate) -> None:
    assert learning.build(several(candidate)).words["labels"] == {"loss": "loss", "auroc": "AUROC"}


def test_a_single_seed_is_a_limit_and_several_are_not(candidate: Candidate) -> None:
    def seeds(found: Artifacts) -> int:
        return sum("one seed" in row["text"] for row in limitations.build(found).tables["rows"])

    assert (seeds(read(candidate)), seeds(several(candidate))) == (1, 0)
