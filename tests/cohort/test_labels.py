from __future__ import annotations

import pytest

from pipeline.cohort.join import Join, KeyColumn
from pipeline.cohort.labels import Labels, Target, label_cases
from pipeline.config import Cohort
from pipeline.contracts.cohort import Notice
from pipeline.errors import ConfigError, DataError
from pipeline.tables import Table
from pipeline.tasks.classification.words import read_words
from pipeline.tasks.regression.target import reader as numbers_of


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{keys}: {message}")


def joined(*rows: tuple[str, str]) -> tuple[Table, Join]:
    """A table of scans and labels, joined row by row; a scan `-` is unknown."""
    table = Table(("scan", "label"), rows, tuple(range(2, len(rows) + 2)))
    cases = tuple(frozenset() if scan == "-" else frozenset({scan}) for scan, _ in rows)
    return table, Join((KeyColumn("scan", "sop"),), cases)


def labelled(table: Table, join: Join, case_ids: list[str], column: str = "label") -> Labels:
    words = read_words(table.column(column), {}, ())
    return label_cases(table, Target(column, words, refuse), join=join, case_ids=case_ids)


MANY = [(f"c{number}", "well") for number in range(10, 20)]


def test_each_scan_gets_its_label() -> None:
    table, join = joined(("c1", "well"), ("c2", "sick"), ("c2", "sick"))
    labels = labelled(table, join, ["c1", "c2"])
    assert labels.of_case == {"c1": "well", "c2": "sick"}
    assert labels.exclusions == ()
    assert labels.notices == ()


def test_a_scan_without_row_or_label_is_left_out_with_its_reason() -> None:
    table, join = joined(("c1", "well"), ("c2", ""))
    labels = labelled(table, join, ["c1", "c2", "c3"])
    assert [(item.case_id, item.reason) for item in labels.exclusions] == [
        ("c2", "label_empty"),
        ("c3", "not_in_table"),
    ]
    assert labels.exclusions[0].detail == "no label in line 3 of the table"


def test_contradicting_rows_leave_the_scan_out_and_name_their_lines() -> None:
    table, join = joined(*MANY, ("c1", "well"), ("c1", "sick"))
    labels = labelled(table, join, ["c1", *(scan for scan, _ in MANY)])
    (exclusion,) = labels.exclusions
    assert exclusion.reason == "label_conflict"
    assert exclusion.detail == "labels 'sick' and 'well' in lines 12, 13 of the table"
    assert [notice.kind for notice in labels.notices if notice.case_ids == ("c1",)] == ["label_conflict"]


def test_many_contradictions_mean_the_wrong_column() -> None:
    table, join = joined(("c1", "well"), ("c1", "sick"), ("c2", "well"))
    with pytest.raises(DataError, match="gives 1 scans contradicting labels when joined by column 'scan'"):
        labelled(table, join, ["c1", "c2"])


def test_rows_without_scan_and_labels_without_scan_are_found() -> None:
    table, join = joined(("c1", "well"), ("-", "sick"), ("-", "odd"))
    labels = labelled(table, join, ["c1"])
    assert labels.notices == (
        Notice("label_without_scan", 2, "rows of the table that name no scan: lines 3, 4"),
        Notice("class_without_scan", 2, "labels that no scan has: 'odd' and 'sick'"),
    )


def test_a_table_without_labels_for_the_scans_is_refused() -> None:
    table, join = joined(("c1", ""))
    with pytest.raises(DataError, match="No scan has a label"):
        labelled(table, join, ["c1"])


def test_a_word_for_a_missing_value_is_no_label_and_is_told_with_its_line() -> None:
    table, join = joined(*MANY, ("c1", "n/a"), ("c2", "?"), ("c3", "NaN"), ("c3", "well"))
    labels = labelled(table, join, ["c1", "c2", "c3"])
    assert labels.of_case == {"c3": "well"}
    assert [item.detail for item in labels.exclusions] == [
        "no label but 'n/a' in line 12 of the table",
        "no label but '?' in line 13 of the table",
    ]
    assert {item.reason for item in labels.exclusions} == {"label_empty"}
    (notice,) = [item for item in labels.notices if item.kind == "label_empty"]
    assert (notice.count, labels.missing) == (2, {"n/a": 1, "?": 1})


def test_a_decimal_comma_is_read_as_a_point_and_told() -> None:
    cells = [("c0", "20"), *((f"c{number}", f"{number},5") for number in range(1, 12))]
    table, join = joined(*cells)
    choices = Cohort(labels="labels.csv", target=("label",), unit="mm")
    numbers = numbers_of(table.column("label"), choices)
    labels = label_cases(
        table, Target("label", numbers, refuse), join=join, case_ids=[name for name, _ in cells]
    )
    assert (labels.of_case["c0"], labels.of_case["c3"]) == ("20", "3.5")
    (notice,) = labels.notices
    assert (notice.kind, notice.count) == ("decimal_comma", 11)


def test_words_are_judged_by_the_scans_that_were_read() -> None:
    table, join = joined(("c1", "well"), ("c2", "sick"), ("-", "Mass|Nodule"))
    assert labelled(table, join, ["c1", "c2"]).of_case == {"c1": "well", "c2": "sick"}


def test_a_cell_with_several_findings_is_named_by_its_line() -> None:
    table, join = joined(("c1", "Mass"), ("c2", "Mass|Nodule"))
    with pytest.raises(
        ConfigError, match=r"target.*\('Mass\|Nodule', line 3; 1 such cells\).*kind multilabel"
    ):
        labelled(table, join, ["c1", "c2"])


def test_words_that_the_classes_leave_out_are_asked_for() -> None:
    table, join = joined(("c1", "1"), ("c2", "0"), ("c3", "2"), ("c4", "2"))
    words = read_words(table.column("label"), {"sick": ["1"], "well": ["0"]}, ())
    with pytest.raises(
        ConfigError, match=r"doesn't say what these words mean: '2' 2\. .*`missing: \[\"2\"\]`"
    ):
        label_cases(table, Target("label", words, refuse), join=join, case_ids=["c1", "c2", "c3", "c4"])
