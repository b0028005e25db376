"""The pieces of YAML in the documentation, each tried as settings of an analysis that has what it leaves out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from small_project import PROJECT

from pipeline.checks import load_checked
from pipeline.config import Config, text
from pipeline.errors import ConfigError

PAGES = ("README.md", "docs/GUIDE.md", "docs/SETTINGS.md")
SECTIONS = {name for name in Config.model_fields if name != "name"}
BASE = {
    "classification": "cohort: {labels: labels.csv, target: finding}",
    "multilabel": "cohort: {labels: labels.csv, target: [edema, effusion]}",
    "regression": "cohort: {labels: labels.csv, target: size, unit: mm}\ncompare: {margin: 1, min_gain: 1}",
    "segmentation": "cohort: {}\ntrain: {model: unet}",
}
ALL = "normalize: [{resample: {spacing_mm: [1.0, 1.0]}}]\nreport: {title: An example}"
MASKS = {"structures": {"lung": 1}}


def examples() -> Iterator[tuple[str, str]]:
    """Each piece with its page: blocks, each alternative that stands in a comment, and sections in a line."""
    for page in PAGES:
        whole = (PROJECT / page).read_text(encoding="utf-8")
        for block in re.findall(r"^```yaml\n(.*?)^```", whole, re.MULTILINE | re.DOTALL):
            yield page, textwrap.dedent(block)
            yield from ((page, textwrap.dedent(other)) for other in alternatives(block))
        prose = re.sub(r"^```.*?^```", "", whole, flags=re.MULTILINE | re.DOTALL)
        inline = (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose))
        yield from ((page, code) for code in inline if is_section(code))


def is_section(code: str) -> bool:
    section, colon, _ = code.partition(": ")
    return bool(colon) and section in SECTIONS and not re.search("…|: NAME", code)


def alternatives(block: str) -> Iterator[str]:
    """The block with one key of a comment in the stead of what stands there by its name."""
    for given in re.findall(r"^ +# \w+: .*\n", block, re.MULTILINE):
        line = given.replace("# ", "", 1)
        key = line.strip().partition(":")[0]
        yield re.sub(rf"^ +{key}: .*\n", "", block, flags=re.MULTILINE).replace(given, line)


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The values of both, section by section; where both have a key, the other's."""
    both = {**one, **other}
    for key in one.keys() & other.keys():
        if isinstance(one[key], dict) and isinstance(other[key], dict):
            both[key] = {**one[key], **other[key]}
    return both


def refusal(values: dict[str, Any], task: str, folder: Path) -> str:
    """Why the values are no settings of an analysis of the task; empty where they are."""
    base = YAML(typ="safe").load(f"{BASE[task]}\n{ALL}")
    base |= {"task": task, "ingest": {"raw": "data/raw/study"}}
    if task == "segmentation":
        base["ingest"]["masks"] = MASKS
    path = folder / "study.yaml"
    path.write_text(text.written(merged(base, values)), encoding="utf-8")
    try:
        load_checked(path)
    except ConfigError as error:
        return str(error)
    return ""


EXAMPLES = list(examples())


@pytest.mark.parametrize(("page", "example"), EXAMPLES, ids=[example[:30] for _, example in EXAMPLES])
def test_each_example_is_taken_as_settings(page: str, example: str, tmp_path: Path) -> None:
    values = YAML(typ="safe").load(example)
    if not values.keys() <= SECTIONS:
        values = {"cohort": values}
    tasks = [values["task"]] if "task" in values else [*BASE]
    refusals = [refusal(values, task, tmp_path) for task in tasks]
    assert "" in refusals, f"{page}: {refusals}"
