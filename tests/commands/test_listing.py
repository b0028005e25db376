"""What there is of each axis: every entry of its registry, with every key."""

from __future__ import annotations

import pytest

from pipeline.arguments import LISTED
from pipeline.cli import main
from pipeline.commands.listing import AXES, run
from pipeline.ingest.formats.registry import FORMATS
from pipeline.ingest.reasons import REASONS
from pipeline.models import ARCHITECTURES, architecture
from pipeline.normalize.steps import STEPS
from pipeline.tasks.registry import TASKS

REGISTRIES = {
    "steps": STEPS,
    "models": ARCHITECTURES,
    "tasks": TASKS,
    "reasons": REASONS,
    "formats": ["dicom", *FORMATS],
}


def entries(axis: str) -> dict[str, list[str]]:
    """The lines of keys by the entry above them."""
    found: dict[str, list[str]] = {}
    for line in run(axis).lines:
        if line.startswith("    "):
            found[list(found)[-1]].append(line.strip())
        else:
            name, _, sentence = line.partition(" ")
            assert len(sentence.split()) > 1, name
            found[name] = []
    return found


def test_the_command_knows_every_axis() -> None:
    assert sorted(LISTED) == sorted(AXES) == sorted(REGISTRIES)


@pytest.mark.parametrize("axis", LISTED)
def test_every_entry_is_listed_by_name_with_a_sentence(axis: str) -> None:
    assert list(entries(axis)) == sorted(REGISTRIES[axis])


@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_key_of_a_step_is_listed(name: str) -> None:
    keys = [line.partition(":")[0] for line in entries("steps")[name]]
    assert keys == list(STEPS[name].Parameters.model_fields)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_key_of_a_network_is_listed(name: str) -> None:
    keys = [line.partition(":")[0] for line in entries("models")[name]]
    assert keys == list(architecture(name).Parameters.model_fields)


def test_defaults_are_shown_and_a_key_without_one_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "models"]) == 0
    assert "    width: 16\n" in capsys.readouterr().out
    assert entries("steps")["resize"] == ["shape: !"]
    assert entries("steps")["percentile_clip"] == ["low: 0.5", "high: 99.5"]


def test_another_word_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "step"]) == 2
    assert "did you mean 'steps'?" in capsys.readouterr().err
