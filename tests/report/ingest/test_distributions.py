"""How patients are counted, merged and binned; fewer than five are never told apart."""

from __future__ import annotations

from pipeline.report.ingest.distributions import spread


def people(first: int, count: int) -> set[str]:
    return {f"p{number}" for number in range(first, first + count)}


def told(chart: dict) -> list[tuple[str, int | None]]:
    return [(row["label"], row["patients"]) for row in (*chart["rows"], *chart["missing"])]


def test_a_word_held_by_fewer_than_five_patients_is_merged_with_the_other_rare_ones() -> None:
    values = {"B30F": people(0, 9), "LUNG": people(9, 4), "BONE": people(13, 4), "SOFT": people(17, 5)}
    chart = spread(values, people(0, 24))
    assert told(chart) == [("B30F", 9), ("SOFT", 5), ("2 other values", 8), ("not stated", None)]
    assert chart["kind"] == "bars"
    assert [row["share"] for row in chart["rows"]] == [9 / 24, 5 / 24, 8 / 24]


def test_a_rare_word_alone_is_not_named_and_not_counted() -> None:
    assert told(spread({"F": people(0, 7), "O": people(7, 1)}, people(0, 8))) == [
        ("F", 7),
        ("another value", None),
    ]


def test_a_patient_with_two_values_counts_for_both() -> None:
    assert told(spread({120.0: people(0, 6), 140.0: people(5, 5)}, people(0, 10))) == [("120", 6), ("140", 5)]


def test_numbers_stand_in_their_order_and_words_by_their_patients() -> None:
    numbers = spread({5.0: people(0, 9), 1.25: people(9, 5), 10.0: people(14, 6)}, people(0, 20))
    assert [label for label, _ in told(numbers)] == ["1.25", "5", "10"]
    words = spread({"A": people(0, 5), "B": people(5, 9)}, people(0, 14))
    assert [label for label, _ in told(words)] == ["B", "A"]


def test_one_value_in_all_patients_is_the_same_and_otherwise_a_bar() -> None:
    assert spread({"CHEST": people(0, 6)}, people(0, 6))["kind"] == "same"
    assert spread({"CHEST": people(0, 6)}, people(0, 7))["kind"] == "bars"


def test_where_no_value_is_shared_by_five_patients_nothing_is_told() -> None:
    values = {f"kernel {number}": people(4 * number, 4) for number in range(5)}
    assert spread(values, people(0, 20)) == {"kind": "few", "rows": [], "missing": []}


def test_many_numbers_make_round_bins_of_which_the_small_ones_hide_their_count() -> None:
    # 0.50 to 0.59 mm, ten patients each, but one patient at 0.53: (0.59 - 0.50) / 12 rounds up to 0.01
    values = {0.5 + number / 100: people(10 * number, 1 if number == 3 else 10) for number in range(10)}
    chart = spread(values, set().union(*values.values()))
    assert chart["kind"] == "histogram"
    assert told(chart)[0] == ("0.5 to 0.51", 10)
    assert told(chart)[3] == ("0.53 to 0.54", None)
    assert [patients for _, patients in told(chart)] == [10, 10, 10, None, 10, 10, 10, 10, 10, 10]


def test_ages_come_in_decades_however_few_there_are() -> None:
    chart = spread({39: people(0, 5), 40: people(5, 5), 61: people(10, 2)}, people(0, 12), step=10.0)
    assert told(chart) == [("30 to 40", 5), ("40 to 50", 5), ("50 to 60", 0), ("60 to 70", None)]


def test_a_far_outlier_does_not_stretch_the_bins() -> None:
    values = {float(number): people(10 * number, 10) for number in range(20)} | {1e6: people(500, 1)}
    chart = spread(values, set().union(*values.values()))
    assert told(chart)[-1] == ("18 to 20", 21)
