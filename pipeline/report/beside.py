"""The charts and tables of a report as files beside the page, for slides and spreadsheets.

Reads: the document alone. Writes: `figures/NAME.svg`, and `tables/SECTION-TABLE.csv` with every number in
full, its interval, method and n. Guarantees: no table of single cases, so what lies here is on the page, too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.contracts.report import FIGURES, TABLES
from pipeline.report import figures
from pipeline.tasks.modules import Page
from pipeline.writing import write_text

Json = Mapping[str, Any]
OF_CASES: Final = ("gallery", "lookalikes")
"""The sections whose rows are single cases, by pseudonym: they stay on the page."""
FIELDS: Final = (
    "value", "low", "high", "level", "numerator", "denominator", "patients", "positive_patients", "cases",
    "unit", "measured_in", "method", "rule", "part", "group", "target", "flag", "reason",
)  # fmt: skip
_SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def write(folder: Path, document: Json, page: Page) -> bool:
    """Whether a file changed; files of charts and tables that there are no more are removed."""
    drawn = {f"{name}.svg": chart for name, chart in _charts(document, page)}
    told = {f"{name}.csv": table for name, table in _tables(document)}
    figures_changed, tables_changed = _hold(folder / FIGURES, drawn), _hold(folder / TABLES, told)
    return figures_changed or tables_changed


def _charts(document: Json, page: Page) -> Iterator[tuple[str, str]]:
    for section in document["sections"]:
        for name, data in section["charts"].items():
            yield name, figures.chart(page, name, data).replace("<svg", _SVG, 1) + "\n"


def _tables(document: Json) -> Iterator[tuple[str, str]]:
    """Each table by the names of its section and its own, and a section's single numbers as `numbers`."""
    for section in document["sections"]:
        if section["key"] in OF_CASES:
            continue
        singles = [{"": fact} for fact in section["facts"].values()]
        for name, rows in {"numbers": singles, **section["tables"]}.items():
            lines = [line for row in rows for line in _lines(row)]
            if lines:
                yield f"{section['key']}-{name}", _csv(lines)


def _lines(row: Json) -> Iterator[dict[str, Any]]:
    """A line for each number of a row, beside the row's words."""
    words = {key: cell for key, cell in row.items() if isinstance(cell, str) and cell}
    for key, cell in row.items():
        if isinstance(cell, dict) and {"id", "value", "reason"} <= cell.keys():
            yield {**words, "number": key or cell["id"], **{field: cell.get(field) for field in FIELDS}}


def _csv(lines: list[dict[str, Any]]) -> str:
    words = dict.fromkeys(key for line in lines for key in line if key not in (*FIELDS, "number"))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*words, "number", *FIELDS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return stream.getvalue()


def _hold(folder: Path, texts: Mapping[str, str]) -> bool:
    """Whether the folder changed so that it holds these texts and no others."""
    here = sorted(path for path in folder.glob("*") if path.is_file())
    gone = [path for path in here if path.name not in texts]
    for path in gone:
        path.unlink()
    written = [write_text(folder / name, text) for name, text in sorted(texts.items())]
    return any(written) or bool(gone)
