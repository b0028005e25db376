from __future__ import annotations

import pytest

from pipeline.cohort.findings import Finding
from pipeline.cohort.join import Join
from pipeline.cohort.labels import choose_classes, group_values, label_cases
from pipeline.errors import ConfigError, DataError
from pipeline.tables import Table


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{keys}: {message}")


def joined(*rows: tuple[str, str]) -> tuple[Table, Join]:
    """A table of scans and labels, joined row by row; a scan `-` is unknown."""
    table = Table(("scan", "label"), rows, tuple(range(2, len(rows) + 2)))
    cases = tuple(frozenset() if scan == "-" else frozenset({scan}) for scan, _ in rows)
    return table, Join("scan", "sop", cases)


MANY = [(f"c{number}", "well") for number in range(10, 20)]


def test_each_scan_gets_its_label() -> None:
    table, join = joined(("c1", "well"), ("c2", "sick"), ("c2", "sick"))
    labels = label_cases(table, "label", join=join, case_ids=["c1", "c2"])
    assert labels.of_case == {"c1": "well", "c2": "sick"}
    assert labels.exclusions == ()
    assert labels.findings == ()


def test_a_scan_without_row_or_label_is_left_out_with_its_reason() -> None:
    table, join = joined(("c1", "well"), ("c2", ""))
    labels = label_cases(table, "label", join=join, case_ids=["c1", "c2", "c3"])
    assert [(item.case_id, item.reason) for item in labels.exclusions] == [
        ("c2", "label_empty"),
        ("c3", "not_in_table"),
    ]
    assert labels.exclusions[0].detail == "no label in line 3 of the table"


def test_contradicting_rows_leave_the_scan_out_and_name_their_lines() -> None:
    table, join = joined(*MANY, ("c1", "well"), ("c1", "sick"))
    labels = label_cases(table, "label", join=join, case_ids=["c1", *(scan for scan, _ in MANY)])
    (exclusion,) = labels.exclusions
    assert exclusion.reason == "label_conflict"
    assert exclusion.detail == "labels 'sick' and 'well' in lines 12, 13 of the table"
    assert [finding.kind for finding in labels.findings if finding.case_ids == ("c1",)] == ["label_conflict"]


def test_many_contradictions_mean_the_wrong_column() -> None:
    table, join = joined(("c1", "well"), ("c1", "sick"), ("c2", "well"))
    with pytest.raises(DataError, match="gives 1 scans contradicting labels when joined by column 'scan'"):
        label_cases(table, "label", join=join, case_ids=["c1", "c2"])


def test_rows_without_scan_and_labels_without_scan_are_found() -> None:
    table, join = joined(("c1", "well"), ("-", "sick"), ("-", "odd"))
    labels = label_cases(table, "label", join=join, case_ids=["c1"])
    assert labels.findings == (
        Finding("label_without_scan", 2, "rows of the table that name no scan: lines 3, 4"),
        Finding("class_without_scan", 2, "labels that no scan has: 'odd' and 'sick'"),
    )


def test_a_table_without_labels_for_the_scans_is_refused() -> None:
    table, join = joined(("c1", ""))
    with pytest.raises(DataError, match="No scan has a label"):
        label_cases(table, "label", join=join, case_ids=["c1"])


def test_a_missing_target_column_names_the_nearest() -> None:
    table, join = joined(("c1", "well"))
    with pytest.raises(DataError, match=r"no column 'lable' \(did you mean 'label'\?\)"):
        label_cases(table, "lable", join=join, case_ids=["c1"])


def test_two_classes_stand_with_the_positive_last() -> None:
    assert choose_classes(["a", "b", "a"], "a", refuse=refuse) == ("b", "a")


def test_three_classes_stand_by_name() -> None:
    assert choose_classes(["c", "a", "b"], None, refuse=refuse) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("words", "positive", "sentence"),
    [
        (
            ["no", "yes"],
            None,
            "('cohort', 'positive'): 'positive' is missing: say which of 'no' and 'yes' is the finding looked for.",
        ),
        (
            ["no", "yes"],
            "yess",
            "('cohort', 'positive'): no labelled scan has the class 'yess' (did you mean 'yes'?).",
        ),
        (
            ["a", "b", "c"],
            "a",
            "('cohort', 'positive'): 'positive' is for two classes, the table has 3. Leave it out.",
        ),
    ],
)
def test_a_positive_that_does_not_fit_is_told(words: list[str], positive: str | None, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        choose_classes(words, positive, refuse=refuse)
    assert str(error.value) == sentence


def test_one_class_is_too_few() -> None:
    with pytest.raises(DataError, match="All labelled scans have the label 'no'"):
        choose_classes(["no", "no"], "yes", refuse=refuse)


def test_classes_that_differ_only_in_case_are_a_slip() -> None:
    with pytest.raises(DataError, match="labels 'No' and 'no' differ only in case"):
        choose_classes(["no", "yes", "No"], "yes", refuse=refuse)


def test_a_group_value_is_empty_where_rows_contradict_each_other() -> None:
    table, join = joined(("c1", "A"), ("c2", "A"), ("c2", "B"), ("c3", "B"))
    assert group_values(table, "label", join) == {"c1": "A", "c2": "", "c3": "B"}
