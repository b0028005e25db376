"""A single scan as a card of the page shows it: its picture, or why there is none, and what it is."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import numpy as np

from pipeline.contracts.scan_pictures import ScanPicture
from pipeline.page.facts import recorded
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
    }


def _uri(scan: ScanPicture) -> str:
    return uri(np.frombuffer(b64decode(scan.grey), np.uint8).reshape(scan.rows, -1))
