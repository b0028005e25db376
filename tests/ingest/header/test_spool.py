"""Headers kept in a temporary file: each comes back as it was, and a full disk is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import header, image

from pipeline.errors import RetryError
from pipeline.ingest.header import spool as module
from pipeline.ingest.header.header import Header
from pipeline.ingest.header.spool import Spool, pages


def test_headers_come_back_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY_BYTES", 100)
    headers = {
        str(number): header(image(SOPInstanceUID=f"2.25.{number + 1}"), tmp_path) for number in range(4)
    } | {"4": header(image(SeriesInstanceUID="2.25.9"), tmp_path)}
    assert [len(page.facts) for page in pages(headers)] == [4, 1]
    with Spool(tmp_path) as spool:
        for page in pages(headers):
            spool.add(page)
        assert spool.entries["3"].facts.sop_id == headers["3"].sop_id
        assert spool.headers(["3", "0"]) == {"3": headers["3"], "0": headers["0"]}
        spool.drop(["3"])
        for page in pages({"5": headers["0"]}):
            spool.add(page)
        assert spool.entries.keys() == {"0", "1", "2", "4", "5"}
        assert spool.headers(["4", "5"]) == {"4": headers["4"], "5": headers["0"]}
    assert [path.name for path in tmp_path.iterdir()] == ["image.dcm"]  # the file is gone with the spool


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Spool(tmp_path) as spool, Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(spool, "_file", full)
        with pytest.raises(RetryError, match="the disk is full"):
            spool.add(pages({"token": Header(1, 1)})[0])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_disk_that_is_full_later_is_told_as_well(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written last lies in a buffer until it is read, or the file closed."""
    with pytest.raises(RetryError, match="the disk is full"), Spool(tmp_path) as spool:
        monkeypatch.setattr(spool, "_file", Path("/dev/full").open("w+b"))  # noqa: SIM115
        spool.add(pages({"token": Header(1, 1, detail="x" * size)})[0])
        spool.headers(["token"])
