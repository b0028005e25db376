"""The report as one HTML page: a pure function of report.json and the pictures.

Templates word and lay out; numbers, charts and pictures come from the document. Autoescape is on: what
a table or a configuration says is shown, never run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from pipeline.report import facts, figures, pictures

EMPTY_TIME = "<time></time>"
TEMPLATES = Path(__file__).parent / "templates"

Json = dict[str, Any]
Arrays = Mapping[str, NDArray[np.generic]]


def html(document: Json, arrays: Arrays) -> str:
    """The page of a report document; `arrays` are the pictures of insights.npz by name."""
    environment = _environment()
    environment.globals["chart"] = lambda name, data: Markup(figures.chart(name, data))
    environment.globals["picture"] = lambda name, how="grey": _picture(arrays, name, how)
    return environment.get_template("report.html").render(document=document)


def dated(undated: str, created: str) -> str:
    """The page with its one time element filled in: all else is a function of the inputs."""
    return undated.replace(
        EMPTY_TIME, f'<time datetime="{created}">{created[:16].replace("T", " ")} UTC</time>', 1
    )


def text(template: str, document: Json) -> str:
    """The document in a template without HTML, such as the model card in Markdown."""
    environment = _environment()
    environment.autoescape = False
    return environment.get_template(template).render(document=document)


def index(entries: Json) -> str:
    """The page that lists generations and the candidate."""
    return _environment().get_template("index.html").render(page=entries)


def css_string(words: str) -> str:
    """Words as a CSS string in which every character but letters, digits and spaces is escaped."""
    return '"' + re.sub(r"[^A-Za-z0-9 ]", lambda match: f"\\{ord(match[0]):06x}", words) + '"'


def percent(share: float | None, digits: int = 0) -> str:
    """A share in per cent, as words have it."""
    return facts.EN_DASH if share is None else f"{100 * share:.{digits}f}\u202f%"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "shown": facts.shown_value,
        "printed": facts.printed,
        "p": facts.shown_p,
        "full": facts.full,
        "percent": percent,
        "css_string": lambda words: Markup(css_string(words)),
    }
    environment.globals["interval"] = facts.shown_interval
    return environment


def _picture(arrays: Arrays, name: str, how: str) -> str:
    if how == "kernels":
        return pictures.uri(pictures.kernel_sheet(np.asarray(arrays[name], dtype=np.float32)))
    grey = np.asarray(arrays[name], dtype=np.uint8)
    if how == "heat":
        return pictures.uri(pictures.heat_map(grey))
    if how == "with_heat":
        return pictures.uri(pictures.with_heat(grey, np.asarray(arrays[f"{name}_heat"], dtype=np.uint8)))
    return pictures.uri(grey)
