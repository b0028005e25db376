from __future__ import annotations

from pipeline.ingest.pixels.codecs import SYNTAXES
from pipeline.ingest.pixels.decoder_speed import decoder_table


def test_every_syntax_has_a_decoder_that_gives_the_pixels_back_and_a_time() -> None:
    rows = decoder_table()
    assert [row.uid for row in rows] == list(SYNTAXES)
    assert all(row.milliseconds is not None and row.milliseconds > 0 for row in rows)
    assert all(row.version[0].isdigit() for row in rows)
