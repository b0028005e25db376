from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from least_seconds import least_seconds

from pipeline.cli import main
from pipeline.config import Evaluate
from pipeline.errors import DataError
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read

Write = Callable[..., Path]
PLAN = Evaluate(resamples=200)


def test_a_table_from_elsewhere_is_measured_at_one_half(write: Write, tmp_path: Path) -> None:
    path = write(change=lambda frame: frame.drop(columns=["part", "logit_no", "logit_yes"]))
    summary = score(read(path, Columns()), tmp_path / "out", PLAN)
    found = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert {metric["part"] for metric in found["metrics"]} == {"external"}
    [threshold] = found["thresholds"]
    assert (threshold["threshold"], threshold["chosen_on"]) == (0.5, "fixed beforehand")
    assert any(line.startswith("external: auroc 0.") for line in summary.lines)


def test_the_threshold_comes_from_the_validation_rows_where_there_are_any(
    write: Write, tmp_path: Path
) -> None:
    path = write()
    score(read(path, Columns()), tmp_path / "out", PLAN)
    found = json.loads((tmp_path / "out" / "metrics.json").read_text())
    [threshold] = found["thresholds"]
    assert threshold["chosen_on"] == "validation"
    validation = pd.read_csv(path).query("part == 'validation' and truth == 'yes'")["score_yes"]
    # 95 % of 40 positives are 38: the third smallest score of a positive is the threshold.
    assert threshold["threshold"] == sorted(validation)[2]


def test_test_rows_do_not_move_the_threshold(write: Write, tmp_path: Path) -> None:
    def other_test_truth(frame: pd.DataFrame) -> pd.DataFrame:
        test = frame["part"] == "test"
        frame.loc[test, "truth"] = frame.loc[test, "truth"].map({"no": "yes", "yes": "no"})
        return frame

    thresholds = []
    for change in (lambda frame: frame, other_test_truth):
        score(read(write(change=change), Columns()), tmp_path / "out", PLAN)
        thresholds.append(json.loads((tmp_path / "out" / "metrics.json").read_text())["thresholds"])
    assert thresholds[0] == thresholds[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame[frame["part"] == "validation"],
        lambda frame: frame.assign(part="train"),
        lambda frame: frame.assign(truth=""),
    ],
    ids=["validation", "train", "no truth"],
)
def test_a_table_without_a_row_to_report_on_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], write: Write, tmp_path: Path
) -> None:
    with pytest.raises(
        DataError, match=r"table\.csv: no row (of part test, out-of-fold, external or new )?has"
    ):
        score(read(write(change=change), Columns()), tmp_path / "out", PLAN)
    assert not (tmp_path / "out").exists()


def test_scoring_again_changes_nothing(write: Write, tmp_path: Path) -> None:
    path = write()
    assert score(read(path, Columns()), tmp_path / "out", PLAN).changed
    assert not score(read(path, Columns()), tmp_path / "out", PLAN).changed


def test_the_command_scores_a_table_and_refuses_a_bad_one(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write()
    assert main(["score", str(path), "--out", "numbers"]) == 0
    said = capsys.readouterr().out
    assert "test: auroc" in said
    assert said.endswith("Report on the test part: numbers/report.html\n")
    written = sorted(path.name for path in (tmp_path / "numbers").iterdir())
    assert written == ["figures", "metrics.json", "report.html", "report.json", "tables"]
    path.write_text("case_id,patient,truth,score_yes\na,p1,yes,0.5\n")
    assert main(["score", str(path)]) == 3
    assert "no column 'patient_id' (did you mean 'patient'?)" in capsys.readouterr().err


def test_a_result_is_never_written_over_by_another(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write()
    assert main(["score", str(path)]) == main(["score", str(path)]) == 0  # the same again is no other
    (first,) = Path("score").iterdir()
    assert first.name == path.stem
    before = (first / "metrics.json").read_bytes()
    assert main(["score", str(path), "--positive", "no"]) == 2
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert main(["score", str(path)]) == 2
    assert "holds the result of another table, or of this one with other columns" in capsys.readouterr().err
    assert (first / "metrics.json").read_bytes() == before


@pytest.mark.slow
def test_the_time_to_score_grows_with_the_patients_and_not_with_their_pairs(
    write: Write, tmp_path: Path
) -> None:
    def seconds(patients: int) -> float:
        predictions = read(write(patients=patients), Columns())
        settings = Evaluate(resamples=200)
        return least_seconds(lambda: score(predictions, tmp_path / "out", settings), rounds=1)

    assert seconds(20_000) < 30 * seconds(2_000)
