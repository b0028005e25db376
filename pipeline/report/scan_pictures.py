"""A single scan as a card of the page shows it: its picture, or why there is none, and what it is."""

from __future__ import annotations

import zlib
from base64 import b64decode
from typing import Any, Final

import numpy as np

from pipeline.bits import of_bit
from pipeline.contracts.scan_pictures import Outline, ScanPicture
from pipeline.page.facts import recorded
from pipeline.report.pictures import borders
from pipeline.report.png import uri

BARS_MM: Final = (1, 2, 5, 10, 20, 50, 100)


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
        **(scale_bar(_side(scan), scan.mm_across) if scan.grey else {}),
        **(_outlines(scan) if scan.outlines and scan.grey else {}),
    }


def scale_bar(side: float, mm_across: float | None) -> dict[str, Any]:
    """A bar of a round length within a third of a square view that is `side` columns of the picture wide.

    None where nobody knows how wide a column is.

    >>> bar = scale_bar(64, 0.78)  # 49.92 mm: 10 mm fit into a third
    >>> bar["bar"].value, bar["bar_width"]
    (10, '20.03%')
    """
    side_mm = side * (mm_across or 0)
    length_mm = max((size for size in BARS_MM if size <= side_mm / 3), default=None)
    width = "" if length_mm is None else f"{100 * length_mm / side_mm:.2f}%"
    return {"bar": recorded("scale_bar", length_mm, "mm"), "bar_width": width}


def _side(scan: ScanPicture) -> float:
    """The longer side of the picture in columns: the view is a square that holds it whole."""
    return max(len(b64decode(scan.grey)) / scan.rows, scan.rows * scan.tall)


def _outlines(scan: ScanPicture) -> dict[str, Any]:
    """The borders of what is marked, each who with the paths of an SVG, and how the picture lies below them.

    The view is square: its shorter side is centred.
    """
    columns, high, side = len(b64decode(scan.grey)) // scan.rows, scan.rows * scan.tall, _side(scan)
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
