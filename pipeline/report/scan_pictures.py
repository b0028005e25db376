"""A single scan as a card of the page shows it: its picture, or why there is none, and what it is."""

from __future__ import annotations

import zlib
from base64 import b64decode
from typing import Any

import numpy as np

from pipeline.bits import of_bit
from pipeline.contracts.scan_pictures import Outline, ScanPicture
from pipeline.page.facts import recorded
from pipeline.report.pictures import borders
from pipeline.report.png import uri


def card(scan: ScanPicture | None) -> dict[str, Any]:
    """The cells of the scan; of None, which has no array any more, that it can't be shown."""
    if scan is None:
        return {"case": "", "hidden": "it has no array under this recipe any more", "picture": ""}
    window = scan.window or (None, None)
    return {
        "case": scan.case_id,
        "hidden": scan.hidden,
        "picture": _uri(scan) if scan.grey else "",
        "slice": recorded("slice", scan.slice),
        "slices": recorded("slices", scan.slices, "slices"),
        "window_low": recorded("window_low", window[0], "input value"),
        "window_high": recorded("window_high", window[1], "input value"),
        "unit": scan.unit,
        "sides": list(scan.sides),
        **(_outlines(scan) if scan.outlines and scan.grey else {}),
    }


def _outlines(scan: ScanPicture) -> dict[str, Any]:
    """The borders of what is marked, each who with the paths of an SVG, and how the picture lies below them.

    The view is square: its shorter side is centred.
    """
    columns, high = len(b64decode(scan.grey)) // scan.rows, scan.rows * scan.tall
    side = max(columns, high)
    return {
        "borders": {one.who: _borders(one, scan) for one in scan.outlines},
        "view": f"0 0 {side:g} {side:g}",
        "moved": f"translate({(side - columns) / 2:g} {(side - high) / 2:g}) scale(1 {scan.tall:g})",
        "columns": columns,
        "rows": scan.rows,
    }


def _borders(outline: Outline, scan: ScanPicture) -> list[str]:
    bits = np.frombuffer(zlib.decompress(b64decode(outline.bits)), "<u4").reshape(scan.rows, -1)
    marked = (of_bit(bits, bit) for bit in range(8 * bits.dtype.itemsize))
    return [borders(each) for each in marked if each.any()]


def _uri(scan: ScanPicture) -> str:
    return uri(np.frombuffer(b64decode(scan.grey), np.uint8).reshape(scan.rows, -1))
