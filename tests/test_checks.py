"""Scans and tables are never where `make clean` removes what is made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import main

STUDY = """\
ingest: {raw: RAW}
cohort: {labels: LABELS, target: label}
normalize: [z_score: {}]
report: {title: A study}
"""


def ask(project: Path, command: str, raw: str, labels: str = "data/raw/study/labels.csv") -> int:
    (project / "study.yaml").write_text(STUDY.replace("RAW", raw).replace("LABELS", labels))
    return main([command, "study.yaml"])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "keys"))
    for folder in ("data/study/scans", "data/raw/study", "reports/study"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("command", ["ingest", "clean"])
@pytest.mark.parametrize("raw", ["data/study", "data/study/scans", "reports/study", "data/raw/link"])
def test_scans_inside_what_clean_removes_are_refused_and_stay(
    project: Path, capsys: pytest.CaptureFixture[str], command: str, raw: str
) -> None:
    scan = project / "data/study/scans/1.dcm"
    scan.write_bytes(b"scan")
    (project / "data/raw/link").symlink_to(scan.parent)
    assert ask(project, command, raw) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"study.yaml:1: '{raw}' lies where Scanloom keeps what it makes")
    assert "Move it to data/raw/study" in said
    assert scan.read_bytes() == b"scan"


@pytest.mark.parametrize("raw", [".", "data", '""', "reports"])
def test_a_folder_of_scans_that_holds_what_is_made_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], raw: str
) -> None:
    assert ask(project, "ingest", raw) == 2
    assert "Name a folder that holds scans only, such as data/raw/study" in capsys.readouterr().err


def test_a_table_inside_what_clean_removes_is_refused_and_stays(project: Path) -> None:
    table = project / "data/study/labels.csv"
    table.write_text("patient_id,label\n")
    assert ask(project, "clean", "data/raw/study", "data/study/labels.csv") == 2
    assert table.is_file()


def test_scans_beside_what_is_made_are_fine(project: Path) -> None:
    assert ask(project, "clean", "data/raw/study") == 0
    assert ask(project, "config", "data/raw") == 0
    assert ask(project, "config", "zip://::/mnt/scans.zip") == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("id: {column: a, names: patientt}", "'patientt' is neither an identifier (sop, path, series"),
        ("id: {column: a, names: patientt}", "(did you mean 'patient'?)"),
        ("id: [{column: a, names: patient}, {column: b, names: side}]", "'side' is neither an identifier"),
        ("id: {column: a, names: laterality}", "`id: [{column: patient, names: patient}, {column: a, names: laterality}]`"),
        ("id: [{column: a, names: study}, {column: b, names: day}]", "a day names scans only beside the patient"),
    ],
)  # fmt: skip
def test_a_key_that_names_nothing_is_refused_with_the_line(
    project: Path, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    text = STUDY.replace("RAW", "data/raw/study").replace(
        "LABELS, target: label", f"labels.csv, target: label, {line}"
    )
    (project / "study.yaml").write_text(text)
    assert main(["config", "study.yaml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("study.yaml:2: ") and sentence in said


def test_columns_that_name_a_scan_together_are_fine(project: Path) -> None:
    keys = "id: [{column: a, names: patient}, {column: b, names: view_position}, {column: c, names: day}]"
    text = STUDY.replace("RAW", "data/raw/study").replace(
        "LABELS, target: label", f"labels.csv, target: label, {keys}"
    )
    (project / "study.yaml").write_text(text)
    assert main(["config", "study.yaml"]) == 0


@pytest.mark.parametrize(
    ("train", "sentence"),
    [
        ("{model: resnett}", "unknown model 'resnett' (did you mean 'resnet'?)."),
        ("{model: resnet, widht: 8}", "unknown key 'widht' (did you mean 'width'?)."),
        ("{model: keras_applications, backbone: densenet12}", "'train.backbone': expected 'densenet121',"),
        ("{model: keras_applications, width: 8}", "unknown key 'width' (known:"),
        ("{levels: 4}", "unknown key 'levels' (known: stem_stride, width; a key of `model: unet`)."),
        (
            "{model: unet}",
            "'unet' gives one answer a voxel, and `task: classification` asks for one answer a scan. Write "
            "`train: {model: keras_applications}` or `train: {model: plain_cnn}` or `train: {model: resnet}`.",
        ),
        ("{model: keras_applications, weights: absent.h5}", "'train.weights': there is no file absent.h5."),
    ],
)
def test_what_a_network_cannot_be_is_refused_with_the_line(
    project: Path, capsys: pytest.CaptureFixture[str], train: str, sentence: str
) -> None:
    text = STUDY.replace("RAW", "data/raw/study").replace("LABELS", "labels.csv")
    (project / "study.yaml").write_text(f"{text}train: {train}\n")
    assert main(["config", "study.yaml"]) == 2
    said = capsys.readouterr().err
    assert f"study.yaml:{text.count(chr(10)) + 1}: {sentence}" in said


STRUCTURES = """\
task: segmentation
ingest: {raw: data/raw/study, masks: {structures: {liver: 1}}}
cohort: {}
normalize: [z_score: {}]
report: {title: A study}
"""


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ("", "'resnet', which stands where none is named, gives one answer a scan"),
        ("train: {epochs: 3}\n", "'resnet', which stands where none is named, gives one answer a scan"),
        ("train: {model: resnet}\n", "'resnet' gives one answer a scan"),
        ("train: {model: plain_cnn}\n", "'plain_cnn' gives one answer a scan"),
        ("train: {levels: 4}\n", "unknown key 'levels' (known: stem_stride, width; a key of"),
    ],
)
def test_a_segmentation_without_a_network_of_maps_is_told_which_one_to_write(
    project: Path, capsys: pytest.CaptureFixture[str], train: str, said: str
) -> None:
    (project / "study.yaml").write_text(STRUCTURES + train)
    assert main(["config", "study.yaml"]) == 2
    sentence = capsys.readouterr().err
    assert said in sentence
    assert "model: unet" in sentence
    (project / "study.yaml").write_text(STRUCTURES + "train: {model: unet, levels: 4}\n")
    assert main(["config", "study.yaml"]) == 0


@pytest.mark.parametrize("external", ["", ", external: {column: site, values: [B]}"])
def test_a_plan_of_changes_may_name_the_folders_of_another_source(project: Path, external: str) -> None:
    text = STUDY.replace("RAW", "raw").replace("LABELS", "labels.csv").replace("label}", f"label{external}}}")
    plan = "compare: {allowed_changes: [cohort.external.folders]}\n"
    (project / "study.yaml").write_text(text + plan)
    assert main(["config", "study.yaml"]) == 0


def test_a_plan_of_changes_names_settings_that_there_are(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "study.yaml").write_text(
        STUDY.replace("RAW", "raw").replace("LABELS", "labels.csv")
        + "compare:\n  allowed_changes:\n    - train.seed\n    - train.epoch\n"
    )
    assert main(["config", "study.yaml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "study.yaml:8: a plan of changes can't name 'train.epoch' (did you mean 'train.epochs'?)"
    )
