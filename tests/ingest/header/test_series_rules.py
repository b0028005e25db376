"""Rules that choose series: what they ask for, and what is told where they can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checks import load_checked
from pipeline.errors import ConfigError
from pipeline.ingest.header.series_rules import NUMBER_NAMES, WORD_NAMES, fitting_rule, open_rules, parse

YAML = """\
ingest:
  raw: raw
  select:
    thin:
      convolution_kernel: [b30f, Lung]
      slice_thickness: {at_most: 3}
      series_description: (?i)thorax
    first: {time_index: 0}
cohort: {labels: labels.csv, target: label}
normalize: [{z_score: {}}]
report: {title: A study}
"""


def rules(tmp_path: Path, yaml: str = YAML):
    (tmp_path / "study.yaml").write_text(yaml)
    config = load_checked(tmp_path / "study.yaml")
    return parse(config.ingest.select, config.refuse)


def test_what_a_header_does_not_say_is_left_open(tmp_path: Path) -> None:
    wanted = rules(tmp_path)
    assert open_rules(wanted, {}, "CT Thorax 1.5") == ["thin", "first"]
    assert open_rules(wanted, {}, "CT abdomen") == ["first"]
    assert open_rules(wanted, {"slice_thickness": 5.0}, "thorax") == ["first"]
    assert open_rules(wanted[:1], {"convolution_kernel": "LUNG", "slice_thickness": 3.0}, "thorax") == [
        "thin"
    ]
    assert open_rules(wanted[:1], {"convolution_kernel": "B70F"}, "thorax") == []


def test_a_case_fits_a_rule_by_all_its_conditions(tmp_path: Path) -> None:
    wanted = rules(tmp_path)
    thin = {"convolution_kernel": "B30F", "slice_thickness": 1.0}
    assert fitting_rule(wanted, {"thin", "first"}, thin) == "thin"
    assert fitting_rule(wanted, {"first"}, thin) == ""
    assert fitting_rule(wanted, {"thin", "first"}, {"slice_thickness": 1.0, "time_index": 0}) == "first"
    assert fitting_rule(wanted, {"thin", "first"}, {"slice_thickness": 1.0, "time_index": 1}) == ""


def test_one_of_several_words_is_enough(tmp_path: Path) -> None:
    wanted = rules(tmp_path, YAML.replace("first: {time_index: 0}", "axial: {image_type: AXIAL}"))
    assert fitting_rule(wanted, {"axial"}, {"image_type": "ORIGINAL\\PRIMARY\\AXIAL"}) == "axial"


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("slice_thickness:", "slice_thicknes:", 6, "unknown attribute 'slice_thicknes' (did you mean 'slice_thickness'?)"),
        ("[b30f, Lung]", "[b30f, Dr. Who]", 5, "'Dr. Who' is no word that `convolution_kernel` of a case can be"),
        ("{at_most: 3}", "thin", 6, "expected a number, or {at_least: number, at_most: number}"),
        ("{at_most: 3}", "{most: 3}", 6, "expected a number, or"),
        ("(?i)thorax", "'(thorax'", 7, "'(thorax' is not a regular expression"),
        ("{time_index: 0}", "0", 8, "ingest.select.first"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        rules(tmp_path, YAML.replace(old, new))
    assert f"study.yaml:{line}: " in str(caught.value)
    assert sentence in str(caught.value)


def test_the_guide_lists_every_attribute_of_rules() -> None:
    guide = (Path(__file__).parent.parent.parent.parent / "docs/GUIDE.md").read_text(encoding="utf-8")
    assert [name for name in (*WORD_NAMES, *NUMBER_NAMES) if f"`{name}`" not in guide] == []
