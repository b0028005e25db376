"""Sets whose patient IDs were taken out, through the stage: each way to say whose they are, and its limits."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from dicom_files import encoded
from ingesting import cases, config, ct_series, ingested, scan, write_all

from pipeline.commands import forget
from pipeline.config import load
from pipeline.errors import ConfigError, DataError
from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


@pytest.fixture
def raw(workspace: Workspace) -> Path:
    folder = workspace.root / "raw"
    files = {
        "A/one/1.dcm": scan(1, PatientID=""),
        "A/two/2.dcm": scan(2, PatientID=None),
        "B/3.dcm": scan(3, PatientID=""),
        "4.dcm": scan(4, PatientID=""),
    }
    write_all(folder, files)
    return folder


def patients(workspace: Workspace) -> list[int]:
    """How many cases each patient has."""
    found: dict[str, int] = {}
    for case in cases(workspace):
        found[case.patient_id] = found.get(case.patient_id, 0) + 1
    return sorted(found.values())


def lines(workspace: Workspace, settings) -> str:
    return "\n".join(run(settings, workspace).lines)


@pytest.mark.usefixtures("raw")
def test_without_the_key_they_are_set_aside_and_told_of_it(workspace: Workspace) -> None:
    outcomes = ingested(workspace, config())
    assert {(state, reason) for state, reason, _ in outcomes.values()} == {
        ("quarantined", "missing_attribute (PatientID)")
    }
    assert all("`ingest.patient_from: folder`" in step for _, _, step in outcomes.values())


@pytest.mark.usefixtures("raw")
def test_by_study_each_study_is_a_patient(workspace: Workspace) -> None:
    assert "4 images of 4 patients, by `ingest.patient_from`" in lines(
        workspace, config(patient_from="study")
    )
    assert patients(workspace) == [1, 1, 1, 1]


@pytest.mark.usefixtures("raw")
def test_by_folder_all_below_one_folder_is_of_one_patient_and_loose_files_are_nobodys(
    workspace: Workspace,
) -> None:
    outcomes = ingested(workspace, config(patient_from="folder"))
    assert patients(workspace) == [1, 2]
    assert outcomes["4.dcm"][1] == "missing_attribute (PatientID, and the file lies in no folder)"
    assert "a folder of its patient" in outcomes["4.dcm"][2]


@pytest.mark.usefixtures("raw")
def test_by_a_pattern_its_group_is_the_patient(workspace: Workspace) -> None:
    outcomes = ingested(workspace, config(patient_from={"pattern": r"/(one|two)/"}))
    assert patients(workspace) == [1, 1]
    assert outcomes["B/3.dcm"][1] == "missing_attribute (PatientID, and the path doesn't fit the pattern)"


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize(
    "rows",
    [
        "StudyInstanceUID,who,age,label\n2.25.11,P,1,a\n2.25.12,Q,2,a\n2.25.13,P,3,b\n2.25.14,,4,b\n",
        "file,who,label\nraw/A/one/1.dcm,P,a\nA/two/2.dcm,Q,a\n3.dcm,P,b\n",
        "SOP;who;label\n2.25.1;P;a\n2.25.2;Q;a\n2.25.3;P;b\n",
    ],
)
def test_by_a_column_of_the_table_its_rows_tell_the_patient(workspace: Workspace, rows: str) -> None:
    (workspace.root / "labels.csv").write_text(rows)
    outcomes = ingested(workspace, config(patient_from={"column": "who"}))
    assert patients(workspace) == [1, 2]
    assert outcomes["4.dcm"][1] == "missing_attribute (PatientID, and no row names the file)"
    assert list(workspace.data.glob("owners*")) == []


@pytest.mark.usefixtures("raw")
def test_bare_numbers_name_scans_only_where_the_settings_say_so(workspace: Workspace) -> None:
    (workspace.root / "labels.csv").write_text("scan,who,label\n1,P,a\n2,Q,a\n3,P,b\n")
    guessed = ingested(workspace, config(patient_from={"column": "who"}))
    assert {reason for _, reason, _ in guessed.values()} == {
        "missing_attribute (PatientID, and no row names the file)"
    }
    join = {"id": {"column": "scan", "names": "stem"}}
    ingested(workspace, config(cohort=join, patient_from={"column": "who"}))
    assert patients(workspace) == [1, 2]


@pytest.mark.usefixtures("raw")
def test_a_row_that_gives_another_patient_has_its_scan_alone_read_again(workspace: Workspace) -> None:
    settings = config(patient_from={"column": "who"})
    table = workspace.root / "labels.csv"
    table.write_text("file,who,label\n1.dcm,P,a\n2.dcm,Q,a\n3.dcm,P,b\n")
    run(settings, workspace)
    assert "read again" not in lines(workspace, settings)
    table.write_text("file,who,label\n1.dcm,P,a\n2.dcm,Q,a\n3.dcm,Q,b\n4.dcm,R,b\n")
    assert "the table of labels gives another patient: 2 files" in lines(workspace, settings)
    assert patients(workspace) == [1, 1, 2]
    table.write_text("file,who,label\n1.dcm,P,a\n2.dcm,Q,a\n3.dcm,Q,b\n3.dcm,R,b\n")
    outcomes = ingested(workspace, settings)
    assert outcomes["B/3.dcm"][1] == "missing_attribute (PatientID, and its rows name several patients)"


def test_a_patient_id_that_is_there_is_kept_and_the_mix_is_told(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {"A/1.dcm": scan(1, PatientID=""), "A/2.dcm": scan(2, PatientID="A")})
    said = lines(workspace, config(patient_from="folder"))
    assert "without PatientID: 1 image of 1 patient" in said
    assert "note: 1 image in use have a PatientID" in said
    assert patients(workspace) == [1, 1]


def test_a_series_of_two_folders_is_refused_with_the_way_out(workspace: Workspace) -> None:
    slices = ct_series([0, 5, 10, 15], PatientID="")
    write_all(workspace.root / "raw", {f"{z % 2}/{z}.dcm": one for z, one in enumerate(slices)})
    outcomes = ingested(workspace, config(unit="series", patient_from="folder"))
    assert {reason for _, reason, _ in outcomes.values()} == {
        "patient_conflict (2 patients, told by ingest.patient_from)"
    }
    assert all("choose another `ingest.patient_from`" in step for _, _, step in outcomes.values())
    ingested(workspace, config(unit="series", patient_from="study"))
    assert patients(workspace) == [1]


def test_an_archive_for_each_patient_is_a_folder(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    raw.mkdir()
    for name, numbers in (("A.zip", (1, 2)), ("B.zip", (3,))):
        with zipfile.ZipFile(raw / name, "w") as archive:
            for number in numbers:
                archive.writestr(f"x/{number}.dcm", encoded(scan(number, PatientID="")))
    run(config(patient_from="folder"), workspace)
    assert patients(workspace) == [1, 2]
    run(config(patient_from={"pattern": r"(\d)\.dcm$"}), workspace)
    assert patients(workspace) == [1, 1, 1]


def test_a_dummy_id_is_told_and_can_be_declared_nobodys(workspace: Workspace) -> None:
    files = {f"{number}/a.dcm": scan(number, PatientID="ANONYMOUS") for number in range(1, 13)}
    write_all(workspace.root / "raw", files)
    assert "note: 12 of 12 studies are of one patient. If its ID is a dummy" in lines(workspace, config())
    assert patients(workspace) == [12]
    said = lines(workspace, config(dummy_ids=["ANONYMOUS"], patient_from="folder"))
    assert "studies are of one patient" not in said
    assert patients(workspace) == [1] * 12


@pytest.mark.usefixtures("raw")
def test_a_folder_is_forgotten_by_its_name_as_a_patient_is(workspace: Workspace) -> None:
    settings = config(patient_from="folder")
    run(settings, workspace)
    forget.run(settings, workspace, "A")
    outcomes = ingested(workspace, settings)
    assert {path: reason for path, (_, reason, _) in outcomes.items() if path.startswith("A")} == {
        "A/one/1.dcm": "consent_withdrawn",
        "A/two/2.dcm": "consent_withdrawn",
    }
    assert patients(workspace) == [1]


@pytest.mark.usefixtures("raw")
def test_a_table_or_column_that_is_not_there_is_told(workspace: Workspace) -> None:
    with pytest.raises(ConfigError, match=r"there is no table 'labels\.csv'"):
        run(config(patient_from={"column": "who"}), workspace)
    (workspace.root / "labels.csv").write_text("file,whose,label\n1.dcm,P,a\n")
    with pytest.raises(DataError, match="no column 'who'"):
        run(config(patient_from={"column": "who"}), workspace)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("foldr", "'study' or 'folder'"),
        ("{pattern: 'sub-x'}", "one group"),
        ("{pattern: 'sub-('}", "not a regular expression"),
        ("{pattern: 'a(b)', column: c}", r"one of \{column: NAME\} and \{pattern"),
        ("{colum: who}", "did you mean 'column'"),
    ],
)
def test_a_wrong_key_is_told_with_its_line(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(
        f"ingest:\n  raw: raw\n  patient_from: {written}\ncohort: {{labels: a.csv, target: b}}\n"
        "normalize: [{z_score: {}}]\nreport: {title: T}\n"
    )
    with pytest.raises(ConfigError, match=said) as caught:
        load(path)
    assert ":3" in str(caught.value).splitlines()[0]


@pytest.mark.parametrize("source", ["folder", {"pattern": "(.*)/"}, {"column": "who"}])
def test_no_name_of_a_folder_or_row_is_written_anywhere(workspace: Workspace, source: object) -> None:
    write_all(workspace.root / "raw", {"ZQXJKV/1.dcm": scan(1, PatientID="")})
    (workspace.root / "labels.csv").write_text("file,who,label\n1.dcm,ZQXJKV,a\n")
    said = lines(workspace, config(patient_from=source))
    assert patients(workspace) == [1]
    written = [path.read_bytes() for path in workspace.data.rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert not any(b"ZQXJKV" in data for data in [*written, said.encode()])
