"""What the local page shows: the table of cases, a case with its slices, the sheet for the pixel review."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.commands.case import run as files_of
from pipeline.commands.look.table import Row, ordered, rows_of
from pipeline.config import Config
from pipeline.contracts import insights, predictions
from pipeline.errors import UsageError
from pipeline.pixel_review import digest_of, doubtful, last, token_of
from pipeline.pixel_text import hidden_because
from pipeline.printed import YOUR_NAME, make
from pipeline.records import Case, sides
from pipeline.report.environment import environment
from pipeline.report.ingest.tiles import middle_slice
from pipeline.report.pictures import with_heat
from pipeline.report.png import png
from pipeline.report.scan_pictures import scale_bar
from pipeline.units import ARBITRARY
from pipeline.windows import in_grey, window
from pipeline.workspace import Workspace

Query = Mapping[str, Sequence[str]]
HTML: Final = "text/html; charset=utf-8"
PNG: Final = "image/png"
MOST_ROWS: Final = 500  # a choice: what a browser lays out at once
MOST_TILES: Final = 240  # of a sheet, a choice: each tile is a picture that the page loads


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int
    body: str | bytes
    kind: str = "text/plain; charset=utf-8"


NOT_FOUND: Final = Answer(404, "There is no such page.")


class Looker:
    """Answers for one analysis; the catalogue and the predictions are read once."""

    def __init__(self, config: Config, workspace: Workspace) -> None:
        self._config, self._workspace = config, workspace
        self._voxels, self._pages = Shards(workspace.cases), environment()
        self._answers: dict[str, Callable[[tuple[str, ...], Query, str], Answer]] = {
            "case": self._case, "files": self._files, "slice": self._slice, "heat": self._heat,
            "tile": self._tile, "review": self._review,
        }  # fmt: skip

    def require_cases(self) -> None:
        """Nothing, if there is a case to look at. Raises UsageError before the first ingest."""
        if not self._workspace.catalogue.is_file() or not self._cases:
            raise UsageError(f"There is no scan to look at yet. Run `{make('ingest')}` first.")

    def answer(self, path: tuple[str, ...], query: Query, *, root: str) -> Answer:
        """The page or picture at a path behind the token; `root` is what addresses begin with."""
        if not path:
            return self._table(query, root)
        known = self._answers.get(path[0])
        return known(path[1:], query, root) if known else NOT_FOUND

    @cached_property
    def _cases(self) -> dict[str, Case]:
        with Catalogue(self._workspace.catalogue) as catalogue:
            return {case.case_id: case for case in catalogue.cases()}

    @cached_property
    def _rows(self) -> list[Row]:
        folder = self._workspace.candidate
        told = predictions.FILE.rows(folder) if predictions.FILE.path(folder).is_file() else []
        return rows_of(self._cases, told)

    @cached_property
    def _pictured(self) -> Mapping[str, str]:
        """The picture of each case that the report's gallery shows."""
        found = insights.FILE.find(self._workspace.candidate)
        items = found.gallery.items if found else ()
        return {item.case_id: item.picture for item in items if item.picture}

    def _table(self, query: Query, root: str) -> Answer:
        sort, falling = _one(query, "sort", "wrong"), _one(query, "falling", "1") == "1"
        rows = ordered(self._rows, sort, falling=falling)
        words = {"rows": rows[:MOST_ROWS], "all": len(rows), "sort": sort, "falling": falling}
        words |= {"evaluated": any(row.truth for row in rows), "report": make("report")}
        return self._page("look.html", root, **words)

    def _case(self, path: tuple[str, ...], query: Query, root: str) -> Answer:
        case = self._named(path)
        if case is None:
            return NOT_FOUND
        voxels = self._volume(case)
        index = int(_number(query, "slice", len(voxels) // 2 + 1, low=1, high=len(voxels)))
        low, high = self._window(case, voxels[index - 1], query)
        across = None if case.geometry.spacing_kind == "pixels" else case.geometry.spacing[-1]
        row = next((row for row in self._rows if row.case_id == case.case_id), None)
        return self._page(
            "look_case.html", root, case=case, row=row, slice=index, slices=len(voxels), low=low, high=high,
            unit="" if case.value_unit == ARBITRARY else case.value_unit, sides=sides(case.geometry),
            heat=case.case_id in self._pictured, step=max(1, len(voxels) // 20),
            bar=scale_bar(max(voxels.shape[1:]), across),
        )  # fmt: skip

    def _files(self, path: tuple[str, ...], query: Query, root: str) -> Answer:
        case = self._named(path)
        if case is None:
            return NOT_FOUND
        lines = list(files_of(self._config, self._workspace, case.case_id))
        return self._page("look_files.html", root, case=case, lines=lines)

    def _slice(self, path: tuple[str, ...], query: Query, root: str) -> Answer:
        case = self._named(path)
        if case is None:
            return NOT_FOUND
        voxels = self._volume(case)
        plane = voxels[int(_number(query, "slice", 1, low=1, high=len(voxels))) - 1]
        low, high = self._window(case, plane, query)
        return Answer(200, png(in_grey(plane.astype(np.float32), (low, high))), PNG)

    def _heat(self, path: tuple[str, ...], query: Query, root: str) -> Answer:
        name = self._pictured.get(path[0]) if len(path) == 1 else None
        if name is None:
            return NOT_FOUND
        stored = insights.pictures(self._workspace.candidate)
        grey, heat = (np.asarray(stored[each], dtype=np.uint8) for each in (name, f"{name}_heat"))
        return Answer(200, png(with_heat(grey, heat)), PNG)

    def _tile(self, path: tuple[str, ...], query: Query, root: str) -> Answer:
        case = self._named(path)
        if case is None:
            return NOT_FOUND
        plane, _ = middle_slice(case, self._voxels.read(case.stored))
        return Answer(200, png(in_grey(plane, window(case, plane))), PNG)

    def _review(self, path: tuple[str, ...], query: Query, root: str) -> Answer:
        """Every image whose pixels might carry text, in sheets: what a person looks through."""
        unsure = doubtful(self._cases.values())
        said = last(self._workspace)
        sheets = max(1, math.ceil(len(unsure) / MOST_TILES))
        sheet = int(_number(query, "sheet", 1, low=1, high=sheets))
        shown = unsure[(sheet - 1) * MOST_TILES : sheet * MOST_TILES]
        return self._page(
            "look_review.html", root, cases=shown, all=len(unsure), sheet=sheet, sheets=sheets,
            reviewed=self._config.ingest.pixel_text == "reviewed",
            said=said if said is not None and said.digest == digest_of(unsure) else None,
            review=make("review", {"REVIEWER": YOUR_NAME, "SEEN": token_of(unsure)}),
            told=[case.case_id for case in unsure if hidden_because(case, reviewed=True)],
        )  # fmt: skip

    def _named(self, path: tuple[str, ...]) -> Case | None:
        return self._cases.get(path[0]) if len(path) == 1 else None

    def _volume(self, case: Case) -> NDArray[Any]:
        """The native voxels, `(slices, rows, columns)`; colours by their mean."""
        array = self._voxels.read(case.stored)
        array = array.mean(axis=-1) if case.channels > 1 else array
        return array if array.ndim == 3 else array[np.newaxis]  # (1, rows, columns)

    def _window(self, case: Case, plane: NDArray[Any], query: Query) -> tuple[float, float]:
        low, high = window(case, plane.astype(np.float32))
        return _number(query, "low", low), _number(query, "high", high)

    def _page(self, template: str, root: str, **words: Any) -> Answer:
        body = self._pages.get_template(template).render(root=root, name=self._workspace.name, **words)
        return Answer(200, body, HTML)


def _one(query: Query, name: str, default: str) -> str:
    return query.get(name, [default])[0]


def _number(query: Query, name: str, default: float, *, low: float = -1e9, high: float = 1e9) -> float:
    """The number asked for, kept within bounds; the default where what was asked is none."""
    try:
        asked = float(_one(query, name, ""))
    except ValueError:
        return default
    return min(max(asked, low), high) if math.isfinite(asked) else default
