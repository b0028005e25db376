"""`scanloom doctor`: what this machine offers, and how fast each decoder is here."""

from __future__ import annotations

from typing import Any

from pipeline import backend, provenance
from pipeline.ingest.pixels.decoder_speed import decoder_table
from pipeline.printed import setup
from pipeline.records import Summary


def run() -> Summary:
    """Lines on versions, processor, devices and decoders (measured now)."""
    machine = provenance.machine()
    lines = [f"{name:<16} {value}" for name, value in provenance.versions().items()]
    lines += [f"{name:<16} {value}" for name, value in machine.items()]
    lines += [f"{'device':<16} {device}" for device in _devices()]
    lines += ["", f"{'transfer syntax':<46} {'decoder':<28} ms for 512 x 512, 16 bits"]
    decoders = decoder_table()
    lines += [_decoder_line(row) for row in decoders]
    if any(row.milliseconds is None for row in decoders):
        lines += ["", f"What is not installed comes with `{setup()}`."]
    return Summary(tuple(lines), changed=False)


def _decoder_line(row: Any) -> str:
    speed = "not installed" if row.milliseconds is None else f"{row.milliseconds:.2f}"
    return f"{row.name:<46} {row.decoder + ' ' + row.version:<28} {speed}"


def _devices() -> list[str]:
    backend.load()
    import keras

    devices = keras.distribution.list_devices()
    return [f"{keras.backend.backend()} {device}" for device in devices] or [f"{keras.backend.backend()} cpu"]
