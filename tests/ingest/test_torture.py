"""Files made or mutated to break readers, through the real stage: each gets a reason, the stage goes on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from dicom_files import compressed, encoded, image, write
from pydicom.uid import JPEGLSLossless

from bench.mutations import WHEEL, bombs, mutated, renamed
from bench.packed import archive_bombs, damaged_archive
from bench.torture import accounted
from pipeline.catalogue import Catalogue
from pipeline.config import Cohort, Config, Ingest, Limits, Report
from pipeline.ingest import run
from pipeline.ingest.reasons import REASONS
from pipeline.ingest.stage import list_files
from pipeline.workspace import Workspace

ALL = ("CT", "MR", "CR", "DX", "US", "OT", "XA", "PT", "NM")


@pytest.fixture(autouse=True)
def key_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are made here, not in the home of whoever runs the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("keys")))


def ingested(workspace: Workspace, **limits: int) -> dict[str, tuple[str, str]]:
    """State and reason of every file in `raw`."""
    settings = Config(
        name="study",
        ingest=Ingest(raw="raw", modalities=ALL, failed_share=1.0, limits=Limits(**limits)),
        cohort=Cohort(labels="labels.csv", target="label"),
        normalize=({"z_score": {}},),
        report=Report(title="A study"),
    )
    write(workspace.root / "raw/sound.dcm", image(SOPInstanceUID="2.25.7", PatientID="SOUND"))
    run(settings, workspace)
    return {row[0]: (row[1], row[2].split(" ")[0]) for row in list_files(settings, workspace)}


def test_files_that_crash_decoders_cost_only_themselves(workspace: Workspace, real_data: Path) -> None:
    folder = real_data / "dicom-reference/decoder-crashers"
    for number, path in enumerate(sorted(folder.glob("*.dcm"))):
        own = path.read_bytes().replace(b"1.2.3.4.5.6", b"1.2.3.%05d" % (10000 + number))
        write(workspace.root / "raw" / path.name, own)
    found = ingested(workspace, seconds=3, memory_mb=2048)
    assert found.pop("sound.dcm") == ("accepted", "ok")
    assert len(found) == len(list(folder.glob("*.dcm")))
    harmless = {name for name, (state, _) in found.items() if state == "accepted"}
    assert "sequence-5000-empty-items.dcm" in harmless  # odd, but every bit of it is told
    assert all(name.startswith(("mutated", "sequence")) for name in harmless)
    assert found["header-65535x65535-tiny.dcm"] == ("failed", "limit_exceeded")
    assert found["deflate-bomb-256MiB.dcm"] == ("failed", "limit_exceeded")
    assert found["nested-sequences-5000.dcm"] == ("failed", "limit_exceeded")
    assert found["pixeldata-2GB-length.dcm"] == ("failed", "truncated_pixel_data")
    for name in ("jpegls-65535x65535", "jpeg-lossless-65535x65535", "j2k-60000x60000-one-tile"):
        assert found[f"{name}.dcm"] == ("quarantined", "inconsistent_pixel_attributes")


def test_a_few_hundred_mutated_files_are_all_accounted_for(workspace: Workspace) -> None:
    rng = np.random.default_rng(20)
    sources = [path.read_bytes() for path in sorted(WHEEL.glob("*.dcm")) if path.stat().st_size < 20_000]
    for number in range(300):
        source, other = (sources[int(index)] for index in rng.integers(len(sources), size=2))
        write(workspace.root / f"raw/{number:03d}.dcm", mutated(renamed(source, number), other, rng))
    found = ingested(workspace, seconds=3, memory_mb=2048)
    assert found["sound.dcm"] == ("accepted", "ok")
    assert len(found) == 301
    reasons = {reason for _, reason in found.values()}
    assert {"ok", "corrupt_dataset", "truncated_pixel_data", "decode_error"} <= reasons <= REASONS.keys()
    assert "internal_error" not in reasons
    with Catalogue(workspace.catalogue) as catalogue:
        assert catalogue.query("SELECT count(*) FROM files") == [(301,)]


def test_archives_made_to_harm_end_with_a_reason_and_cost_only_themselves(workspace: Workspace) -> None:
    archives = archive_bombs()
    for name, data in archives.items():
        write(workspace.root / "raw" / name, data)
    found = ingested(workspace, seconds=5, memory_mb=2048, members=1000)
    assert found.pop("sound.dcm") == ("accepted", "ok")
    reasons = {name: found[name][1] for name in archives}
    assert reasons == {
        "zip-256-MB": "limit_exceeded", "zip-of-2000-files": "limit_exceeded", "zip-of-zips": "archive_read",
        "zip-overlapping": "archive_damaged", "zip-names": "archive_read",
        "zip-directory-of-4-GB": "archive_damaged", "zip-locked": "archive_read",
        "zip-method-99": "archive_read", "tar-names": "archive_read", "tar-links": "archive_read",
        "tar-8-EB": "archive_damaged", "tar-name-of-1-GB": "archive_damaged",
        "tar-pax-of-1-GB": "archive_damaged", "tar-sparse-without-end": "archive_damaged",
        "tar-cut": "archive_damaged", "tgz-2-GB": "limit_exceeded", "tgz-of-200-000-files": "limit_exceeded",
        "gz-2-GB": "limit_exceeded", "gz-in-gz": "archive_not_opened", "gz-of-empty-parts": "empty_file",
    }  # fmt: skip
    inside = {name.partition("/")[0] for name in found if "/" in name}
    assert inside == {name for name, reason in reasons.items() if reason == "archive_read"}
    made = [path for path in workspace.data.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in made) < 1 << 20  # nothing was unpacked


def test_damaged_archives_are_accounted_for_with_all_that_they_hold(workspace: Workspace) -> None:
    rng = np.random.default_rng(8)
    sources = [path.read_bytes() for path in sorted(WHEEL.glob("*.dcm")) if path.stat().st_size < 20_000]
    for number in range(60):
        write(workspace.root / f"raw/{number:03d}.bin", damaged_archive(sources, number, rng))
    found = ingested(workspace, seconds=3, memory_mb=2048)
    reasons = Counter(reason for _, reason in found.values())
    assert reasons["internal_error"] == reasons["io_error"] == 0
    assert reasons["archive_read"] > 9 < reasons["archive_damaged"]
    accounted_for, faults, announced, inside = accounted(workspace)
    assert (accounted_for, faults, announced) == (61, 0, inside)
    assert inside > 5 * 9


def test_an_image_that_ends_its_child_is_told_although_another_one_of_its_batch_is_broken(
    workspace: Workspace,
) -> None:
    write(workspace.root / "raw/bomb.dcm", bombs()["rle-one-frame-of-800-MB"])
    for number in range(3):
        own = {"SOPInstanceUID": f"2.25.8{number}", "SeriesInstanceUID": f"2.25.9{number}"}
        one = image("US", PatientID=f"P{number}", **own)
        data = compressed(one, [b"\xff\xd8 no image"], JPEGLSLossless) if number == 1 else encoded(one)
        write(workspace.root / f"raw/{number}.dcm", data)
    found = ingested(workspace, memory_mb=1024)
    assert {name: state for name, (state, _) in found.items()} == {
        "bomb.dcm": "failed", "0.dcm": "accepted", "1.dcm": "failed", "2.dcm": "accepted",
        "sound.dcm": "accepted",
    }  # fmt: skip


def test_a_scan_that_needs_more_memory_than_a_child_may_have_costs_itself_alone(workspace: Workspace) -> None:
    own = {"PatientID": "BIG", "SOPInstanceUID": "2.25.9", "SeriesInstanceUID": "2.25.8"}
    pixels = np.zeros((10000, 10000), np.uint16)  # 200 MB, out of a file of 2 KB
    frame = imagecodecs.jpegls_encode(pixels)
    write(workspace.root / "raw/big.dcm", compressed(image(pixels=pixels, **own), [frame], JPEGLSLossless))
    found = ingested(workspace, memory_mb=400)
    assert found == {"big.dcm": ("failed", "limit_exceeded"), "sound.dcm": ("accepted", "ok")}
    with Catalogue(workspace.catalogue) as catalogue:
        ((detail,),) = catalogue.query("SELECT detail FROM files WHERE state = 'failed'")
    assert detail.startswith("memory")


@pytest.mark.parametrize("limits", [{"file_mb": 1}, {"decoded_mb": 1}])
def test_limits_of_the_configuration_are_kept(workspace: Workspace, limits: dict[str, int]) -> None:
    big = image(pixels=np.zeros((800, 800), np.uint16), PatientID="BIG", SeriesInstanceUID="2.25.8")
    write(workspace.root / "raw/big.dcm", encoded(big))
    assert ingested(workspace, **limits)["big.dcm"] == ("failed", "limit_exceeded")
