"""Which findings a cohort can ask for, and what is refused: with sentences whose advice ends well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import Cohort, load
from pipeline.errors import ConfigError, DataError, GateError
from pipeline.tables.words import as_yaml
from pipeline.tasks.classification import target as classification
from pipeline.tasks.multilabel import target
from pipeline.tasks.multilabel.labels import Labels
from pipeline.tasks.settings import require_settings

QUESTION = Labels(("edema", "mass", "drain"), ("drain", "mass", "edema"))


def choices(**keys: Any) -> Cohort:
    return Cohort.model_validate({"labels": "labels.csv", "target": ["edema", "mass"], **keys})


def listed(**keys: Any) -> Cohort:
    given = {"target": "findings", "separator": "|", "findings": ["Edema", "Mass"], **keys}
    return Cohort.model_validate({"labels": "labels.csv", **given})


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{'.'.join(map(str, keys))}: {message}")


def asked(cells: Sequence[str], cohort: Cohort) -> list[str]:
    """The values of cells that are read as a cohort reads them; raises what the reader refuses."""
    reader = target.reader(cells, cohort)
    values = [reader.value_of(cell) for cell in cells]
    counts = Counter(filter(None, values))
    reader.require(
        counts, cohort.column, cell_of=lambda value: f"line {values.index(value) + 2}", refuse=refuse
    )
    return values


def test_a_column_says_yes_no_or_nothing_in_many_words() -> None:
    cells = ["1|no", "TRUE|0.0", "positive|absent", "1.0|", "|N/A", "?|1", ""]
    assert asked(cells, choices()) == ["1|0", "1|0", "1|0", "1|", "", "|1", ""]


def test_a_third_word_is_refused_with_how_often_and_where_it_stands_first_and_the_advice_ends_well() -> None:
    cells = ["1|0", "maybe|0", "0|1", "maybe|1", "-1|0"]
    with pytest.raises(ConfigError) as error:
        asked(cells, choices())
    said = str(error.value)
    assert (
        "cohort.target: the column 'edema' has words that are neither yes nor no: 'maybe' 2, '-1' 1" in said
    )
    assert "(-1 often marks doubt, which is unknown only if you say so)" in said
    assert "line 3)" in said or "line 6)" in said
    words = as_yaml(["-1", "maybe"])
    assert f"`missing: {words}`" in said
    assert f"`classes: {{present: {words}}}`" in said
    assert asked(cells, choices(missing=["-1", "maybe"])) == ["1|0", "|0", "0|1", "|1", "|0"]
    assert asked(cells, choices(classes={"present": ["maybe"]}, missing=["-1"])) == [
        "1|0", "1|0", "0|1", "1|1", "|0",
    ]  # fmt: skip


def test_a_bar_in_a_cell_of_yes_and_no_is_refused_as_a_list() -> None:
    with pytest.raises(ConfigError, match=r"has a bar in a cell \('1\|0\|1' in one row, line 3\)"):
        asked(["1|0", "1|0|1"], choices())


def test_a_minus_is_nothing_unless_a_plus_stands_beside_it() -> None:
    assert asked(["1|-", "0|1"], choices()) == ["1|", "0|1"]
    with pytest.raises(ConfigError, match=r"'\+' 1"):
        asked(["+|-", "0|1"], choices())


def test_a_plus_and_a_minus_are_refused_with_the_line_that_reads_them() -> None:
    cells = ["+|-", "-|+"]
    with pytest.raises(ConfigError) as error:
        asked(cells, choices())
    assert asked(cells, choices(classes=advised(str(error.value))["classes"])) == ["1|0", "0|1"]


def test_numbers_of_many_levels_and_remarks_are_told_as_what_they_are() -> None:
    shares = [f"0.{number:02d}|1" for number in range(10, 20)]
    with pytest.raises(ConfigError, match=r"holds numbers with 10 levels \(0\.1 to 0\.19; first line 2\)"):
        asked(shares, choices())
    with pytest.raises(ConfigError, match=r"has 9 words that are neither .* Name a column of yes and no"):
        asked([f"seen by {name}|1" for name in "abcdefghi"], choices())


def test_a_finding_that_lacks_a_side_is_told_with_the_words_that_were_read_as_unknown() -> None:
    cells, cohort = ["x|1", "|0", "-|1", "x|0"], choices(classes={"present": ["x"]})
    with pytest.raises(DataError, match="Read as unknown: empty 1, '-' 1") as error:
        target.check(cells, cohort, cell_of=str, refuse=refuse)
    said = choices(classes=advised(str(error.value))["classes"])
    assert asked(cells, said) == ["1|1", "0|0", "0|1", "1|0"]


def advised(said: str) -> dict[str, Any]:
    """The last line of YAML that a sentence advises."""
    line = next(part for part in reversed(said.split("`")) if ": " in part and part[0].islower())
    return dict(yaml.safe_load(line))


def test_words_that_were_taken_for_unknown_are_told_unless_nobody_could_mean_another_thing() -> None:
    cells = {"none|1": 3, "-|0": 2, "1|": 4, "NaN|1": 5, "-1|0": 6}
    reader = target.reader(cells, choices(missing=["-1"]))
    (notice,) = reader.notices(cells)
    assert (notice.kind, notice.count) == ("finding_unknown", 5)
    assert notice.detail.startswith("scans in which 'edema' was read as unknown: 'none' 3, '-' 2 (")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"1|1": 5, "0|0": 3, "|1": 9}, "say the same"),
        ({"1|0": 5, "0|1": 3}, "say the opposite of each other"),
        ({"1|1": 5, "0|0": 2}, ""),
        ({"1|1": 50, "0|0": 30, "1|0": 1}, ""),
    ],
)
def test_one_finding_in_two_columns_is_told(cells: dict[str, int], words: str) -> None:
    notices = list(target.reader(cells, choices()).notices(cells))
    assert [notice.count for notice in notices] == ([8] if words else [])
    assert all(f"'edema' and 'mass' {words}, all" in notice.detail for notice in notices)


def test_a_list_as_a_program_writes_it_is_read() -> None:
    cells = ["['Edema', 'Mass']", '["Edema"]', "{Mass}", "('Mass',)", "No Finding"]
    assert asked(cells, listed(separator=",")) == ["1|1", "1|0", "0|1", "0|1", "0|0"]
    with pytest.raises(ConfigError, match=r"'\[\]' 1") as error:
        asked([*cells, "[]"], listed(separator=","))
    assert '`classes: {absent: ["[]"]}`' in str(error.value)
    assert asked(["[]", "['Mass']"], listed(separator=",", classes={"absent": ["[]"]})) == ["0|0", "0|1"]
    assert asked(["[]", "['Mass']"], listed(separator=",", missing=["[]"])) == ["", "0|1"]


def test_an_empty_list_says_that_nothing_is_there_only_where_the_yaml_says_so() -> None:
    assert asked(["Mass", ""], listed()) == ["0|1", ""]
    assert asked(["Mass", ""], listed(classes={"absent": [""]})) == ["0|1", "0|0"]


def test_a_cell_that_says_that_there_is_nothing_and_something_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"that there is one: 'No Finding\|Edema' \(1; first line 3\)"):
        asked(["Mass", "No Finding|Edema", "Normal"], listed())


def test_lists_parted_by_another_sign_are_refused_with_the_line_that_reads_them() -> None:
    cells = ["Edema;Mass", "Mass"]
    with pytest.raises(
        ConfigError, match=r"parts findings by \";\", as in 'Edema;Mass' \(first line 2\)"
    ) as error:
        asked(cells, listed())
    assert asked(cells, listed(**advised(str(error.value)))) == ["1|1", "0|1"]


def test_rows_that_list_a_finding_each_are_told_where_findings_are_lists() -> None:
    assert "write all of a scan into one cell: 'Edema|Mass'" in target.reader([], listed()).on_conflict
    assert target.reader([], choices()).on_conflict == ""


def test_what_a_list_names_is_there_and_the_rest_is_not() -> None:
    cells = ["Edema|Mass", "edema", " Mass ", "No Finding", "", "Mass|unknown"]
    assert asked(cells, listed()) == ["1|1", "1|0", "0|1", "0|0", "", "|1"]


def test_a_word_that_no_finding_has_is_refused_by_the_nearest_name_and_the_advice_ends_well() -> None:
    cells = ["Edema", "Maas|Edema", "Hernia"]
    with pytest.raises(ConfigError) as error:
        asked(cells, listed())
    said = str(error.value)
    assert "lists what is none of `findings`: 'Hernia' 1, 'Maas' 1" in said
    assert "`classes: {absent: [Hernia, Maas]}`" in said
    assert asked(cells, listed(classes={"absent": ["Hernia", "Maas"]})) == ["1|0", "1|0", "0|0"]
    assert asked(cells, listed(findings=["Edema", "Maas", "Hernia"])) == ["1|0|0", "1|1|0", "0|0|1"]


def test_rows_of_one_scan_agree_where_none_contradicts_another_in_a_finding() -> None:
    reader = target.reader([], choices())
    assert reader.agreed(["1|", "|0"]) == "1|0"
    assert reader.agreed(["1|0", "1|1"]) is None
    assert reader.in_words("1|") == "edema yes, mass unknown"


@pytest.mark.parametrize(
    ("counts", "what"),
    [
        ({"1|0": 3, "0|0": 4}, "'mass' is in none of the scans (0 with it, 7 without, 2 unknown)"),
        ({"1|1": 3, "0|1": 4}, "'mass' is in all scans (7 with it, 0 without, 2 unknown)"),
        ({"1|": 3, "0|": 4}, "'mass' is unknown in all scans (0 with it, 0 without, 9 unknown)"),
    ],
)
def test_a_finding_that_nobody_has_or_everybody_or_nobody_knows_is_refused(
    counts: dict[str, int], what: str
) -> None:
    with pytest.raises(DataError) as error:
        target.question(counts, choices(), missing={"": 2}, refuse=refuse)
    assert what in str(error.value)


def test_the_question_orders_patients_by_the_rarest_finding() -> None:
    question = target.question({"1|0": 9, "1|1": 2, "0|0": 5}, choices(), missing={}, refuse=refuse)
    assert question == Labels(("edema", "mass"), ("mass", "edema"))
    assert target.stratum(["1|0", "1|1"], question) == "mass"
    assert target.stratum(["1|0"], question) == "edema"
    assert target.stratum(["0|0", "0|"], question) == ""


def test_a_part_counts_what_is_there_and_tells_of_how_many_it_is_known() -> None:
    values = ["1|0|", "1|1|0", "0|0|1"]
    assert target.counts(values, QUESTION) == {"edema": 2, "mass": 1, "drain": 1}
    assert target.in_words(values, QUESTION) == "edema 2, mass 1, drain 1 of 2 known"
    assert target.described("1||0", QUESTION) == {"label edema": "present", "label drain": "absent"}


def test_training_needs_both_sides_of_every_finding_the_other_parts_of_one() -> None:
    patients = {"a": "1|1|0", "b": "0|0|1", "c": "1|0|0", "d": "0|0|0", "e": "0|1|0", "f": "0|0|0"}
    values = {name: {value} for name, value in patients.items()}
    part_of = dict(zip(patients, ("train", "train", "validation", "validation", "test", "test"), strict=True))
    target.require_parts(part_of, values, QUESTION, one_vote=True, advice="draw anew")
    with pytest.raises(DataError, match=r"The train part .* with and without 'drain' .* or draw anew"):
        target.require_parts(part_of, values | {"b": {"0|0|"}}, QUESTION, one_vote=True, advice="draw anew")
    with pytest.raises(DataError, match=r"The test part .* with and without any finding"):
        target.require_parts(part_of, values | {"e": {"0|0|0"}}, QUESTION, one_vote=True, advice="draw anew")


def test_two_models_of_other_findings_are_told_apart() -> None:
    assert target.same(QUESTION, Labels(QUESTION.names, QUESTION.names))
    with pytest.raises(GateError, match="looks for edema, mass, drain, the candidate for edema, mass"):
        target.require_same(QUESTION, Labels(("edema", "mass"), ("mass", "edema")))
    with pytest.raises(GateError, match="Put their order below `cohort:` back"):
        target.require_same(QUESTION, Labels(QUESTION.names[::-1], QUESTION.names))


def test_the_lines_that_a_classification_advises_for_lists_read_them() -> None:
    cells = ["Mass|Edema", "Mass", "No Finding", "Edema", ""]
    with pytest.raises(ConfigError) as error:
        question_of_classes(cells)
    lines = [part for part in str(error.value).split("`") if part.startswith(("separator", "findings"))]
    given = yaml.safe_load("\n".join(lines))
    assert given == {"separator": "|", "findings": ["Edema", "Mass"]}
    assert asked(cells, listed(**given)) == ["1|1", "0|1", "0|0", "1|0", ""]


def question_of_classes(cells: Sequence[str]) -> None:
    """Raises what a classification says of the column."""
    words = classification.reader(cells, choices(target="findings"))
    counts = Counter(filter(None, map(words.value_of, cells)))
    words.require(counts, "findings", cell_of=lambda word: f"the cell of {word}", refuse=refuse)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"target": ["edema", "mass"]}, ""),
        ({"target": "findings", "separator": "|", "findings": ["edema", "mass"]}, ""),
        ({"target": "edema"}, "several findings are asked for, and one is named"),
        ({"target": "findings", "separator": "|"}, r"need one column .*`separator`.*`findings`"),
        ({"target": "findings", "findings": ["edema", "mass"]}, "Say all three"),
        ({"target": ["a", "b"], "separator": "|", "findings": ["edema", "mass"]}, "Say all three"),
        ({"target": ["edema", "Edema "]}, "the finding 'edema' is named twice"),
        (
            {"target": ["edema", "mass"], "classes": {"yes": ["ja"]}},
            "of several findings `classes` has the keys `present` and `absent`",
        ),
        ({"target": ["edema", "mass"], "unit": "mm"}, "'cohort.unit' is a key of `task: regression`"),
    ],
)
def test_findings_are_named_in_one_of_two_ways(tmp_path: Path, lines: dict[str, Any], message: str) -> None:
    path = tmp_path / "study.yaml"
    cohort = {"labels": "labels.csv", **lines}
    content = {
        "task": "multilabel", "ingest": {"raw": "raw"}, "cohort": cohort, "normalize": [{"z_score": {}}],
        "report": {"title": "Study"},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(content))
    if not message:
        require_settings(load(path))
        return
    with pytest.raises(ConfigError, match=message):
        require_settings(load(path))


def test_the_whole_table_is_checked_before_the_scans_are_read() -> None:
    def cell_of(row: int) -> str:
        return f"line {row + 2}"

    target.check(["1|0", "0|1", "|"], choices(), cell_of=cell_of, refuse=refuse)
    with pytest.raises(ConfigError, match=r"'maybe' 1 \(first line 3\)"):
        target.check(["1|0", "maybe|1"], choices(), cell_of=cell_of, refuse=refuse)
    with pytest.raises(DataError, match="'mass' is in none of the rows of the table"):
        target.check(["1|0", "0|0"], choices(), cell_of=cell_of, refuse=refuse)
