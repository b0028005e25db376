"""The arrow is stated once: the Makefile, the command line and the configuration say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline
from pipeline import arguments
from pipeline.arrow import ARROW, STAGES
from pipeline.config import SECTIONS, Config

MAKEFILE = (Path(pipeline.__file__).parent.parent / "Makefile").read_text()
BESIDE = {"inputs", "settings", "pictures"}
"""Files beside the sections': the tables that the cohort reads, what a plan is about, what pictures need."""


def prerequisites(name: str) -> tuple[str, str]:
    """What the stage is made from, and what must be there before it, as the Makefile says."""
    [rule] = re.findall(rf"^\$\(S\)/{name}\.checked: (.*)$", MAKEFILE, re.MULTILINE)
    before, _, order = rule.partition("|")
    return before, order


def test_the_command_line_and_the_configuration_have_the_stages_in_their_order() -> None:
    commands = [name for name in arguments.commands() if name in ARROW]
    assert tuple(commands) == STAGES == SECTIONS
    assert [name for name in Config.model_fields if name in ARROW] == list(STAGES)


def test_every_stage_reads_stages_before_it() -> None:
    for name, stage in ARROW.items():
        before = STAGES[: STAGES.index(name)]
        assert set(stage.reads) | set(stage.waits_for) <= set(before)
        assert len(stage.reads) == len(set(stage.reads))


@pytest.mark.parametrize("name", STAGES)
def test_make_makes_a_stage_from_what_it_reads(name: str) -> None:
    before, order = prerequisites(name)
    stage = ARROW[name]
    assert set(re.findall(r"\$\(S\)/(\w+)\.json", before)) == set(stage.reads)
    assert set(re.findall(r"\$\(C\)/(\w+)\.json", before)) - BESIDE == set(stage.sections)
    assert ("$(CHAMPION)" in before) == stage.asks_champion
    waited = {f"$(CANDIDATE)/{ARROW[gate].writes[0]}" for gate in stage.waits_for}
    others = {f"$(CANDIDATE)/{ARROW[read].writes[0]}" for read in stage.reads}
    assert waited <= set(order.split()) <= waited | others


@pytest.mark.parametrize("name", STAGES)
def test_a_target_of_make_bears_the_stages_name_help_and_first_output(name: str) -> None:
    stage = ARROW[name]
    assert re.search(rf"^## {name}( \[.*\])?: {re.escape(stage.does)}( \(.*\))?$", MAKEFILE, re.MULTILINE)
    [target] = re.findall(rf"^{name}: (\S+)$", MAKEFILE, re.MULTILINE)
    place, _, written = stage.writes[0].rpartition(":")
    assert target == (f"$(S)/{written}" if place else f"$(CANDIDATE)/{written}")


@pytest.mark.parametrize("name", STAGES)
def test_make_brings_back_what_people_take_from_a_stage(name: str) -> None:
    place, _, written = ARROW[name].writes[0].rpartition(":")
    if not place:
        assert f"$(CANDIDATE)/{written}: STAGE = {name}\n" in MAKEFILE
        assert f"$(CANDIDATE)/{written}: $(S)/{name}.json\n" in MAKEFILE


def test_make_knows_no_other_stage() -> None:
    assert set(re.findall(r"^\$\(S\)/(\w+)\.checked:", MAKEFILE, re.MULTILINE)) == set(STAGES)
