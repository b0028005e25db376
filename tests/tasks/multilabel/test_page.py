"""What the page on several findings says: each with its patients, and warnings that follow from intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read
from pipeline.page.artifacts import Artifacts
from pipeline.report.table import read as read_report
from pipeline.tasks.multilabel import page
from pipeline.tasks.multilabel.labels import Labels
from pipeline.tasks.multilabel.sections import findings, thresholds, together

QUESTION = Labels(("edema", "mass"), ("mass", "edema"))


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    """Eighty patients: edema is told well and unknown in eight, mass by chance; a fifth is validation."""
    generator = np.random.default_rng(4)
    truth = generator.integers(0, 2, (80, 2))
    names = [f"p{number:02d}" for number in range(80)]
    frame = pd.DataFrame({
        "case_id": names, "patient_id": names,
        "part": ["validation" if number % 5 == 0 else "test" for number in range(80)],
        "truth_edema": [str(cell) if number % 8 != 1 else "" for number, cell in enumerate(truth[:, 0])],
        "truth_mass": truth[:, 1].astype(str),
        "score_edema": np.clip(0.3 + 0.4 * truth[:, 0] + generator.normal(0, 0.15, 80), 0, 1),
        "score_mass": generator.random(80),
    })  # fmt: skip
    folder = tmp_path_factory.mktemp("scored")
    frame.to_csv(folder / "table.csv", index=False)
    foreign = read(folder / "table.csv", Columns())
    score(foreign, folder)
    return read_report(foreign, folder)


def test_each_finding_has_a_row_with_the_patients_in_whom_it_is_known(artifacts: Artifacts) -> None:
    edema, mass = findings.build(artifacts).tables["rows"]
    tested = artifacts.predictions[artifacts.predictions["part"] == "test"]
    known = tested["truth"].str.split("|").str[0] != ""
    assert edema["known"].value == known.sum() < mass["known"].value == len(tested)
    assert edema["unknown"].value == (~known).sum()
    assert mass["unknown"].value == 0
    assert edema["auroc"].value > 0.9


def test_counts_behind_the_rates_add_up(artifacts: Artifacts) -> None:
    section = thresholds.build(artifacts)
    for row in section.tables["rows"]:
        assert row["sensitivity"].value == pytest.approx(row["found"].value / row["with_it"].value)
        assert row["specificity"].value == pytest.approx(row["cleared"].value / row["without"].value)
        assert row["threshold"].method == "chosen on validation"


def test_the_diagonal_of_the_mistakes_is_what_the_thresholds_miss(artifacts: Artifacts) -> None:
    missed = together.build(artifacts).tables["missed"]
    rows = thresholds.build(artifacts).tables["rows"]
    for at, row in enumerate(rows):
        assert missed[at]["cells"][at]["value"] == row["with_it"].value - row["found"].value


def test_a_finding_that_may_be_told_by_chance_alone_is_warned_of(artifacts: Artifacts) -> None:
    told = [row["text"] for row in page.warnings(artifacts)]
    assert "“mass” is not shown to be told apart better than by chance" in told
    assert not any("edema” is not shown" in text for text in told)


def test_the_table_of_the_data_counts_each_finding() -> None:
    edema, mass = page.population(["1|0", "|1", "0|0"], QUESTION)
    assert (edema.heading, list(edema.of_cases)) == ("edema", ["present", "unknown", "absent"])
    assert list(mass.order) == ["present", "absent"]


def test_the_lead_says_the_mean_area_in_whole_numbers(artifacts: Artifacts) -> None:
    said = page.lead(QUESTION, "macro_auroc", artifacts.metric, unit="patient")
    assert "on average over 2 findings: edema and mass." in said
    assert page.lead(QUESTION, "exact_match", artifacts.metric, unit="patient") == ""
