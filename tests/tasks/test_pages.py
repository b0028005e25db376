"""What the page of every task names is there: sections, templates, charts, and neighbours side by side."""

from __future__ import annotations

import pytest

from pipeline.report import sections
from pipeline.report.environment import environment
from pipeline.report.figures import FIGURES
from pipeline.tasks.registry import TASKS, task_of

EVERY_TASK = pytest.mark.parametrize("name", sorted(TASKS))


@EVERY_TASK
def test_every_section_that_a_page_names_can_be_built_and_its_own_are_all_named(name: str) -> None:
    page = task_of(name).page
    named = [*page.IN_BRIEF, *page.TESTED, *page.INSIDE]
    assert len(set(named)) == len(named)
    assert set(named) <= {*sections.BUILDS, *page.SECTIONS}
    assert set(page.SECTIONS) <= set(named)


@EVERY_TASK
def test_a_task_has_a_template_for_each_of_its_sections_and_no_other(name: str) -> None:
    page = task_of(name).page
    templates = environment(page.TEMPLATES)
    assert {path.stem for path in page.TEMPLATES.glob("*.html")} == set(page.SECTIONS)
    for key in page.SECTIONS:
        assert templates.get_template(f"sections/{key}.html")


@EVERY_TASK
def test_no_task_takes_a_name_that_the_report_has(name: str) -> None:
    page = task_of(name).page
    assert not {*page.SECTIONS} & {*sections.BUILDS}
    assert not {*page.FIGURES} & {*FIGURES}
    shared = {template.removeprefix("sections/") for template in environment().list_templates()}
    assert not shared & {path.name for path in page.TEMPLATES.iterdir()}


@EVERY_TASK
def test_sections_side_by_side_stand_one_behind_the_other(name: str) -> None:
    page = task_of(name).page
    for left, right in page.PAIRED.items():
        at = list(page.TESTED).index(left)
        assert page.TESTED[at + 1] == right
