"""The report as one HTML page: a pure function of report.json and the pictures.

Templates, of the report and of the task, word and lay out; numbers, charts and pictures come from the
document. Autoescape is on: what a table or a configuration says is shown, never run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from pipeline.bits import Bits, of_bit
from pipeline.page.axis import Axis, axis
from pipeline.report import figures, pictures
from pipeline.report.environment import environment
from pipeline.report.png import uri
from pipeline.tasks.metric import Metric
from pipeline.tasks.registry import task_of

Json = dict[str, Any]
Arrays = Mapping[str, NDArray[np.generic]]


def html(document: Json, arrays: Arrays) -> str:
    """The page of a report document; `arrays` are the pictures of insights.npz by name."""
    task = task_of(document["task"])
    page = task.page
    templates = environment(page.TEMPLATES)
    templates.globals["chart"] = lambda name, data: Markup(figures.chart(page, name, data))
    templates.globals["axis"] = partial(_axis, task.measures.METRICS)
    templates.globals["paired"] = page.PAIRED
    templates.globals["borders"] = lambda name, of: _borders(arrays, name, of)
    templates.globals["borders_size"] = lambda name: arrays[f"{name}_truth"].shape
    templates.globals["picture"] = lambda name, how="grey": _picture(arrays, name, how)
    templates.globals["heat_scale"] = lambda: uri(pictures.heat_scale())
    return templates.get_template("report.html").render(document=document)


def text(template: str, document: Json) -> str:
    """The document in a template without HTML, such as the model card in Markdown."""
    templates = environment()
    templates.autoescape = False
    return templates.get_template(template).render(document=document)


def index(entries: Json) -> str:
    """The page that lists generations and the candidate, with the headline of each on one axis."""
    rows = [entries["candidate"], *entries["generations"]]
    return environment().get_template("index.html").render(page=entries, scale=_scale(rows))


def all_analyses(rows: Sequence[Json]) -> str:
    """The page that lists all analyses."""
    return environment().get_template("analyses.html").render(rows=rows)


def _scale(rows: Sequence[Json]) -> Axis | None:
    """The axis that holds the headlines of one metric, the newest; None without a number."""
    known = [row for row in rows if row["task"] and row["headline"]["value"] is not None]
    if not known:
        return None
    alike = [row["headline"] for row in known if row["metric"] == known[0]["metric"]]
    values = [fact[end] for fact in alike for end in ("value", "low", "high")]
    return axis(task_of(known[0]["task"]).measures.METRICS[known[0]["metric"]], values, most_ticks=6)


def _axis(
    metrics: Mapping[str, Metric],
    fact: Json,
    others: Iterable[float | None],
    *,
    margin: float = 0.0,
    most_ticks: int = 11,
) -> Axis:
    """The axis of the fact's metric that holds its value, its interval and the others."""
    values = (fact["value"], fact["low"], fact["high"], *others)
    return axis(metrics[fact["id"]], values, margin=margin, most_ticks=most_ticks)


def _borders(arrays: Arrays, name: str, of: str) -> list[str]:
    """The borders of each structure that `of` ("truth" or "said") marks on a picture, as paths of an SVG."""
    bits: Bits = np.asarray(arrays[f"{name}_{of}"], dtype=np.uint32)
    marked = (of_bit(bits, bit) for bit in range(8 * bits.dtype.itemsize))
    return [pictures.borders(each) for each in marked if each.any()]


def _picture(arrays: Arrays, name: str, how: str) -> str:
    if how == "kernels":
        return uri(pictures.kernel_sheet(np.asarray(arrays[name], dtype=np.float32)))
    grey = np.asarray(arrays[name], dtype=np.uint8)
    if how == "heat":
        return uri(pictures.heat_map(grey))
    if how == "with_heat":
        return uri(pictures.with_heat(grey, np.asarray(arrays[f"{name}_heat"], dtype=np.uint8)))
    return uri(grey)
