"""Scans in archives through the stage: the same results as from a folder, and a state for every path."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import encoded, image, write
from packed import add, locked, tarred, zipped
from packed_study import EVERYTHING, PATIENTS, config, new_workspace, outcomes, store, volume

from pipeline.catalogue import Catalogue
from pipeline.cohort.join import Known
from pipeline.cohort.sources import load_scans
from pipeline.config import Limits
from pipeline.ingest import run
from pipeline.ingest.keys import open_key
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")
NIFTI = gzip.compress(struct.pack("<i", 348) + bytes(340) + b"n+1\0" + bytes(100))


def as_folder(raw: Path) -> None:
    for path, data in EVERYTHING.items():
        write(raw / path, data)


def one_a_patient(raw: Path) -> None:
    for number, files in enumerate(PATIENTS):
        pack = (zipped, tarred, lambda files: tarred(files, mode="w:gz"))[number]
        write(raw / f"in/here/{number}.bin", pack(dict(reversed(files.items()))))
    write(raw / "notes.txt", b"nothing")


def each_in_gzip(raw: Path) -> None:
    for path, data in EVERYTHING.items():
        write(raw / f"{path}.gz", gzip.compress(data))


LAYOUTS: dict[str, Callable[[Path], object]] = {
    "zip": lambda raw: write(raw / "all.zip", zipped(EVERYTHING)),
    "stored zip": lambda raw: write(raw / "all.zip", zipped(EVERYTHING, method=zipfile.ZIP_STORED)),
    "tar": lambda raw: write(raw / "all.tar", tarred(EVERYTHING)),
    "tar.gz": lambda raw: write(raw / "all.tgz", tarred(EVERYTHING, mode="w:gz")),
    "one a patient": one_a_patient,
    "each in gzip": each_in_gzip,
}


def in_deflate64(archive: bytes) -> bytes:
    """The zip with its file said to be in Deflate64, the method 9."""
    changed = bytearray(archive)
    for magic, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        changed[changed.index(magic) + place] = 9
    return bytes(changed)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_packed_scans_give_what_their_folder_gives(layout: str, tmp_path: Path) -> None:
    folder, packed = new_workspace(tmp_path / "folder"), new_workspace(tmp_path / "packed")
    as_folder(folder.root / "raw")
    LAYOUTS[layout](packed.root / "raw")
    raw = sorted(path for path in packed.root.rglob("*"))
    run(config(), folder)
    run(config(), packed)
    assert store(packed) == store(folder)
    assert len(store(packed)[1]) == 3
    assert [path for path in raw if not path.exists()] == []
    assert not run(config(), packed).changed


def test_every_path_in_an_archive_has_a_state_and_a_reason(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    good = encoded(image("DX"))
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        add(archive, "good.dcm", good)
        add(archive, "/etc/absolute.txt", b"text")
        add(archive, "../up.txt", b"text")
        add(archive, "soft", type=tarfile.SYMTYPE, linkname="good.dcm")
        add(archive, "hard", type=tarfile.LNKTYPE, linkname="good.dcm")
        add(archive, "pipe", type=tarfile.FIFOTYPE)
        add(archive, "empty.dcm")
        add(archive, "cut.dcm", good[:-100])
        add(archive, "inner.zip", zipped({"a": good}))
        add(archive, "volume.nii.gz", NIFTI)
        add(archive, "again.dcm.gz", gzip.compress(good))
    write(raw / "all.tgz", stream.getvalue())
    write(raw / "locked.zip", locked(zipped({"a.dcm": good, "b.dcm": good})))
    write(raw / "method.zip", in_deflate64(zipped({"a.dcm": good})))
    write(raw / "cut.tar", tarred(volume(8))[:3000])
    write(raw / "other.7z", b"7z\xbc\xaf\x27\x1c" + bytes(30))
    write(raw / "document.docx", zipped({"[Content_Types].xml": b"", "_rels/.rels": b"", "word/a.xml": b""}))
    write(raw / "volume.nii.gz", NIFTI)
    write(raw / "bomb.dcm.gz", gzip.compress(bytes(70 << 20)))
    run(config(unit="image"), workspace)
    expected = {
        "all.tgz": "archive_read", "all.tgz/good.dcm": "ok", "all.tgz/etc/absolute.txt": "not_dicom",
        "all.tgz/up.txt": "not_dicom", "all.tgz/soft": "link_not_followed",
        "all.tgz/hard": "link_not_followed", "all.tgz/pipe": "special_file",
        "all.tgz/empty.dcm": "empty_file", "all.tgz/cut.dcm": "truncated_pixel_data",
        "all.tgz/inner.zip": "archive_not_opened (zip inside an archive)",
        "all.tgz/volume.nii.gz": "format_not_selected (nifti)",
        "all.tgz/again.dcm.gz": "duplicate_identical",
        "locked.zip": "archive_read", "locked.zip/a.dcm": "encrypted", "locked.zip/b.dcm": "duplicate_identical",
        "method.zip": "archive_read",
        "method.zip/a.dcm": "archive_not_opened (compression method 9 of zip)",
        "cut.tar": "archive_damaged (it breaks off)", "other.7z": "archive_not_opened (7z)",
        "document.docx": "not_dicom (a document of an office program)",
        "volume.nii.gz": "format_not_selected (nifti)",
        "bomb.dcm.gz": f"limit_exceeded (unfolds to more than {64 << 20} bytes)",
    }  # fmt: skip
    reasons = outcomes(workspace)
    copies = ["all.tgz/good.dcm", "all.tgz/again.dcm.gz", "locked.zip/b.dcm"]  # which one counts is drawn
    assert sorted(reasons.pop(name) for name in copies) == ["duplicate_identical"] * 2 + ["ok"]
    reasons["all.tgz/cut.dcm"] = reasons["all.tgz/cut.dcm"].split(" ")[0]
    assert reasons == {name: reason for name, reason in expected.items() if name not in copies}
    with Catalogue(workspace.catalogue) as catalogue:
        assert catalogue.query("SELECT count(*) FROM files") == [(len(expected),)]


def test_labels_name_files_in_archives_as_they_lie_there_and_as_if_unpacked(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    one_a_patient(raw)
    write(raw / "in/2d.dcm.gz", gzip.compress(encoded(image("DX", PatientID="X", SOPInstanceUID="2.25.9"))))
    settings = config(unit="image", min_slices=1)
    run(settings, workspace)
    key, _ = open_key(settings, workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        known = Known(load_scans(catalogue, key).index, key.pseudonym)
    named = (
        "in/here/0.bin/p1/deep/er/0.dcm", "in/here/p2/deep/er/0.dcm", "in/here/2/p3/deep/er/0.dcm",
        "somewhere/else/in/here/0/p1/deep/er/1.dcm", "in/2d.dcm.gz", "in/2d.dcm", "in/here/p9/0.dcm",
    )  # fmt: skip
    cases = [known.cases("path", name) for name in named]
    assert [len(ids) for ids in cases] == [1, 1, 1, 1, 1, 1, 0]
    assert cases[4] == cases[5]
    assert len(known.cases("stem", "2d")) == 1


@pytest.mark.parametrize(
    ("source", "archive", "patients"),
    [
        ("folder", "PAT/all.zip", 1),
        ("folder", "all.zip", 1),  # an archive counts as a folder
        ({"pattern": r"^all\.zip/(\w+)/"}, "all.zip", 2),
        ({"column": "who"}, "all.zip", 2),
    ],
)
def test_whose_a_scan_without_patient_id_is_can_be_told_in_an_archive(
    source: object, archive: str, patients: int, workspace: Workspace
) -> None:
    identifiers = {"PatientID": None, "StudyInstanceUID": "2.25.4"}
    scans = {
        f"P{number}/a.dcm": encoded(
            image(SOPInstanceUID=f"2.25.5{number}", SeriesInstanceUID=f"2.25.6{number}", **identifiers)
        )
        for number in (1, 2)
    }
    write(workspace.root / "raw" / archive, zipped(scans))
    (workspace.root / "labels.csv").write_text("file,who,label\nP1/a.dcm,Ada,x\nall/P2/a.dcm,Bob,y\n")
    settings = config(unit="image", patient_from=source)
    for _ in range(2):
        run(settings, workspace)
        with Catalogue(workspace.catalogue) as catalogue:
            assert catalogue.query("SELECT count(DISTINCT patient_id) FROM cases") == [(patients,)]


def test_limits_hold_for_what_is_in_archives(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    big = encoded(image(pixels=np.zeros((900, 900), np.uint16), PatientID="BIG", SOPInstanceUID="2.25.8"))
    write(raw / "a.zip", zipped({"big.dcm": big, **PATIENTS[0]}))
    write(raw / "b.tar", tarred(EVERYTHING))
    settings = config(limits=Limits(file_mb=1, members=10))
    run(settings, workspace)
    reasons = outcomes(workspace)
    assert reasons["b.tar"] == "limit_exceeded (more than 10 files in an archive)"
    assert reasons["a.zip/big.dcm"].startswith("limit_exceeded")
    assert reasons["a.zip/p1/deep/er/0.dcm"] == "ok"
