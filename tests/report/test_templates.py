"""Every template, of the report and of all tasks, before a word is filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline

TEMPLATES = sorted(Path(pipeline.__file__).parent.rglob("templates/**/*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=[f"{path.parts[-3]}-{path.stem}" for path in TEMPLATES])
def test_a_template_says_nothing_by_hover_alone_and_names_its_headers_and_pictures(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r'\stitle="', text), "a hover is not there on paper, on a phone, for a screen reader"
    assert [tag for tag in re.findall(r"<th[ >][^>]*>", text) if "scope=" not in tag] == []
    assert [tag for tag in re.findall(r"<img[^>]*>", text) if "alt=" not in tag] == []
