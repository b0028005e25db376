"""How a training goes, for the eye: a page and a table, renewed after each epoch.

Reads: the rows of history. Writes: `training.html`, which a browser loads again by itself as long as the
training runs, and `history.csv` beside it. Guarantees: no script and no address; a kill leaves the page of an
epoch; nothing of the training depends on it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from pipeline.contracts.history import FILE as HISTORY
from pipeline.writing import write_text

Row = Mapping[str, Any]
PAGE: Final = "training.html"
TABLE: Final = HISTORY.name
REFRESH_SECONDS: Final = 10  # a choice: an epoch of most trainings takes longer
WIDTH, HEIGHT = 640, 180
_STYLE: Final = (
    "body{font:16px/1.5 Arial,'Liberation Sans',sans-serif;color:#1f2933;max-width:46rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}"
    "th,td{text-align:right;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #d8dee5}"
    "svg{width:100%;height:auto;overflow:visible}.soft{color: #5c6874}"
    "a:focus-visible,table:focus-visible{outline:3px solid #0b5394}"
)
_LINES: Final = (("loss", "Training", "#0b5394", ""), ("val_loss", "Validation", "#b34f08", "6 3"))


def renew(folder: Path, history: Sequence[Row], *, name: str, epochs: int, seed: int) -> None:
    """Writes both files of a network's fit so far. Raises RetryError when they can't be written."""
    write_text(folder / TABLE, _table(history))
    write_text(folder / PAGE, page(history, name=name, epochs=epochs, seed=seed))


def page(history: Sequence[Row], *, name: str, epochs: int, seed: int) -> str:
    """The page on the epochs so far, the newest first; it asks to be loaded again until the last one."""
    running = len(history) < epochs
    refresh = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">' if running else ""
    columns = list(dict.fromkeys(key for row in history for key in row))
    head = "".join(f'<th scope="col">{escape(column.replace("_", " "))}</th>' for column in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_shown(row.get(column))}</td>" for column in columns) + "</tr>"
        for row in reversed(history)
    )
    said = f"Epoch {len(history)} of at most {epochs}, seed {seed}."
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{refresh}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)} – training</title><style>{_STYLE}</style></head><body><main>"
        f'<p class="soft"><a href="../index.html">All models</a></p><h1>{escape(name)}: training</h1>'
        f"<p>{said} The same numbers are in {TABLE}; the report tells which epoch was kept.</p>"
        f'{_chart(history)}<h2>Epochs, newest first</h2><table tabindex="0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></main></body></html>\n"
    )


def _chart(history: Sequence[Row]) -> str:
    """The losses over the epochs from 0 up, and what each line is."""
    known = [value for row in history for key, *_ in _LINES if (value := _number(row.get(key))) is not None]
    if not known:
        return ""
    top, last = max(known) or 1.0, max(len(history) - 1, 1)
    lines, names = [], []
    for key, label, color, dashes in _LINES:
        points = [
            f"{WIDTH * place / last:.1f},{HEIGHT * (1 - value / top):.1f}"
            for place, row in enumerate(history)
            if (value := _number(row.get(key))) is not None
        ]
        if points:
            lines.append(
                f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="2" '
                f'stroke-dasharray="{dashes or "none"}"/>'
            )
            names.append(f'<span style="color:{color}">{label}{" (dashed)" if dashes else ""}</span>')
    return (
        f"<h2>Loss</h2><p>{', '.join(names)}; from 0 to {top:.3g}</p>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Loss after each epoch">'
        f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}" stroke="#66727f"/>{"".join(lines)}</svg>'
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _shown(value: Any) -> str:
    number = _number(value)
    return "–" if number is None else f"{number:.4g}"


def _table(history: Sequence[Row]) -> str:
    columns = list(dict.fromkeys(key for row in history for key in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(dict(row) for row in history)
    return stream.getvalue()
