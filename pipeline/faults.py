"""Where in our own code a fault arose, without a message or value that could quote a scan."""

from __future__ import annotations

import traceback
from pathlib import Path

import pipeline

_ROOT = Path(pipeline.__file__).parent


def places(error: BaseException) -> str:
    """The last places of our code in the traceback, innermost first: `ingest/run.py:12 in run`."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    names = [
        f"{Path(f.filename).relative_to(_ROOT).as_posix()}:{f.lineno} in {f.name}" for f in reversed(ours)
    ]
    return ", called from ".join(names[:3]) or "an unknown place"
