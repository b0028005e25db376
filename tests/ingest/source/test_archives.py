from __future__ import annotations

import gzip

import numpy as np
import pytest
from dicom_files import encoded, image
from nifti_files import nifti, ramp
from packed import tarred, zipped

from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.archives import opened_packing, packing_of

SCAN = encoded(image())


def test_archives_are_known_by_their_first_bytes() -> None:
    files = {"a": SCAN}
    assert packing_of(zipped(files)) == "zip"
    assert packing_of(zipped({})) == "zip"
    assert packing_of(gzip.compress(SCAN)) == "gzip"
    assert packing_of(b"7z\xbc\xaf\x27\x1c" + bytes(30)) == "7z"
    assert packing_of(bytes(32769) + b"CD001") == "ISO 9660"
    for archive in (tarred(files), tarred(files, pax=False), without_magic(tarred(files, pax=False))):
        assert packing_of(archive) == "tar"


def without_magic(tar: bytes) -> bytes:
    """As programs before POSIX wrote it: nothing but the checksum tells it."""
    block = bytearray(tar[:512])
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + tar[512:]


def test_what_is_no_archive_is_not_taken_for_one() -> None:
    for data in (
        SCAN,
        SCAN[132:],
        b"",
        b"text",
        bytes(2000),
        b"PK",
        b"1" * 600,
        b"name".ljust(257) + b"ustar\x0000",
    ):
        assert packing_of(data) == ""
    assert packing_of(b"PK\x03\x04" + SCAN[4:]) == ""  # a preamble may hold anything


def test_a_single_file_in_gzip_is_inflated_and_an_archive_in_gzip_is_not() -> None:
    assert opened_packing(SCAN, 1 << 30) == ("", SCAN)
    assert opened_packing(gzip.compress(SCAN), 1 << 30) == ("", SCAN)
    packed = gzip.compress(tarred({"a": SCAN}))
    assert opened_packing(packed, 1 << 30) == ("tar.gz", packed)
    assert opened_packing(gzip.compress(zipped({"a": SCAN})), 1 << 30)[0] == "zip inside gzip"
    assert opened_packing(gzip.compress(gzip.compress(SCAN)), 1 << 30)[0] == "gzip inside gzip"


def test_a_file_in_gzip_is_bounded_and_damage_is_told() -> None:
    with pytest.raises(Refusal, match="limit_exceeded"):
        opened_packing(gzip.compress(bytes(70 << 20)), 1 << 40)  # a thousand to one
    with pytest.raises(Refusal, match="limit_exceeded"):
        opened_packing(gzip.compress(SCAN), 100)
    with pytest.raises(Refusal, match="archive_damaged"):
        opened_packing(gzip.compress(SCAN)[:-9], 1 << 30)


def test_a_mask_that_deflates_a_thousandfold_is_no_bomb_and_what_follows_its_voxels_may_be() -> None:
    header = bytearray(nifti(ramp((4, 4, 4), np.uint8))[:352])
    header[42:48] = np.array([512, 512, 300], "<i2").tobytes()
    size = 512 * 512 * 300  # 79 MB, out of 80 kB
    packed = gzip.compress(bytes(header) + bytes(size), 9)
    assert len(packed) * 500 < size
    assert len(opened_packing(packed, 1 << 31)[1]) == 352 + size
    with pytest.raises(Refusal, match="limit_exceeded"):
        opened_packing(gzip.compress(bytes(header) + bytes(size + (8 << 20)), 9), 1 << 31)
    with pytest.raises(Refusal, match="limit_exceeded"):
        opened_packing(packed, size // 2)
