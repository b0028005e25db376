"""Scans in archives through the stage: the same results as from a folder, and a state for every path."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_files import encoded, image, write
from packed import add, locked, tarred, zipped

from pipeline.catalogue import Catalogue
from pipeline.cohort.join import Known
from pipeline.cohort.sources import load_scans
from pipeline.config import Cohort, Config, Ingest, Limits, Report
from pipeline.ingest import run
from pipeline.ingest.header import survey
from pipeline.ingest.keys import open_key
from pipeline.ingest.stage import list_files
from pipeline.workspace import Workspace

Files = dict[str, bytes]


def config(**ingest: object) -> Config:
    settings = {"raw": "raw", "workers": 2, "failed_share": 1.0, "unit": "series", **ingest}
    return Config(
        name="study",
        ingest=Ingest(**settings),
        cohort=Cohort(labels="labels.csv", target="label"),
        normalize=({"z_score": {}},),
        report=Report(title="A study"),
    )


@pytest.fixture(autouse=True)
def key_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys lie here; a known one makes the same batches each time."""
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    write(folder / "scanloom/keys/study.key", b"$" * 32).chmod(0o600)


def volume(patient: int, slices: int = 5) -> Files:
    """The slices of a CT volume of its own patient, by path."""
    files = {}
    for number in range(slices):
        pixels = np.full((16, 12), 1024 + 10 * number + patient, np.uint16)
        pixels[0] = 24
        own = {
            "PatientID": f"PAT{patient}",
            "StudyInstanceUID": f"2.25.1{patient}",
            "SeriesInstanceUID": f"2.25.2{patient}",
            "SOPInstanceUID": f"2.25.3{patient}{number}",
            "ImagePositionPatient": ["0", "0", f"{5 * number}"],
        }
        files[f"p{patient}/deep/er/{number}.dcm"] = encoded(image("CT", pixels=pixels, **own))
    return files


PATIENTS = [volume(patient) for patient in range(1, 4)]
EVERYTHING = {path: data for files in PATIENTS for path, data in files.items()} | {"notes.txt": b"nothing"}


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


def new_workspace(folder: Path) -> Workspace:
    (folder / "raw").mkdir(parents=True)
    return Workspace(folder, "study")


def store(workspace: Workspace) -> tuple[Files, list[tuple[object, ...]]]:
    """The shards, and the cases without the digests of the names that their files have."""
    with Catalogue(workspace.catalogue) as catalogue:
        rows = catalogue.query("SELECT * FROM cases ORDER BY case_id")
    return {path.name: path.read_bytes() for path in workspace.cases.iterdir()}, [row[:-1] for row in rows]


def outcomes(workspace: Workspace) -> dict[str, str]:
    return {row[0]: row[2] for row in list_files(config(), workspace)}


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
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        add(archive, "good.dcm", good)
        add(archive, "/etc/absolute.txt", b"text")
        add(archive, "../up.txt", b"text")
        add(archive, "soft", type=tarfile.SYMTYPE, linkname="good.dcm")
        add(archive, "hard", type=tarfile.LNKTYPE, linkname="good.dcm")
        add(archive, "pipe", type=tarfile.FIFOTYPE)
        add(archive, "empty.dcm")
        add(archive, "cut.dcm", good[:-100])
        add(archive, "inner.zip", zipped({"a": good}))
        add(archive, "volume.nii.gz", gzip.compress(bytes(344) + b"n+1\0" + bytes(100)))
        add(archive, "again.dcm.gz", gzip.compress(good))
    write(raw / "all.tgz", made.getvalue())
    write(raw / "locked.zip", locked(zipped({"a.dcm": good, "b.dcm": good})))
    method = bytearray(zipped({"a.dcm": good}))
    for magic, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        method[method.index(magic) + place] = 9
    write(raw / "method.zip", bytes(method))
    write(raw / "cut.tar", tarred(volume(8))[:3000])
    write(raw / "other.7z", b"7z\xbc\xaf\x27\x1c" + bytes(30))
    write(raw / "document.docx", zipped({"[Content_Types].xml": b"", "_rels/.rels": b"", "word/a.xml": b""}))
    write(raw / "volume.nii.gz", gzip.compress(bytes(344) + b"n+1\0" + bytes(100)))
    write(raw / "bomb.dcm.gz", gzip.compress(bytes(70 << 20)))
    run(config(unit="image"), workspace)
    expected = {
        "all.tgz": "archive_read", "all.tgz/good.dcm": "ok", "all.tgz/etc/absolute.txt": "not_dicom",
        "all.tgz/up.txt": "not_dicom", "all.tgz/soft": "link_not_followed",
        "all.tgz/hard": "link_not_followed", "all.tgz/pipe": "special_file",
        "all.tgz/empty.dcm": "empty_file", "all.tgz/cut.dcm": "truncated_pixel_data",
        "all.tgz/inner.zip": "archive_not_opened (zip inside an archive)",
        "all.tgz/volume.nii.gz": "not_dicom (NIfTI, which is not read)",
        "all.tgz/again.dcm.gz": "duplicate_identical",
        "locked.zip": "archive_read", "locked.zip/a.dcm": "encrypted", "locked.zip/b.dcm": "duplicate_identical",
        "method.zip": "archive_read",
        "method.zip/a.dcm": "archive_not_opened (compression method 9 of zip)",
        "cut.tar": "archive_damaged (it breaks off)", "other.7z": "archive_not_opened (7z)",
        "document.docx": "not_dicom (a document of an office program)",
        "volume.nii.gz": "not_dicom (NIfTI, which is not read)",
        "bomb.dcm.gz": f"limit_exceeded (unfolds to more than {64 << 20} bytes)",
    }  # fmt: skip
    told = outcomes(workspace)
    copies = ["all.tgz/good.dcm", "all.tgz/again.dcm.gz", "locked.zip/b.dcm"]  # which one counts is drawn
    assert sorted(told.pop(name) for name in copies) == ["duplicate_identical"] * 2 + ["ok"]
    told["all.tgz/cut.dcm"] = told["all.tgz/cut.dcm"].split(" ")[0]
    assert told == {name: reason for name, reason in expected.items() if name not in copies}
    with Catalogue(workspace.catalogue) as catalogue:
        assert catalogue.query("SELECT count(*) FROM files") == [(len(expected),)]


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose headers were read, in the order of reading."""
    names: list[str] = []
    real = survey._batches

    def watched(files: list) -> object:
        names.extend(file.relative for file in files)
        return real(files)

    monkeypatch.setattr(survey, "_batches", watched)
    return names


def test_of_a_changed_zip_only_changed_files_are_read(workspace: Workspace, surveyed: list[str]) -> None:
    raw = workspace.root / "raw"
    write(raw / "all.zip", zipped({**PATIENTS[0], **PATIENTS[1]}))
    run(config(), workspace)
    before = store(workspace)
    surveyed.clear()
    assert not run(config(), workspace).changed
    assert surveyed == []
    write(raw / "all.zip", zipped({**PATIENTS[1], **PATIENTS[0], **PATIENTS[2]}))
    run(config(), workspace)
    assert surveyed == [f"all.zip/{path}" for path in PATIENTS[2]]
    assert before[0].items() <= store(workspace)[0].items()
    changed = {**PATIENTS[2], "p1/deep/er/0.dcm": PATIENTS[0]["p1/deep/er/0.dcm"][:-2] + b"\1\1"}
    write(raw / "all.zip", zipped({**PATIENTS[0], **changed}))
    surveyed.clear()
    run(config(), workspace)
    assert sorted(surveyed) == sorted(f"all.zip/{path}" for path in PATIENTS[0])  # the changed one's volume
    fresh = new_workspace(workspace.root / "fresh")
    shutil.copy2(raw / "all.zip", fresh.root / "raw/all.zip")
    run(config(), fresh)
    assert [row[:12] for row in store(fresh)[1]] == [
        row[:12] for row in store(workspace)[1]
    ]  # but for the place
    assert len(store(fresh)[1]) == 2


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_of_a_changed_tar_headers_are_read_and_voxels_only_where_bytes_changed(
    mode: str, workspace: Workspace, surveyed: list[str]
) -> None:
    archive = workspace.root / "raw/all.tar"
    write(archive, tarred({**PATIENTS[0], **PATIENTS[1]}, mode=mode))
    run(config(), workspace)
    shards = {path: path.stat().st_mtime_ns for path in workspace.cases.iterdir()}
    surveyed.clear()
    assert not run(config(), workspace).changed
    assert surveyed == []
    write(archive, tarred({**PATIENTS[0], **PATIENTS[1], "notes.txt": b"new"}, mode=mode))
    run(config(), workspace)
    assert len(surveyed) == 11
    assert {path: path.stat().st_mtime_ns for path in workspace.cases.iterdir()} == shards
    assert outcomes(workspace)["all.tar/notes.txt"] == "not_dicom"
    write(archive, tarred(PATIENTS[0], mode=mode))
    run(config(), workspace)
    assert len(store(workspace)[1]) == 1
    archive.unlink()
    write(workspace.root / "raw/2.zip", zipped(PATIENTS[1]))
    run(config(), workspace)
    assert set(outcomes(workspace)) == {"2.zip", *(f"2.zip/{path}" for path in PATIENTS[1])}


def test_a_slice_that_comes_to_a_folder_joins_the_others_in_an_archive(
    workspace: Workspace, surveyed: list[str]
) -> None:
    raw, whole = workspace.root / "raw", volume(1, slices=6)
    late = "p1/deep/er/5.dcm"
    write(raw / "all.tgz", tarred({path: whole[path] for path in whole if path != late}, mode="w:gz"))
    write(raw / "b.zip", zipped(PATIENTS[1]))
    run(config(), workspace)
    surveyed.clear()
    write(raw / "5.dcm", whole[late])
    run(config(), workspace)
    assert surveyed == ["5.dcm", *(f"all.tgz/{path}" for path in whole if path != late)]
    assert sorted(row[16] for row in store(workspace)[1]) == ["[5, 16, 12]", "[6, 16, 12]"]


def test_what_a_killed_run_left_out_of_an_archive_is_read_by_the_next(workspace: Workspace) -> None:
    write(workspace.root / "raw/all.zip", zipped(EVERYTHING))
    run(config(), workspace)
    before, told = store(workspace), outcomes(workspace)
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        tokens = catalogue.query("SELECT token FROM files WHERE archive <> '' ORDER BY token LIMIT 7")
        catalogue.delete_files(row[0] for row in tokens)
    assert outcomes(workspace) != told
    run(config(), workspace)
    assert (store(workspace), outcomes(workspace)) == (before, told)


def test_an_archive_that_is_still_being_copied_waits(workspace: Workspace) -> None:
    archive = write(workspace.root / "raw/all.zip", zipped(PATIENTS[0]))
    os.utime(archive, (1e9, 1e9))
    settings = config(settle_seconds=3600)
    run(settings, workspace)
    write(archive, zipped(PATIENTS[0])[:4000])
    assert run(settings, workspace).lines[-1].startswith("waiting for the next run")
    assert len(store(workspace)[1]) == 1


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
    assert [len(found) for found in cases] == [1, 1, 1, 1, 1, 1, 0]
    assert cases[4] == cases[5]
    assert len(known.cases("stem", "2d")) == 1


@pytest.mark.parametrize(
    ("source", "archive", "found"),
    [
        ("folder", "PAT/all.zip", 1),
        ("folder", "all.zip", 1),  # an archive counts as a folder
        ({"pattern": r"^all\.zip/(\w+)/"}, "all.zip", 2),
        ({"column": "who"}, "all.zip", 2),
    ],
)
def test_whose_a_scan_without_patient_id_is_can_be_told_in_an_archive(
    source: object, archive: str, found: int, workspace: Workspace
) -> None:
    own = {"PatientID": None, "StudyInstanceUID": "2.25.4"}
    scans = {
        f"P{number}/a.dcm": encoded(
            image(SOPInstanceUID=f"2.25.5{number}", SeriesInstanceUID=f"2.25.6{number}", **own)
        )
        for number in (1, 2)
    }
    write(workspace.root / "raw" / archive, zipped(scans))
    (workspace.root / "labels.csv").write_text("file,who,label\nP1/a.dcm,Ada,x\nall/P2/a.dcm,Bob,y\n")
    settings = config(unit="image", patient_from=source)
    for _ in range(2):
        run(settings, workspace)
        with Catalogue(workspace.catalogue) as catalogue:
            assert catalogue.query("SELECT count(DISTINCT patient_id) FROM cases") == [(found,)]


def test_limits_hold_for_what_is_in_archives(workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    big = encoded(image(pixels=np.zeros((900, 900), np.uint16), PatientID="BIG", SOPInstanceUID="2.25.8"))
    write(raw / "a.zip", zipped({"big.dcm": big, **PATIENTS[0]}))
    write(raw / "b.tar", tarred(EVERYTHING))
    settings = config(limits=Limits(file_mb=1, members=10))
    run(settings, workspace)
    told = outcomes(workspace)
    assert told["b.tar"] == "limit_exceeded (more than 10 files in an archive)"
    assert told["a.zip/big.dcm"].startswith("limit_exceeded")
    assert told["a.zip/p1/deep/er/0.dcm"] == "ok"
