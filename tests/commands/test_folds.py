"""The YAML of each fold, and the table of their test parts; the whole arrow of them is in end_to_end."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.checks import load_checked
from pipeline.commands import folds
from pipeline.config import Config, differing, dump_without_places, load, settings
from pipeline.errors import ConfigError, DataError, UsageError

YAML = """
ingest: {raw: data/raw/study}
cohort: {labels: labels.csv, target: finding, shares: {train: 0.5, validation: 0.25, test: 0.25}}
normalize: [z_score: {}]
train: {epochs: 3}
report: {title: A study, intended_use: None.}
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The YAML of a study in a project of its own, with keys in a home of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    folder = tmp_path / "project"
    (folder / "configs").mkdir(parents=True)
    monkeypatch.chdir(folder)
    path = Path("configs/study.yaml")
    path.write_text(YAML, encoding="utf-8")
    return path


def write(path: Path, count: str) -> tuple[str, ...]:
    return folds.write(load_checked(path), path, Path.cwd(), count).lines


def test_each_fold_is_the_analysis_but_for_its_parts_and_all_have_one_key(path: Path, tmp_path: Path) -> None:
    made, said = write(path, "4")
    key = tmp_path / "home/scanloom/keys/study.key"
    assert str(key) in made
    assert said == "4 folds, an analysis each: configs/study-fold-1-of-4.yaml to study-fold-4-of-4.yaml"
    whole = load_checked(path)
    for number in range(1, 5):
        of_fold = load_checked(path.with_name(f"study-fold-{number}-of-4.yaml"))
        assert of_fold.cohort.fold is not None
        assert (of_fold.cohort.fold.held_out, of_fold.cohort.fold.of) == (number, 4)
        assert of_fold.cohort.divided.test == 0.25
        assert of_fold.ingest.key == str(key)
        assert of_fold.train == whole.train
        assert of_fold.cohort.labels == "labels.csv"
    assert not path.with_name("study-fold-5-of-4.yaml").exists()


def test_a_second_time_the_key_stays_and_a_change_of_the_yaml_reaches_all_folds(
    path: Path, tmp_path: Path
) -> None:
    write(path, "3")
    key = (tmp_path / "home/scanloom/keys/study.key").read_bytes()
    path.write_text(YAML.replace("epochs: 3", "epochs: 4"), encoding="utf-8")
    assert len(write(path, "3")) == 1
    assert (tmp_path / "home/scanloom/keys/study.key").read_bytes() == key
    assert load(path.with_name("study-fold-2-of-3.yaml")).train.epochs == 4


@pytest.mark.parametrize("count", ["", "2", "21", "five", "05", "5 ", "-5", "4.0"])
def test_what_is_no_number_of_folds_is_refused_and_nothing_is_written(path: Path, count: str) -> None:
    with pytest.raises(UsageError, match=r"^Say how many folds there are, from 3 to 20.*: `.*--of 5`\.$"):
        write(path, count)
    assert sorted(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("fold: {held_out: 1, of: 3}", "this is one fold already"),
        ("part_column: part", "leave `part_column` out"),
        ("on_patient_overlap: redraw", "leave `on_patient_overlap` out"),
    ],
)
def test_what_divides_the_patients_otherwise_is_refused_with_its_line(
    path: Path, keys: str, said: str
) -> None:
    text = YAML.replace("shares: {train: 0.5, validation: 0.25, test: 0.25}", keys)
    path.write_text(text.replace("study}", "study, key: phantom}"), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"^configs/study.yaml:3: .*{said}"):
        write(path, "3")


def test_a_cohort_without_a_line_below_it_has_folds_as_any_other(path: Path) -> None:
    task = "task: segmentation\ncohort:\n"
    text = YAML.replace(YAML.splitlines()[2] + "\n", task).replace("{epochs: 3}", "{model: unet, epochs: 3}")
    masks = "masks: {structures: {lung: 1}}, modalities: [MR]"
    path.write_text(text.replace("raw: data/raw/study", f"raw: data/raw/study, {masks}"), encoding="utf-8")
    write(path, "3")
    assert load(path.with_name("study-fold-3-of-3.yaml")).cohort.fold is not None


def test_a_file_of_another_origin_is_not_written_over(path: Path) -> None:
    mine = path.with_name("study-fold-2-of-3.yaml")
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"^configs/study-fold-2-of-3.yaml is there, and not of this command"
    ):
        write(path, "3")
    assert sorted(path.parent.iterdir()) == [mine, path]
    assert mine.read_text(encoding="utf-8") == "mine"


def predicted(number: int, parts: dict[str, str]) -> None:
    """A fold's cohort and predictions: the part of each patient, who has one case."""
    folder = Path(f"reports/study-fold-{number}-of-3/candidate")
    folder.mkdir(parents=True, exist_ok=True)
    rows = pd.DataFrame(
        {"case_id": [f"c{who}" for who in parts], "person_id": list(parts), "part": list(parts.values())}
    )
    rows.assign(era="2020", target="yes").to_csv(folder / "cohort.csv", index=False)
    scored = rows.rename(columns={"person_id": "patient_id"})
    scored.assign(truth="yes", predicted="no", status="ok", score_yes=0.25, score_no=0.75).to_csv(
        folder / "predictions.csv", index=False
    )


def test_the_table_has_each_test_part_with_its_fold_and_no_other(path: Path) -> None:
    for number, held in enumerate("abc", start=1):
        parts = {who: "test" if who == held else "train" for who in "abc"}
        predicted(number, parts | {"elsewhere": "external"})
    table, folder = folds.joined(path, Path(), "3")
    assert table.parent == folder == Path("reports/study-folds-of-3")
    frame = pd.read_csv(table)
    assert list(zip(frame["patient_id"], frame["fold"], strict=True)) == [("a", 1), ("b", 2), ("c", 3)]
    assert "part" not in frame


@pytest.mark.parametrize(
    ("last", "wrong"),
    [({"a": "train", "b": "test", "c": "train"}, 2), ({"a": "test", "b": "train", "c": "test"}, 1)],
)
def test_a_patient_tested_twice_or_never_is_told(path: Path, last: dict[str, str], wrong: int) -> None:
    predicted(1, {"a": "test", "b": "train", "c": "train"})
    predicted(2, {"a": "train", "b": "test", "c": "train"})
    predicted(3, last)
    with pytest.raises(DataError, match=rf"^{wrong} of 3 patients are tested in no fold, or in two"):
        folds.joined(path, Path(), "3")


def test_a_fold_that_was_not_predicted_is_named_with_what_makes_it(path: Path) -> None:
    predicted(1, {"a": "test"})
    with pytest.raises(DataError, match=r"^'study-fold-2-of-3' has no predictions yet\. Run `.*folds"):
        folds.joined(path, Path(), "3")


def test_the_first_line_says_which_file_is_to_be_changed(path: Path) -> None:
    write(path, "3")
    text = path.with_name("study-fold-1-of-3.yaml").read_text(encoding="utf-8")
    assert text.startswith("# One fold of study.yaml, which is to be changed: this file is written anew.\n")
    assert isinstance(load(path), Config)


def test_the_copy_of_a_fold_s_settings_can_be_read_and_differs_in_nothing(path: Path) -> None:
    write(path, "3")
    of_fold = load_checked(path.with_name("study-fold-2-of-3.yaml"))
    copy = Path("config.yaml")
    copy.write_text(dump_without_places(of_fold), encoding="utf-8")
    assert differing(settings(load(copy)), settings(of_fold)) == []
    assert load(copy).cohort.divided == of_fold.cohort.divided
