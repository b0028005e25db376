"""The way back from a pseudonym, and from a file: by the key alone, at the terminal, and nothing stored."""

from __future__ import annotations

import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from dicom_files import encoded, write
from ingesting import cases, config, ct_series, scan, write_all
from refused_masks import KINDS

from pipeline.catalogue import Catalogue
from pipeline.commands.case import run
from pipeline.errors import DataError, UsageError
from pipeline.ingest import run as ingest
from pipeline.workspace import Workspace

SETTINGS = config(unit="series", modalities=["CT", "DX"])


pytestmark = pytest.mark.usefixtures("own_key")


@pytest.fixture
def raw(workspace: Workspace, own_key: Path) -> Path:
    folder = workspace.root / "raw"
    slices = {f"ct/{number}.dcm": one for number, one in enumerate(ct_series([0, 5, 10]))}
    others = {"dx/a.dcm": scan(1), "dx/copy.dcm": scan(1), "dx/again.dcm": scan(2, PatientID="PAT1")}
    write_all(folder, {**slices, **others, "broken.dcm": b"", "odd\nname.dcm": scan(3)})
    ingest(SETTINGS, workspace)
    return folder


def lines_of(workspace: Workspace, named: str) -> list[str]:
    return list(run(SETTINGS, workspace, named))


def volume(workspace: Workspace):
    return next(case for case in cases(workspace) if case.modality == "CT")


@pytest.mark.usefixtures("raw")
def test_a_case_is_told_with_its_files(workspace: Workspace) -> None:
    case = volume(workspace)
    expected = f"case {case.case_id}  patient {case.patient_id}  series {case.series_id}  CT"
    lines = lines_of(workspace, case.case_id)
    assert lines == [expected, "  ct/0.dcm", "  ct/1.dcm", "  ct/2.dcm"]
    assert lines_of(workspace, case.case_id[:8]) == lines_of(workspace, case.series_id) == lines


@pytest.mark.usefixtures("raw")
def test_a_refused_mask_is_told_with_its_case_and_its_reason(workspace: Workspace) -> None:
    marked, settings = KINDS["SEG"]
    write_all(workspace.root / "raw", {**marked(1).others, "1/nodule.dcm": marked(1).nodule[:-9]})
    analysis = config(**{**settings, "modalities": ["CT", "DX", "MR"]})
    ingest(analysis, workspace)
    case = next(case for case in cases(workspace) if case.modality == "MR")
    lines = list(run(analysis, workspace, case.case_id))
    assert lines[-2:] == [
        "  1/lung.dcm",
        "  1/nodule.dcm  failed, truncated_pixel_data (9 of 22 bytes missing (40.9 %))",
    ]


@pytest.mark.usefixtures("raw")
def test_a_patient_is_told_with_all_cases_also_those_linked_by_the_cohort(workspace: Workspace) -> None:
    images = [case for case in cases(workspace) if case.modality == "DX"]
    whose = [case.patient_id for case in images]
    patient = next(patient for patient in whose if whose.count(patient) == 2)
    paths = [line for line in lines_of(workspace, patient) if line.startswith("  ")]
    assert "  dx/again.dcm" in paths
    assert len({"  dx/a.dcm", "  dx/copy.dcm"}.intersection(paths)) == 1
    write(
        workspace.candidate / "cohort.csv",
        f"case_id,person_id,part,era,target\n{volume(workspace).case_id},{patient},test,1,a\n".encode(),
    )
    assert "  ct/0.dcm" in lines_of(workspace, patient)


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize("spelled", ["ct/1.dcm", "raw/ct/1.dcm", "./raw/ct/1.dcm", "{root}/raw/ct/1.dcm"])
def test_a_file_is_told_with_its_case_however_its_path_is_spelled(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    monkeypatch.chdir(workspace.root)
    lines = lines_of(workspace, spelled.format(root=workspace.root))
    assert lines[0] == "ct/1.dcm"
    assert ": accepted, ok: Used." in lines[1]
    assert volume(workspace).case_id in lines[2]


@pytest.mark.usefixtures("raw")
def test_a_file_without_a_case_is_told_with_its_reason_and_way_out(workspace: Workspace) -> None:
    path, state = lines_of(workspace, "broken.dcm")
    assert path == "broken.dcm"
    assert state.endswith("failed, empty_file: Zero bytes. Copy the file again.")
    with Catalogue(workspace.catalogue) as catalogue:
        token = catalogue.query("SELECT token FROM files WHERE reason = 'empty_file'")[0][0]
    assert lines_of(workspace, token) == [path, state]


@pytest.mark.usefixtures("raw")
def test_a_copy_is_told_with_the_case_of_its_twin(workspace: Workspace) -> None:
    with Catalogue(workspace.catalogue) as catalogue:
        token = catalogue.query("SELECT token FROM files WHERE reason = 'duplicate_identical'")[0][0]
    assert "an identical copy is in case " in lines_of(workspace, token)[2]


@pytest.mark.usefixtures("raw")
def test_a_name_with_a_line_break_is_told_on_one_line(workspace: Workspace) -> None:
    assert lines_of(workspace, "odd\\nname.dcm")[0] == "odd\\nname.dcm"


def test_a_scan_in_an_archive_is_found_by_the_path_inside(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    raw.mkdir()
    with zipfile.ZipFile(raw / "patient.zip", "w") as archive:
        archive.writestr("study/a.dcm", encoded(scan(1)))
    ingest(SETTINGS, workspace)
    (case,) = cases(workspace)
    assert lines_of(workspace, case.case_id)[1:] == ["  patient.zip/study/a.dcm"]
    assert case.case_id in lines_of(workspace, "patient.zip/study/a.dcm")[2]


def test_files_that_are_gone_are_counted(workspace: Workspace, raw: Path) -> None:
    (raw / "ct/1.dcm").unlink()
    assert lines_of(workspace, volume(workspace).case_id)[1:] == [
        "  ct/0.dcm",
        "  ct/2.dcm",
        "  1 of its 3 files are no more in RAW",
    ]


def test_a_file_that_came_later_is_told_so(workspace: Workspace, raw: Path) -> None:
    write(raw / "new.dcm", scan(9))
    assert "came after the last ingest" in lines_of(workspace, "new.dcm")[1]


@pytest.mark.usefixtures("raw")
@pytest.mark.parametrize(
    ("named", "error", "said"),
    [
        ("", UsageError, "Nothing is named"),
        ("dx/none.dcm", DataError, "No file of RAW has the path"),
        ("czzzzzzz", DataError, "No pseudonym of this analysis begins with 'czzzzzzz'"),
    ],
)
def test_what_is_not_known_is_told_with_what_to_check(
    workspace: Workspace, named: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        lines_of(workspace, named)


def test_a_beginning_of_several_pseudonyms_is_refused_with_their_names(workspace: Workspace) -> None:
    write_all(workspace.root / "raw", {f"{number}.dcm": scan(number) for number in range(1, 400)})
    ingest(SETTINGS, workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        tokens = sorted(row[0] for row in catalogue.query("SELECT token FROM files"))
    begin = next(one[:4] for one, two in pairwise(tokens) if one[:4] == two[:4])
    with pytest.raises(UsageError, match=f"'{begin}' begins several pseudonyms: file {begin}"):
        lines_of(workspace, begin)


@pytest.mark.usefixtures("raw")
def test_without_the_key_there_is_no_way_back(workspace: Workspace, own_key: Path) -> None:
    case = volume(workspace).case_id
    own_key.write_bytes(b"%" * 32)
    with pytest.raises(UsageError, match="under the key"):
        lines_of(workspace, case)
    own_key.unlink()
    with pytest.raises(UsageError, match="is gone"):
        lines_of(workspace, case)
    assert not own_key.exists()


def test_before_the_first_ingest_nothing_is_known(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="No file of 'study' was read yet"):
        lines_of(workspace, "cabcdefgh")
