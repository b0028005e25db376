"""The templates of all pages, and how they print numbers and words."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import jinja2.bccache
from markupsafe import Markup

from pipeline.page import facts, wording

_EMPTY_TIME = "<time></time>"
_TEMPLATES = Path(__file__).parent / "templates"


class _Compiled(jinja2.BytecodeCache):
    """The templates of this process, compiled once, which takes a fifth of the time of a page."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Gives jinja2 what it compiled before; it looks itself whether the source is the same."""
        if found := self.code.get(bucket.key):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keeps what jinja2 compiled."""
        self.code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def environment(of_task: Path | None = None) -> jinja2.Environment:
    """The templates with their filters; autoescape is on: what a table says is shown, never run.

    The folder `of_task` holds those of a task's own sections.
    """
    own = {"sections": jinja2.FileSystemLoader(of_task)} if of_task else {}
    templates = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(_TEMPLATES), jinja2.PrefixLoader(own)]),
        autoescape=True,
        bytecode_cache=_COMPILED,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {
        "shown": facts.shown_value,
        "printed": facts.printed,
        "p": facts.shown_p,
        "stated_p": facts.stated_p,
        "percent": wording.percent,
        "css_string": lambda words: Markup(css_string(words)),
        "with_code": with_code,
        "listed": wording.listed,
        "one_or_many": wording.one_or_many,
    }
    templates.globals["interval"] = facts.shown_interval
    return templates


def dated(undated: str, created: str) -> str:
    """The page with its one time element filled in: all else is a function of the inputs."""
    return undated.replace(
        _EMPTY_TIME, f'<time datetime="{created}">{created[:16].replace("T", " ")} UTC</time>', 1
    )


def css_string(words: str) -> str:
    """Words as a CSS string in which every character but letters, digits and spaces is escaped."""
    return '"' + re.sub(r"[^A-Za-z0-9 ]", lambda match: f"\\{ord(match[0]):06x}", words) + '"'


def with_code(sentence: str) -> Markup:
    """A sentence whose `words` between backticks are set as code, and whose numbers have the minus of tables.

    >>> with_code("Set `a.b -1` if 0.5 - 0.7 = -0.2 < y.")
    Markup('Set <span class="code">a.b -1</span> if 0.5 − 0.7 = −0.2 &lt; y.')
    """
    pieces = re.split(r"`([^`]+)`", sentence)
    return Markup("").join(
        Markup('<span class="code">{}</span>').format(piece) if place % 2 else with_minus(piece)
        for place, piece in enumerate(pieces)
    )


def with_minus(sentence: str) -> str:
    """Words with a true minus before and between numbers; hyphens and quoted words stay.

    >>> with_minus("low -1000, (-0.1 to 0.2), '-9', 2026-11-30, non-inferior")
    "low −1000, (−0.1 to 0.2), '-9', 2026-11-30, non-inferior"
    """
    return re.sub(r"(?<![^\s(\[])-(?=\d)|(?<=\d )-(?= [\d-])", facts.MINUS, sentence)
