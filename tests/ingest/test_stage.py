"""The stage on real folders: every path accounted for, only what changed read, the same bytes for the same scans."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import itertools
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from dicom_files import encoded, image, write
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pipeline import ledger
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.commands import verify
from pipeline.config import Cohort, Config, Ingest, Report
from pipeline.errors import DataError, GateError, UsageError
from pipeline.ingest import run
from pipeline.ingest.cases import batching, portions
from pipeline.ingest.stage import list_files
from pipeline.locking import lock as workspace_lock
from pipeline.records import Case
from pipeline.workspace import Workspace


def config(**ingest: object) -> Config:
    settings = {"raw": "raw", "workers": 1, "failed_share": 1.0, **ingest}
    return Config(
        name="study",
        ingest=Ingest(**settings),
        cohort=Cohort(labels="labels.csv", target="label"),
        normalize=({"z_score": {}},),
        report=Report(title="A study"),
    )


@pytest.fixture(autouse=True)
def key_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys lie here, not in the home of whoever runs the tests; a known one makes the same batches each time."""
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    write(folder / "scanloom/keys/study.key", b"$" * 32).chmod(0o600)
    return folder


@pytest.fixture
def raw(workspace: Workspace) -> Path:
    folder = workspace.root / "raw"
    folder.mkdir()
    return folder


def scan(number: int, modality: str = "DX", **elements: object) -> Dataset:
    """An image of its own patient, study and series, with pixels of its own."""
    pixels = (np.arange(192, dtype=np.uint16).reshape(16, 12) * 3 + number) % 4096
    own = {
        "SOPInstanceUID": f"2.25.{number}",
        "PatientID": f"PAT{number}",
        "StudyInstanceUID": f"2.25.1{number}",
        "SeriesInstanceUID": f"2.25.2{number}",
    }
    return image(modality, pixels=pixels, **{**own, **elements})


def ct_series(positions: list[float], **elements: object) -> list[Dataset]:
    """Slices of one CT volume whose values are air and 10 times the slice's number."""
    slices = []
    for number, z in enumerate(positions):
        pixels = np.full((16, 12), 1024 + 10 * number, np.uint16)
        pixels[0] = 24
        slices.append(
            scan(
                900 + number,
                "CT",
                PatientID="PAT9",
                StudyInstanceUID="2.25.19",
                SeriesInstanceUID="2.25.29",
                PixelData=pixels.tobytes(),
                ImagePositionPatient=["0", "0", f"{z:g}"],
                **elements,
            )
        )
    return slices


def outcomes(workspace: Workspace, settings: Config) -> dict[str, str]:
    return {row[0]: row[2].split(" ")[0] for row in list_files(settings, workspace)}


def cases(workspace: Workspace) -> list[Case]:
    with Catalogue(workspace.catalogue) as catalogue:
        return catalogue.cases()


def voxels(workspace: Workspace, case: Case) -> NDArray:
    return np.array(Shards(workspace.cases).read(case.stored))


def store(workspace: Workspace) -> dict[str, str]:
    """Digests of the shards, and of everything the catalogue says but times and numbers of runs."""
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in workspace.cases.glob("*")}
    with Catalogue(workspace.catalogue) as catalogue:
        rows = catalogue.query("SELECT * FROM cases ORDER BY 1")
        found["cases"] = repr(
            [row[:-2] for row in rows]
        )  # the last two are digests of shards' and files' names
        for table in ("case_files", "identifiers"):
            found[table] = repr(catalogue.query(f"SELECT * FROM {table} ORDER BY 1, 2"))
        found["files"] = repr(
            catalogue.query("SELECT token, digest, state, reason, detail, notes FROM files ORDER BY 1")
        )
    return found


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
    assert outcomes(workspace, settings) == expected
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


def test_only_what_is_new_changed_or_gone_is_read(workspace: Workspace, raw: Path) -> None:
    settings = config()
    paths = [write(raw / f"{number}.dcm", scan(number)) for number in range(1, 7)]
    assert run(settings, workspace).changed
    before = {case.case_id: case for case in cases(workspace)}
    stamp = (workspace.data / "ingest.json").stat().st_mtime_ns
    assert not run(settings, workspace).changed
    assert (workspace.data / "ingest.json").stat().st_mtime_ns == stamp

    os.utime(paths[0], ns=(4_070_908_800_000_000_000,) * 2)  # the year 2099, the same bytes
    assert not run(settings, workspace).changed

    write(raw / "7.dcm", scan(7))
    write(paths[1], scan(2, PixelData=np.zeros(192, np.uint16).tobytes()))
    paths[2].unlink()
    summary = run(settings, workspace)
    assert summary.changed
    assert "since the last run: 2 new or changed files, 1 gone" in summary.lines
    after = {case.case_id: case for case in cases(workspace)}
    assert len(after) == 6
    kept = [case_id for case_id in before if after.get(case_id) == before[case_id]]
    assert len(kept) == 4  # the shards of untouched scans are the ones from before
    assert (
        sum(case.pixel_digest not in {old.pixel_digest for old in before.values()} for case in after.values())
        == 2
    )


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
    found = outcomes(workspace, settings)
    assert sorted(found[f"{folder}/1.dcm"] for folder in "abc") == ["duplicate_identical"] * 2 + ["ok"]
    assert found["2.dcm"] == found["2-other.dcm"] == "duplicate_uid_conflict"
    assert found["3.dcm"] == found["3-whose.dcm"] == "patient_conflict"
    assert found["4.dcm"] == found["4-series.dcm"] == "patient_conflict"  # one series, two patients
    assert len(cases(workspace)) == 1


def test_portions_of_any_size_give_the_same_cases_and_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(modalities=("DX", "CT"), unit="series")
    spaces = [Workspace(tmp_path / name, "study") for name in ("whole", "parted", "parted later")]
    moved = scan(5, SeriesInstanceUID="2.25.29")  # of another series now, and of another patient than it

    def deliver(space: Workspace) -> None:
        for number, made in enumerate(ct_series([0, 2.5, 5, 7.5])):
            write(space.root / f"raw/ct/{number}", made)
        for number in range(3, 9):
            write(space.root / f"raw/{number}.dcm", scan(number))
        write(space.root / "raw/copy.dcm", scan(4))
        write(space.root / "raw/page.html", b"<html></html>")

    for space in spaces:
        deliver(space)
        if space is spaces[1]:
            monkeypatch.setattr(portions, "_MEAN_FILES", 1)
        if space is spaces[2]:
            run(settings, space)
        write(space.root / "raw/5.dcm", moved)
        (space.root / "raw/6.dcm").unlink()
        run(settings, space)
        (space.root / "raw/5.dcm").unlink()
        run(settings, space)
    whole, *others = [
        {name: told for name, told in store(space).items() if "shard" not in name} for space in spaces
    ]
    for other in others:
        assert without_shards(other.pop("cases")) == without_shards(whole["cases"])
        assert other == {name: told for name, told in whole.items() if name != "cases"}
    assert len(cases(spaces[0])) == 5


def test_a_copy_or_conflict_that_comes_or_goes_later_gives_what_a_fresh_run_gives(tmp_path: Path) -> None:
    settings = config()
    later, fresh = Workspace(tmp_path / "later", "study"), Workspace(tmp_path / "fresh", "study")
    write(later.root / "raw/1.dcm", scan(1))
    write(later.root / "raw/2.dcm", scan(2))
    run(settings, later)
    for space in (later, fresh):
        write(space.root / "raw/1.dcm", scan(1))
        write(space.root / "raw/0.dcm", scan(1))
        write(space.root / "raw/2.dcm", scan(2))
        write(space.root / "raw/3.dcm", scan(2, PixelData=np.ones(192, np.uint16).tobytes()))
        run(settings, space)
    assert outcomes(later, settings) == outcomes(fresh, settings)
    (later.root / "raw/3.dcm").unlink()
    (later.root / "raw/1.dcm").unlink()
    run(settings, later)
    assert outcomes(later, settings) == {"0.dcm": "ok", "2.dcm": "ok"}
    assert len(cases(later)) == 2


def test_a_volume_is_stacked_by_position_and_its_broken_slices_spoil_it(
    workspace: Workspace, raw: Path
) -> None:
    settings = config(unit="series", modalities=("CT",))
    slices = ct_series([9, 3, 0, 6])
    for number, one in enumerate(slices):
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    (case,) = cases(workspace)
    assert case.stored.shape == (4, 16, 12)
    assert voxels(workspace, case)[:, 8, 6].tolist() == [20, 10, 30, 0]  # z = 0, 3, 6, 9
    assert case.geometry.spacing == (3.0, 0.5, 0.8)

    write(raw / "0.dcm", encoded(slices[0])[:-10])
    run(settings, workspace)
    assert outcomes(workspace, settings) == {"0.dcm": "truncated_pixel_data"} | {
        f"{n}.dcm": "missing_slices" for n in (1, 2, 3)
    }
    assert cases(workspace) == []


def test_frames_of_an_enhanced_object_are_cases_of_their_own_with_unit_image(
    workspace: Workspace, raw: Path
) -> None:
    pixels = np.stack([np.full((16, 12), 24 + 1000 * number, np.uint16) for number in range(3)])
    pixels[:, 0] = 24
    ds = image("CT", pixels=pixels)
    ds.PerFrameFunctionalGroupsSequence = []
    for z in (0, 4, 2):
        position, group = Dataset(), Dataset()
        position.ImagePositionPatient = ["0", "0", f"{z}"]
        group.PlanePositionSequence = [position]
        ds.PerFrameFunctionalGroupsSequence.append(group)
    write(raw / "enhanced.dcm", ds)
    run(config(), workspace)
    assert sorted(int(voxels(workspace, case)[8, 6]) for case in cases(workspace)) == [-1000, 0, 1000]
    run(config(unit="series"), workspace)
    (volume,) = cases(workspace)
    assert voxels(workspace, volume)[:, 8, 6].tolist() == [-1000, 1000, 0]  # z = 0, 2, 4


def test_a_folder_without_scans_is_refused_with_what_to_do(workspace: Workspace, raw: Path) -> None:
    with pytest.raises(DataError, match="holds no DICOM image"):
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
    assert outcomes(workspace, settings)["4.dcm"] == "truncated_pixel_data"
    assert not (workspace.data / "ingest.json").exists()
    with pytest.raises(DataError, match="1 of 4 images"):
        run(settings, workspace)
    write(raw / "4.dcm", scan(4))
    assert run(settings, workspace).changed


@pytest.mark.parametrize("files", [2, 12])
def test_many_files_gone_at_once_stop_the_run_and_change_nothing(
    workspace: Workspace, raw: Path, files: int
) -> None:
    for number in range(files):
        write(raw / f"{number}.dcm", scan(number + 1))
    write(raw / "junk", b"text")
    run(config(), workspace)
    before = store(workspace)
    moved = raw.rename(raw.with_name("elsewhere"))
    raw.mkdir()
    with pytest.raises(GateError, match=f"{files} of {files} files in use are gone"):
        run(config(), workspace)
    assert store(workspace) == before
    raw.rmdir()
    moved.rename(raw)
    assert not run(config(), workspace).changed


def test_young_files_wait_for_the_next_run(workspace: Workspace, raw: Path) -> None:
    old = write(raw / "old.dcm", scan(1))
    os.utime(old, (0, 0))
    write(raw / "young.dcm", scan(2))
    future = write(raw / "future.dcm", scan(3))  # by a clock that was wrong; it says nothing
    os.utime(future, ns=(4_070_908_800_000_000_000,) * 2)
    summary = run(config(settle_seconds=3600), workspace)
    assert "waiting for the next run, since changed just now: 1 file" in summary.lines
    assert len(cases(workspace)) == 2


def test_a_scan_that_is_copied_while_ingest_runs_is_whole_after_the_next_run(
    workspace: Workspace, raw: Path, tmp_path: Path
) -> None:
    for number in range(1, 30):
        write(raw / f"{number}.dcm", scan(number))
    data = encoded(scan(30))
    done = threading.Event()

    def copy_slowly() -> None:
        while not done.is_set():
            for end in range(0, len(data), 97):
                (raw / "30.dcm").write_bytes(data[:end])
        (raw / "30.dcm").write_bytes(data)

    writer = threading.Thread(target=copy_slowly)
    writer.start()
    while not (raw / "30.dcm").exists():
        time.sleep(0.001)
    try:
        run(config(), workspace)
    finally:
        done.set()
        writer.join()
    found = outcomes(workspace, config())
    assert len(found) == 30
    assert [found[f"{number}.dcm"] for number in range(1, 30)] == ["ok"] * 29
    run(config(), workspace)
    fresh = Workspace(tmp_path / "fresh", "study")
    shutil.copytree(raw, fresh.root / "raw")
    run(config(), fresh)
    assert outcomes(workspace, config()) == outcomes(fresh, config()) == dict.fromkeys(found, "ok")
    assert without_shards(store(workspace)["cases"]) == without_shards(store(fresh)["cases"])


def test_another_key_is_refused_and_other_settings_read_everything_again(
    workspace: Workspace, raw: Path, tmp_path: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    write(raw / "2.dcm", scan(2, "MR"))
    run(config(modalities=("DX",)), workspace)
    run(config(modalities=("DX", "MR")), workspace)
    assert len(cases(workspace)) == 2
    key = write(tmp_path.parent / f"{tmp_path.name}.key", b"k" * 32)
    key.chmod(0o600)
    with pytest.raises(UsageError, match="under the key"):
        run(config(key=str(key)), workspace)


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


def test_a_key_that_is_gone_is_not_replaced_by_a_new_one(
    workspace: Workspace, raw: Path, key_folder: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    key = key_folder / "scanloom/keys/study.key"
    key.unlink()
    for ask in (lambda: run(config(), workspace), lambda: outcomes(workspace, config())):
        with pytest.raises(UsageError, match=r"study\.key is gone.*Put it back from your backup"):
            ask()
        assert not key.exists()


def test_a_key_that_is_gone_is_missed_by_the_ledger_after_a_clean(
    workspace: Workspace, raw: Path, key_folder: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    ledger.append(workspace.ledger("parts"), {"patient_id": "p1", "part": "test", "key_id": "kabcdefg"})
    (key_folder / "scanloom/keys/study.key").unlink()
    with pytest.raises(UsageError, match=r"is gone, and 'study' was made under it \(key kabcdefg\)"):
        run(config(), workspace)


def test_files_are_listed_under_the_key_they_were_read_under_alone(
    workspace: Workspace, raw: Path, key_folder: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    write(key_folder / "scanloom/keys/study.key", b"%" * 32)
    with pytest.raises(UsageError, match="under the key"):
        outcomes(workspace, config())


def test_listing_files_before_any_was_read_says_so_and_makes_no_key(
    workspace: Workspace, raw: Path, key_folder: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    (key_folder / "scanloom/keys/study.key").unlink()
    with pytest.raises(UsageError, match=r"No file of 'study' was read yet\. `make ingest"):
        outcomes(workspace, config())
    assert not (key_folder / "scanloom/keys/study.key").exists()
    assert not workspace.catalogue.exists()


def test_listing_files_tells_of_an_empty_list_and_of_files_not_read_yet(
    workspace: Workspace, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    write(raw / "2.dcm", scan(2))
    assert list(list_files(config(), workspace, "failed")) == []
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "No file is failed."
    assert told[1].startswith("1 more came since; `")


@pytest.mark.parametrize(("kind", "told"), [("none", "is not there"), ("file", "are a file, not a folder")])
def test_scans_that_are_no_folder_are_told_as_what_they_are(
    workspace: Workspace, raw: Path, kind: str, told: str
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    shutil.rmtree(raw)
    if kind == "file":
        raw.write_bytes(b"")
    for ask in (lambda: run(config(), workspace), lambda: outcomes(workspace, config())):
        with pytest.raises(DataError, match=f"scans raw {told}"):
            ask()


def test_what_was_normalized_stays_where_other_settings_give_the_same_values(
    workspace: Workspace, raw: Path
) -> None:
    write(raw / "1.dcm", scan(1))
    write(raw / "2.dcm", scan(2, "MR"))
    run(config(), workspace)
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_arrays("recipe", [(case, case.stored) for case in catalogue.cases()])
    run(config(pixel_text="reviewed"), workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        assert len(catalogue.arrays("recipe")) == 2
    (raw / "2.dcm").unlink()
    run(config(), workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        assert len(catalogue.arrays("recipe")) == len(catalogue.cases()) == 1


def test_no_date_is_kept_but_the_days_since_the_patients_first_study(tmp_path: Path) -> None:
    dates = {1: "20200110", 2: "20200120", 3: "20191231"}
    stores = []
    for deliveries in ([(1, 2), (3,)], [(1, 2, 3)]):
        space = Workspace(tmp_path / str(len(stores)), "study")
        for numbers in deliveries:
            for number in numbers:
                made = scan(number, PatientID="PAT1", StudyDate=dates[number], AcquisitionDate=dates[number])
                write(space.root / f"raw/{number}.dcm", made)
            run(config(), space)
        found = store(space)
        stores.append({name: found[name] for name in ("cases", "identifiers")})
        days = sorted(case.attributes["days_since_first"] for case in cases(space))
        assert days == [0, 10, 20]
        stored = space.catalogue.read_bytes()
        ordinals = [date(2019, 12, 31).toordinal(), date(2020, 1, 10).toordinal()]
        assert not any(str(word).encode() in stored for word in (*dates.values(), "2020-01", *ordinals))
    assert without_shards(stores[0]["cases"]) == without_shards(stores[1]["cases"])
    assert stores[0]["identifiers"] == stores[1]["identifiers"]


def without_shards(rows: str) -> str:
    """Rows of cases without the names of shards and the places in them: deliveries have shards of their own."""
    return re.sub(r"'shard-\w+\.npy', \d+", "", rows)


def test_shifted_dates_keep_their_intervals_and_are_nowhere_beside_the_real_ones(
    workspace: Workspace, raw: Path
) -> None:
    for number, day in enumerate(["20200110", "20200120", "20210120"]):
        patient = "PAT1" if number < 2 else "PAT2"
        write(
            raw / f"{number}.dcm",
            scan(number + 1, PatientID=patient, StudyDate=day, PatientBirthDate="19500115"),
        )
    run(config(dates="shift"), workspace)
    by_patient: dict[str, list[date]] = {}
    for case in cases(workspace):
        told = date.fromisoformat(str(case.attributes["study_date"]))
        by_patient.setdefault(case.patient_id, []).append(told)
    (first, second), (third,) = sorted(map(sorted, by_patient.values()), key=len, reverse=True)
    assert (second - first).days == 10
    assert 30 <= abs((first - date(2020, 1, 10)).days) <= 3650
    assert (first - date(2020, 1, 10)) != (third - date(2021, 1, 20))
    assert sorted(case.attributes["patient_age"] for case in cases(workspace)) == [69, 70, 71]
    stored = workspace.catalogue.read_bytes()
    assert not any(word in stored for word in (b"2020-01-10", b"2021-01-20", b"20200110", b"19500115"))
    run(config(), workspace)
    assert all("study_date" not in case.attributes for case in cases(workspace))


def test_only_series_that_fit_a_rule_are_read_and_the_description_stays_in_memory(
    workspace: Workspace, raw: Path
) -> None:
    settings = config(
        unit="series",
        modalities=("CT",),
        select={"soft": {"convolution_kernel": ["B30f"], "series_description": "^Chest"}},
    )
    kinds = [
        ("chosen", "B30f", "Chest, Dr. Who", [0, 3, 6]),
        ("hard", "B70f", "Chest", [0, 3, 6]),
        ("other", "B30f", "Abdomen, Dr. Who", [0, 3, 6]),
        ("scattered", "B70f", "Chest", [0, 3, 3.5, 20]),  # quarantined, if anybody wanted it
    ]
    for number, (name, kernel, description, positions) in enumerate(kinds, start=1):
        for place, one in enumerate(ct_series(positions)):
            one.SOPInstanceUID = f"2.25.{number}{place}"
            one.SeriesInstanceUID = f"2.25.3{number}"
            one.ConvolutionKernel, one.SeriesDescription = kernel, description
            write(raw / f"{name}{place}.dcm", one)
    run(settings, workspace)
    found = outcomes(workspace, settings)
    assert {name for name, reason in found.items() if reason == "ok"} == {f"chosen{n}.dcm" for n in range(3)}
    assert set(found.values()) == {"ok", "rule_not_selected"}
    (case,) = cases(workspace)
    assert case.attributes["series_rule"] == "soft"
    assert not any(word in workspace.catalogue.read_bytes() for word in (b"Dr. Who", b"Chest", b"Abdomen"))


def test_a_rule_picks_one_of_the_volumes_of_a_series(workspace: Workspace, raw: Path) -> None:
    settings = config(unit="series", modalities=("MR",), select={"second": {"temporal_position": 2}})
    for number in range(6):
        one = scan(800 + number, "MR", PatientID="P", StudyInstanceUID="2.25.5", SeriesInstanceUID="2.25.6")
        one.ImagePositionPatient = ["0", "0", f"{4 * (number % 3)}"]
        one.TemporalPositionIdentifier = 1 + number // 3
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    assert sorted(outcomes(workspace, settings).values()) == ["ok"] * 3 + ["rule_not_selected"] * 3
    (case,) = cases(workspace)
    assert case.attributes["temporal_position"] == 2


@pytest.mark.parametrize("touched", [False, True])
def test_files_whose_reason_may_have_passed_are_tried_again_although_they_are_the_same(
    workspace: Workspace, raw: Path, touched: bool
) -> None:
    settings = config(unit="series", modalities=("CT",))
    for number, one in enumerate(ct_series([0, 3, 6])):
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    before = store(workspace)
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        tokens = [row[0] for row in catalogue.query("SELECT token FROM files ORDER BY token")]
        reasons = ("io_error", "missing_slices", "missing_slices")
        for token, reason in zip(tokens, reasons, strict=True):
            catalogue.query("UPDATE files SET state = 'failed', reason = ? WHERE token = ?", (reason, token))
        catalogue.delete_cases(case.case_id for case in catalogue.cases())
    if touched:  # as a copy from a repaired disk is
        for path in raw.iterdir():
            os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**9))
    summary = run(settings, workspace)
    if not touched:
        assert "tried again, since reading failed last time: 1 file" in summary.lines
    assert set(outcomes(workspace, settings).values()) == {"ok"}
    assert touched or store(workspace) == before
    assert not any("tried again" in line for line in run(settings, workspace).lines)


def test_slices_written_in_whole_millimetres_are_one_scan_of_their_mean_distance(
    workspace: Workspace, raw: Path
) -> None:
    settings = config(unit="series", modalities=("CT",))
    for number, one in enumerate(ct_series([0, 3, 5, 8, 10], SliceThickness="2.5")):
        write(raw / f"{number}.dcm", one)
    run(settings, workspace)
    (case,) = cases(workspace)
    assert case.geometry.spacing[0] == 2.5
    assert "positions_rounded" in case.notes


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
    assert sorted(outcomes(workspace, settings).values()) == ["consent_withdrawn", "ok"]
    assert patient.encode() not in workspace.catalogue.read_bytes()


@pytest.mark.parametrize("half", ["read anew", "of the version before"])
def test_a_catalogue_that_ingest_has_yet_to_finish_is_not_told_damaged(
    half: str, workspace: Workspace, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(raw / "1.dcm", scan(1))
    run(config(), workspace)
    verify.run(workspace)
    if half == "read anew":
        monkeypatch.setattr("pipeline.ingest.stage.update", lambda *_: exit())
        with pytest.raises(SystemExit):
            run(config(min_slices=4), workspace)  # all its files are forgotten, its cases stay
    else:
        with contextlib.closing(sqlite3.connect(workspace.catalogue)) as connection:
            connection.executescript(
                "ALTER TABLE cases DROP COLUMN row_digest; ALTER TABLE cases DROP COLUMN names_digest;"
                "ALTER TABLE files DROP COLUMN archive; ALTER TABLE files DROP COLUMN members;"
                "PRAGMA user_version = 1;"
            )
    verify.run(workspace)


def test_a_young_file_that_went_to_another_series_is_planned_with_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read although it is young, since another file of its series changed."""
    monkeypatch.setattr(portions, "_MEAN_FILES", 1)
    settings = config(modalities=("CT",), unit="series", settle_seconds=3600, min_slices=3)
    space, fresh = Workspace(tmp_path / "later", "study"), Workspace(tmp_path / "fresh", "study")
    other = {"SeriesInstanceUID": "2.25.28", "KVP": "90"}
    for number, made in enumerate(ct_series([0, 2.5, 5, 7.5])):
        write(space.root / f"raw/s{number}", made)
        write(space.root / f"raw/t{number}", replace_sop(made, other))
    for path in (space.root / "raw").iterdir():
        os.utime(path, (1, 1))
    run(settings, space)
    assert len(cases(space)) == 2
    (space.root / "raw/s0").unlink()
    moved = ct_series([0, 2.5, 5, 7.5, 10])[4]
    write(space.root / "raw/s3", replace_sop(moved, other))
    shutil.copytree(space.root / "raw", fresh.root / "raw")
    run(settings, space)
    run(config(modalities=("CT",), unit="series", min_slices=3), fresh)
    assert outcomes(space, settings) == outcomes(fresh, settings)
    assert [len(case.stored.shape) for case in cases(space)] == [3]
    assert [case.case_id for case in cases(space)] == [case.case_id for case in cases(fresh)]


def replace_sop(ds: Dataset, elements: dict[str, object]) -> Dataset:
    """The image as another one of another series."""
    made = copy.deepcopy(ds)
    made.SOPInstanceUID = f"{ds.SOPInstanceUID}.1"
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


CRASHING = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from pipeline import catalogue, locking, workspace, writing
    from pipeline.config import Cohort, Config, Ingest, Report
    from pipeline.ingest import run, update
    from pipeline.ingest.cases import batching, portions

    passed = 0

    def crash_point(name):
        global passed
        passed += name.startswith(("commit", "write:ingest"))
        if passed == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    if __name__ == "__main__":
        catalogue.crash_point = writing.crash_point = crash_point
        batching._MEAN_CASES, portions._MEAN_FILES = (int(size) for size in sys.argv[3:])
        update._COMMITTED_FILES = 1  # after every batch
        space = workspace.Workspace(Path(sys.argv[1]), "study")
        config = Config(name="study", ingest=Ingest(raw="raw", workers=1), normalize=({"z_score": {}},),
                        cohort=Cohort(labels="l", target="t"), report=Report(title="t"))
        with locking.lock(space):
            run(config, space)
""")


def crash_and_finish(tmp_path: Path, points: Iterable[int], *, cases: int = 8, files: int = 8192) -> None:
    """Kills a run at each of its points, counted from 1; ends with the first number that it outlives."""
    whole = Workspace(tmp_path / "whole", "study")
    for number in range(1, 25):
        write(whole.root / f"raw/{number:03d}.dcm", scan(number))
    run(config(), whole)
    assert len(list(whole.cases.glob("shard-*.npy"))) > 2
    script = tmp_path / "crashing.py"
    script.write_text(CRASHING)
    for point in points:
        space = Workspace(tmp_path / str(point), "study")
        shutil.copytree(whole.root / "raw", space.root / "raw")
        sizes = str(cases), str(files)
        killed = subprocess.run([sys.executable, script, space.root, str(point), *sizes], timeout=120)
        if killed.returncode == 0:
            return
        assert killed.returncode == -9
        with workspace_lock(space):  # what was half-written is cleaned up
            run(config(), space)
        assert store(space) == store(whole), point


def test_a_killed_run_is_finished_by_the_next_one_with_the_same_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_MEAN_CASES", 8)
    crash_and_finish(tmp_path, (3, 5))  # before the plan is committed, and between two batches


def test_a_run_killed_inside_a_portion_is_finished_with_the_same_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_MEAN_CASES", 4)
    monkeypatch.setattr(portions, "_MEAN_FILES", 4)
    crash_and_finish(
        tmp_path, (5, 7, 11), cases=4, files=4
    )  # after whole batches of whole and parted portions


@pytest.mark.slow
def test_a_run_killed_at_every_point_is_finished_with_the_same_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_MEAN_CASES", 8)
    crash_and_finish(tmp_path, itertools.count(1))


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
    assert outcomes(workspace, settings) == own | others
    run(
        config(), workspace
    )  # names a table elsewhere: these become what they are, though none of them changed
    left = dict.fromkeys(own, "not_dicom") | {"labels.xlsx": "link_not_followed"}
    assert outcomes(workspace, config()) == left | others
    run(settings, workspace)
    assert outcomes(workspace, settings) == own | others
