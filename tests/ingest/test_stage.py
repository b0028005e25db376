"""The stage on real folders: every path accounted for, the same bytes for the same scans, refusals that say why."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from dicom_files import encoded, image, write
from ingesting import cases, config, ct_series, reasons, scan, store, voxels, write_all
from picture_files import grey, picture
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pipeline import ledger
from pipeline.catalogue import Catalogue
from pipeline.config import Cohort
from pipeline.errors import DataError
from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_every_path_has_one_state_and_one_reason(workspace: Workspace, raw: Path) -> None:
    settings = config()
    write(raw / "deep/er/IM0001", scan(1))
    write(raw / "no_extension", scan(2))
    write(raw / "mr.dcm", scan(3, "MR"))
    write(raw / "us.dcm", scan(4, "US"))
    write(raw / ".DS_Store", b"\0\0\0\1Bud1")
    write(raw / "empty.dcm", b"")
    write(raw / "page.html", b"<html></html>")
    write(raw / "packed.zip", b"PK\x03\x04rest")
    write(raw / "cut.dcm", encoded(scan(5))[:-100])
    write(raw / "half.dcm", encoded(scan(6))[:400])
    write(raw / "nobody.dcm", scan(7, PatientID=None))
    report = scan(8, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    del report.PixelData
    write(raw / "report.dcm", report)
    write(raw / "index", scan(9, SOPClassUID="1.2.840.10008.1.3.10"))
    write(raw / "scout.dcm", scan(10, "CT", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    write(raw / "screen.dcm", scan(11, ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"]))
    write(raw / "text.dcm", scan(14, BurnedInAnnotation="YES"))
    write(raw / "unprocessed.dcm", scan(12, SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1.1"))
    write(raw / "cine.dcm", image("XA", pixels=np.zeros((3, 16, 12), np.uint16), SOPInstanceUID="2.25.50"))
    os.mkfifo(raw / "pipe")
    (raw / "link.dcm").symlink_to(raw / "mr.dcm")
    (raw / "loop").symlink_to(raw)
    write(Path(os.fsdecode(os.fsencode(raw) + b"/caf\xe9\nname.dcm")), scan(13))
    run(config(modalities=("DX", "MR", "CT", "XA")), workspace)
    expected = {
        "deep/er/IM0001": "ok", "no_extension": "ok", "mr.dcm": "ok", "us.dcm": "modality_not_selected",
        ".DS_Store": "not_dicom", "empty.dcm": "empty_file", "page.html": "not_dicom",
        "packed.zip": "archive_damaged", "cut.dcm": "truncated_pixel_data", "half.dcm": "corrupt_dataset",
        "nobody.dcm": "missing_attribute", "report.dcm": "non_image_object", "index": "dicomdir",
        "scout.dcm": "localizer", "screen.dcm": "derived_not_selected", "unprocessed.dcm": "rule_not_selected",
        "cine.dcm": "rule_not_selected", "pipe": "special_file", "link.dcm": "link_not_followed",
        "loop": "link_not_followed", "text.dcm": "burned_in_text", "caf\\xe9\\nname.dcm": "ok",
    }  # fmt: skip
    assert reasons(workspace, settings) == expected
    with Catalogue(workspace.catalogue) as catalogue:
        assert catalogue.query("SELECT count(*) FROM files") == [(len(expected),)]
    assert len(cases(workspace)) == 4
    flow = json.loads((workspace.data / "ingest.json").read_text())["files"]
    assert sum(sum(reasons.values()) for reasons in flow.values()) == len(expected)


def test_a_case_holds_the_values_and_only_pseudonyms(workspace: Workspace, raw: Path) -> None:
    write(raw / "a.dcm", scan(1, PhotometricInterpretation="MONOCHROME1"))
    run(config(), workspace)
    (case,) = cases(workspace)
    assert np.array_equal(voxels(workspace, case), 65535 - (np.arange(192).reshape(16, 12) * 3 + 1))
    assert (case.geometry.spacing, case.geometry.affine, case.value_unit) == ((0.5, 0.8), None, "arbitrary")
    assert case.notes == ("monochrome1",)
    stored = workspace.catalogue.read_bytes()
    assert not any(word in stored for word in (b"PAT1", b"2.25.", b"ACC1", b"a.dcm", b"20200101"))


def test_the_same_scans_under_other_names_give_the_same_store(tmp_path: Path) -> None:
    made = [encoded(scan(number)) for number in range(1, 9)] + [
        encoded(one) for one in ct_series([0, 2, 4, 6])
    ]
    stores = []
    for index, (names, workers) in enumerate([("plain", 1), ("shuffled", 2)]):
        workspace = Workspace(tmp_path / str(index), "study")
        for number, data in enumerate(made):
            place = (
                f"{number:03d}.dcm"
                if names == "plain"
                else f"x{7 * number % 12}/{number % 5}/IM{99 - number}"
            )
            write(workspace.root / "raw" / place, data)
        run(config(unit="series", workers=workers), workspace)
        found = store(workspace)
        stores.append(
            {name: found[name] for name in found if name not in ("files", "case_files", "identifiers")}
        )
    assert stores[0] == stores[1]
    assert len(stores[0]) > 1


def test_identical_copies_count_once_and_conflicting_ones_not_at_all(workspace: Workspace, raw: Path) -> None:
    settings = config(modalities=("DX", "CT", "MR"))
    write(raw / "a/1.dcm", scan(1))
    write(raw / "b/1.dcm", scan(1))
    write(raw / "c/1.dcm", encoded(scan(1), DeflatedExplicitVRLittleEndian))
    write(raw / "2.dcm", scan(2))
    write(raw / "2-other.dcm", scan(2, PixelData=np.ones(192, np.uint16).tobytes()))
    write(raw / "3.dcm", scan(3))
    write(raw / "3-whose.dcm", scan(3, PatientID="SOMEBODY"))
    write(raw / "4.dcm", scan(4))
    write(raw / "4-series.dcm", scan(5, SeriesInstanceUID="2.25.24"))
    run(settings, workspace)
    found = reasons(workspace, settings)
    assert sorted(found[f"{folder}/1.dcm"] for folder in "abc") == ["duplicate_identical"] * 2 + ["ok"]
    assert found["2.dcm"] == found["2-other.dcm"] == "duplicate_uid_conflict"
    assert found["3.dcm"] == found["3-whose.dcm"] == "patient_conflict"
    assert found["4.dcm"] == found["4-series.dcm"] == "patient_conflict"  # one series, two patients
    assert len(cases(workspace)) == 1


def test_a_folder_of_pictures_that_are_not_read_is_refused_by_what_they_are(
    workspace: Workspace, raw: Path
) -> None:
    write_all(raw, {f"{kind}.img": picture(grey(), kind) for kind in ("BMP", "GIF")})
    with pytest.raises(DataError) as refused:
        run(config(), workspace)
    assert "format_not_read" in str(refused.value)
    assert "2 files are of formats that are not read" in str(refused.value)


def test_a_folder_without_scans_is_refused_with_what_to_do(workspace: Workspace, raw: Path) -> None:
    with pytest.raises(DataError, match="holds no image that is read"):
        run(config(), workspace)
    raw.rmdir()
    with pytest.raises(DataError, match="raw is not there"):
        run(config(), workspace)


def test_too_many_bad_images_are_recorded_and_then_refused(workspace: Workspace, raw: Path) -> None:
    settings = config(failed_share=0.2)
    for number in range(1, 4):
        write(raw / f"{number}.dcm", scan(number))
    write(raw / "4.dcm", encoded(scan(4))[:-30])
    with pytest.raises(DataError, match="1 of 4 images can't be used"):
        run(settings, workspace)
    assert reasons(workspace, settings)["4.dcm"] == "truncated_pixel_data"
    assert not (workspace.data / "ingest.json").exists()
    with pytest.raises(DataError, match="1 of 4 images"):
        run(settings, workspace)
    write(raw / "4.dcm", scan(4))
    assert run(settings, workspace).changed


def test_settings_that_leave_every_image_out_are_refused_with_the_table(
    workspace: Workspace, raw: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    write(raw / "2.dcm", scan(2))
    with pytest.raises(DataError, match=r"(?s)modality_not_selected +2 .*None of 2 images is used"):
        run(config(modalities=("dx",)), workspace)


def test_too_many_unusable_images_are_told_with_the_command_that_shows_them(
    workspace: Workspace, raw: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    write(raw / "2.dcm", encoded(scan(2))[:-40])
    with pytest.raises(DataError, match=r"1 of 2 images can't .*scanloom files .* --state failed` and"):
        run(config(failed_share=0.2), workspace)


@pytest.mark.parametrize(
    ("kind", "sentence"), [("none", "is not there"), ("file", "are a file, not a folder")]
)
def test_scans_that_are_no_folder_are_told_as_what_they_are(
    workspace: Workspace, raw: Path, kind: str, sentence: str
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    shutil.rmtree(raw)
    if kind == "file":
        raw.write_bytes(b"")
    for ask in (lambda: run(config(), workspace), lambda: reasons(workspace, config())):
        with pytest.raises(DataError, match=f"scans raw {sentence}"):
            ask()


def test_a_withdrawn_patient_is_not_read_again(workspace: Workspace, raw: Path) -> None:
    settings = config()
    write(raw / "1.dcm", scan(1))
    write(raw / "2.dcm", scan(2))
    run(settings, workspace)
    patient = cases(workspace)[0].patient_id
    ledger.append(
        workspace.ledger("parts"), {"patient_id": patient, "part": None, "era": None, "why": "tombstone"}
    )
    shutil.rmtree(workspace.data)
    run(settings, workspace)
    assert sorted(reasons(workspace, settings).values()) == ["consent_withdrawn", "ok"]
    assert patient.encode() not in workspace.catalogue.read_bytes()


def test_tables_and_files_that_the_settings_name_are_told_as_such(workspace: Workspace, raw: Path) -> None:
    write(raw / "1.dcm", scan(1))
    write(raw / "tables/links.csv", b"a,b\n")
    write(raw / "gone.csv", b"patient_id\n")
    write(raw / "key", b"$" * 32).chmod(0o600)
    write(raw / "other.csv", b"a,b\n")
    (raw / "labels.xlsx").symlink_to("labels of today.xlsx")
    openpyxl.Workbook().save(raw / "labels of today.xlsx")
    openpyxl.Workbook().save(raw / "other.xlsx")
    yaml = write(raw / "study.yaml", b"task: classification")
    (workspace.root / "alias").symlink_to("raw")
    with_tables = config(withdrawn=str(raw / "gone.csv"))
    cohort = Cohort(labels="alias/labels.xlsx", target="label", links="raw/tables/links.csv")
    settings = with_tables.model_copy(update={"cohort": cohort})
    settings._path = yaml
    run(settings, workspace)
    own = dict.fromkeys(
        ("labels.xlsx", "labels of today.xlsx", "tables/links.csv", "gone.csv", "study.yaml"), "own_table"
    )
    others = {"1.dcm": "ok", "other.csv": "not_dicom", "other.xlsx": "not_dicom", "key": "not_dicom"}
    assert reasons(workspace, settings) == own | others
    run(
        config(), workspace
    )  # names a table elsewhere: these become what they are, though none of them changed
    left = dict.fromkeys(own, "not_dicom") | {"labels.xlsx": "link_not_followed"}
    assert reasons(workspace, config()) == left | others
    run(settings, workspace)
    assert reasons(workspace, settings) == own | others
