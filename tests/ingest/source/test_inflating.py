"""A gzip stream read in any order gives what it holds, and each part is inflated about once."""

from __future__ import annotations

import gzip
import random

import numpy as np
import pytest

from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source import inflating
from pipeline.ingest.source.inflating import Inflating

PLAIN = np.random.default_rng(1).integers(0, 9, 6 << 20, np.uint8).tobytes()


def stream(packed: bytes, **settings: int) -> Inflating:
    return Inflating(lambda start, length: packed[start : start + length], **settings)


@pytest.fixture(scope="module")
def packed() -> bytes:
    return gzip.compress(PLAIN, 1)


def test_any_place_can_be_read_in_any_order(packed: bytes) -> None:
    found = stream(packed)
    draw = random.Random(7)
    for _ in range(60):
        start, length = draw.randrange(len(PLAIN)), draw.choice((1, 512, 300_000, 2 << 20))
        assert found.read_at(start, length) == PLAIN[start : start + length]
    assert found.read_at(len(PLAIN) - 3, 10) == PLAIN[-3:]
    assert found.read_at(len(PLAIN) + 5, 10) == b""


def test_going_back_costs_no_more_than_a_piece_however_long_the_stream(packed: bytes) -> None:
    read = 0

    def counted(start: int, length: int) -> bytes:
        nonlocal read
        data = packed[start : start + length]
        read += len(data)
        return data

    found = Inflating(counted)
    found.end()
    once, read = read, 0
    for start in range(5 << 20, 0, -(1 << 20)):
        found.read_at(start, 100)
    assert read < 2 * once  # and not the sum of five prefixes


def test_few_states_are_kept_and_still_every_place_is_read(
    packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflating, "_MOST_STATES", 3)
    found = stream(packed)
    found.end()
    assert len(found._states) <= 3
    for start in (4 << 20, 1 << 20, 3 << 20):
        assert found.read_at(start, 9) == PLAIN[start : start + 9]


def test_several_gzip_members_and_padding_are_one_stream() -> None:
    parts = [b"abc" * 1000, b"", b"def" * 500]
    found = stream(bytes(9000).join(map(gzip.compress, parts)) + bytes(9000))
    assert found.read_at(0, 10_000) == b"".join(parts)
    assert found.end() == 4500
    assert found.read_at(2999, 2) == b"cd"


def test_gzip_members_that_end_with_a_piece_are_followed_by_the_next() -> None:
    part = gzip.compress(bytes(4 << 20))  # whole pieces: what is left over is then told twice by zlib
    assert stream(part * 5).end() == 20 << 20


def test_damage_is_told(packed: bytes) -> None:
    flipped = packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:]  # in the checksum at the end
    for damaged in (packed[:-1], packed[: len(packed) // 2], flipped, packed + b"junk"):
        with pytest.raises(Refusal) as caught:
            stream(damaged).end()
        assert caught.value.reason == "archive_damaged"


def test_a_stream_that_inflates_beyond_what_is_allowed_is_given_up() -> None:
    bomb = gzip.compress(bytes(3 << 20))
    with pytest.raises(Refusal) as caught:
        stream(bomb, most_bytes=1 << 20).end()
    assert (caught.value.reason, caught.value.detail) == (
        "limit_exceeded",
        "unfolds to more than 1048576 bytes",
    )
