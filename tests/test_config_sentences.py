"""What a person reads whose YAML has a slip: keys as they are written there, and what to write in their place."""

from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.errors import ConfigError, UsageError

GOOD = """\
ingest: {raw: scans}
cohort: {labels: labels.csv, target: label}
normalize: [resize: {shape: [64, 64]}]
train: {epochs: 2}
report: {title: no}
"""


def refusal(folder: Path, old: str, new: str) -> str:
    path = folder / "study.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value).replace(str(path), "study.yaml")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("epochs: 2", "batch_size: many", "train.batch_size"),
        ("train:", "evaluate: {robustness: many}\ntrain:", "evaluate.robustness"),
        ("raw: scans", "raw: scans, formats: {png: {modality: US, spacing: wide}}", "ingest.formats.png.spacing"),
        ("target: label", "target: label, accept: {twins: born so}", "cohort.accept"),
        ("target: label", "target: label, id: [{column: patient}]", "cohort.id.0.names"),
        ("target: label", "target: label, id: {column: patient}", "cohort.id.names"),
        ("raw: scans", "raw: scans, patient_from: {}", "ingest.patient_from"),
    ],
)  # fmt: skip
def test_a_key_that_takes_several_kinds_of_value_is_called_as_it_is_written(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    said = refusal(tmp_path, old, new)
    assert f"'{key}'" in said or f"'{key}.twins'" in said
    assert not [word for word in ("constrained", "literal[", "tuple[", "[key]", "function-") if word in said]


@pytest.mark.parametrize("value", ["0,5", "0,05", "-2,7"])
def test_a_decimal_comma_in_braces_is_told_as_one(tmp_path: Path, value: str) -> None:
    said = refusal(tmp_path, "epochs: 2", f"learning_rate: {value}")
    assert said == "study.yaml:4: a comma parts keys here. Write numbers with a point, as 0.5."


def test_two_decimal_commas_in_braces_are_told_as_such(tmp_path: Path) -> None:
    said = refusal(tmp_path, "epochs: 2", "learning_rate: 0,5, dropout: 0,5")
    assert said.endswith(": a comma parts keys here. Write numbers with a point, as 0.5.")


def test_a_decimal_comma_on_a_line_of_its_own_is_told_with_the_point(tmp_path: Path) -> None:
    said = refusal(tmp_path, "train: {epochs: 2}", "train:\n  learning_rate: 0,002")
    assert said == (
        "study.yaml:5: 'train.learning_rate': expected a valid number, found \"0,002\". Write 0.002."
    )


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("study", " (did you mean 'configs/study.yaml'?)"),
        ("study.yaml", " (did you mean 'configs/study.yaml'?)"),
        ("configs/stduy.yaml", " (did you mean 'configs/study.yaml'?)"),
        ("configs/lungs.yaml", " (`configs/` has chest, study)"),
    ],
)
def test_a_configuration_that_is_not_there_is_answered_by_the_one_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("configs").mkdir()
    for name in ("chest", "study"):
        Path("configs", f"{name}.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(Path(asked))
    assert str(caught.value) == f"There is no configuration {asked}{hint}. Name the YAML of an analysis."
