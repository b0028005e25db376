"""Every template, of the report and of all tasks, before a word is filled in."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

import pipeline
from pipeline.report.environment import environment

TEMPLATES = sorted(Path(pipeline.__file__).parent.rglob("templates/**/*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=[f"{path.parts[-3]}-{path.stem}" for path in TEMPLATES])
def test_a_template_says_nothing_by_hover_alone_and_names_its_headers_and_pictures(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r'\stitle="', text), "a hover is not there on paper, on a phone, for a screen reader"
    assert [tag for tag in re.findall(r"<th[ >][^>]*>", text) if "scope=" not in tag] == []
    assert [tag for tag in re.findall(r"<img[^>]*>", text) if "alt=" not in tag] == []


def test_a_template_is_compiled_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    environment().get_template("index.html")

    def compiled(*arguments: object, **more: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(jinja2.Environment, "compile", compiled)
    environment().get_template("index.html")
