from __future__ import annotations

import struct

import pytest

from pipeline.ingest.csa import csa_values


def tag(name: bytes, *items: bytes) -> bytes:
    head = struct.pack("<64si4siii", name, len(items), b"FD", 3, len(items), 77)
    return head + b"".join(
        struct.pack("<4i", n, n, 77, n) + item.ljust(-(-n // 4) * 4, b"\0")
        for item in items
        for n in [len(item)]
    )


HEADER = (
    b"SV10\4\3\2\1"
    + struct.pack("<2i", 2, 77)
    + tag(b"EchoTime", b"30.5")
    + tag(b"SliceNormalVector", b"0.0", b"0.6", b"-0.80000")
)


def test_named_numbers_are_read() -> None:
    assert csa_values(HEADER, b"SliceNormalVector") == (0.0, 0.6, -0.8)
    assert csa_values(HEADER, b"EchoTime") == (30.5,)
    assert csa_values(HEADER, b"Nothing") == ()


@pytest.mark.parametrize("length", range(0, len(HEADER), 17))
def test_a_header_that_breaks_off_has_no_value(length: int) -> None:
    assert csa_values(HEADER[:length], b"SliceNormalVector") == ()


def test_damage_and_other_layouts_have_no_value() -> None:
    assert csa_values(b"", b"EchoTime") == ()
    assert csa_values(HEADER.replace(b"30.5", b"3x.5"), b"EchoTime") == ()
    assert csa_values(b"\2\0\0\0" + HEADER[4:], b"EchoTime") == ()
