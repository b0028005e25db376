"""Tables made at random and by hand: a wrong column is never taken for the right one."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cohort.choice import find_join
from pipeline.cohort.join import Join, Known
from pipeline.errors import ConfigError, DataError
from pipeline.tables import Table

PEOPLE = [str(number) for number in range(1, 41)]
LABELS = dict(zip(PEOPLE, random.Random(3).choices(["yes", "no"], k=40), strict=True))
EVERYBODY = [LABELS[who] for who in PEOPLE]


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{'.'.join(map(str, keys))}: {message}")


def known(people: Sequence[str] = PEOPLE, *, stem: str = "scan-{}", accession: str = "acc-{}") -> Known:
    """A scan for each person, whose case_id is the patient ID; a pseudonym is the value with its kind."""
    index: dict[str, dict[str, frozenset[str]]] = {"patient": {}, "stem": {}, "accession": {}}
    for who in people:
        index["patient"][f"patient:{who}"] = frozenset({who})
        index["stem"][f"stem:{stem.format(who)}"] = frozenset({who})
        index["accession"][f"accession:{accession.format(who)}"] = frozenset({who})
    return Known(index, lambda kind, value: f"{kind}:{value}")


def table(unnamed: Sequence[str] = (), **columns: Sequence[object]) -> Table:
    rows = tuple(tuple(map(str, row)) for row in zip(*columns.values(), strict=True))
    return Table(tuple(columns), rows, tuple(range(2, len(rows) + 2)), frozenset(unnamed))


def find(labels: Table, scans: Known | None = None) -> Join:
    columns = [column for column in labels.columns if column != "label"]
    return find_join(labels, columns, value_columns=["label"], known=scans or known(), refuse=refuse)


def wrong(labels: Table, join: Join) -> int:
    """How many scans the join gives another label than theirs."""
    rows = zip(labels.column("label"), join.cases, strict=True)
    return sum(LABELS[case_id] != label for label, cases in rows for case_id in cases)


def shuffled(seed: int) -> list[str]:
    values = list(PEOPLE)
    random.Random(seed).shuffle(values)
    return values


def test_two_columns_that_contradict_each_other_are_refused_with_rows_and_lines() -> None:
    numbers = range(40)
    with pytest.raises(ConfigError) as error:
        find(table(["column 1"], **{"column 1": numbers, "id": PEOPLE, "label": EVERYBODY}))
    message = str(error.value)
    assert message.startswith(
        "cohort.id: two columns name scans and contradict each other: by 'id' (patient ID), "
    )
    assert "40 of 40 rows and 40 scans; by 'column 1' (patient ID), 39 of 40 rows and 39 scans." in message
    assert "`id: {column: id, names: patient}` or `id: {column: column 1, names: patient}`" in message


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "nr", "index", "row", "#", "lfd. Nr.", "count"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_running_number_is_never_chosen_even_alone(name: str, first: int) -> None:
    column = name or "column 1"
    with pytest.raises(ConfigError) as error:
        find(
            table(["column 1"] if not name else [], **{column: range(first, first + 40), "label": EVERYBODY})
        )
    assert "no column says for certain which scans it names" in str(error.value)
    assert "names: patient}`" in str(error.value)


@pytest.mark.parametrize("name", ["scan", "Image", "file no", "dicom"])
def test_a_running_number_is_no_name_of_a_file_against_a_column_of_ids(name: str) -> None:
    people, files = shuffled(5), known(stem="{}")
    with pytest.raises(ConfigError, match="contradict each other") as error:
        find(table(**{name: PEOPLE, "id": people, "label": [LABELS[who] for who in people]}), files)
    assert f"by '{name}'" in str(error.value) and "`id: {column: id, names: " in str(error.value)
    alone = table(**{name: PEOPLE, "label": EVERYBODY})
    assert wrong(alone, find(alone, files)) == 0


@pytest.mark.parametrize("values", [shuffled(4), [n for n in range(1, 41) if n % 3], range(3, 43)])
def test_nor_is_one_that_is_shuffled_or_has_gaps(values: Sequence[object]) -> None:
    with pytest.raises(ConfigError):
        find(table(age=values, label=EVERYBODY[: len(values)]))


def test_a_column_without_a_name_is_never_chosen_whatever_it_holds() -> None:
    names = [f"scan-{who}" for who in PEOPLE]
    with pytest.raises(ConfigError, match=r"`id: \{column: column 1, names: stem\}`"):
        find(table(["column 1"], **{"column 1": names, "label": EVERYBODY}))


def test_the_only_column_of_ids_is_taken_by_its_header() -> None:
    for header in ("id", "ID", "case_id", "caseId", "identifier"):
        join = find(table(**{header: PEOPLE, "label": EVERYBODY}))
        assert (join.column, join.kind) == (header, "patient")


def test_a_row_id_is_not_taken_where_another_column_may_identify() -> None:
    codes = [f"P-{who:>04}" for who in PEOPLE]  # the scans know these people by other IDs
    with pytest.raises(
        ConfigError, match=r"no column says for certain .* by 'id' \(patient ID\), 40 of 40 rows"
    ):
        find(table(id=PEOPLE, code=codes, label=EVERYBODY))


def test_a_header_that_says_what_is_named_decides_against_numbers_that_prove_nothing() -> None:
    labels = table(age=shuffled(4), patient_id=PEOPLE, label=EVERYBODY)
    assert find(labels).column == "patient_id"


def test_a_header_that_says_something_else_is_not_taken_for_a_patient() -> None:
    with pytest.raises(ConfigError, match="no column says for certain"):
        find(table(accession=PEOPLE, label=EVERYBODY))


def test_values_that_cannot_match_by_chance_need_no_header() -> None:
    labels = table(age=shuffled(4), x1=[f"scan-{who}" for who in PEOPLE], label=EVERYBODY)
    join = find(labels)
    assert (join.column, wrong(labels, join)) == ("x1", 0)


def test_two_columns_of_proofs_that_contradict_each_other_are_refused() -> None:
    scans = [f"scan-{who}" for who in PEOPLE]
    with pytest.raises(ConfigError, match=r"contradict each other: by 'file'.*by 'file_before'"):
        find(table(file=scans, file_before=scans[1:] + scans[:1], label=EVERYBODY))


def test_a_join_of_all_scans_goes_before_a_more_specific_one_of_some() -> None:
    files = [f"scan-{who}" if int(who) % 3 else "" for who in PEOPLE]
    join = find(table(file=files, patient=[f"P{who}" for who in PEOPLE], label=EVERYBODY), known_by_letters())
    assert (join.column, join.kind, join.reached) == ("patient", "patient", 40)


def known_by_letters() -> Known:
    """The scans of PEOPLE under patient IDs that no number is taken for."""
    scans = known()
    index = dict(scans.index)
    index["patient"] = {f"patient:P{who}": frozenset({who}) for who in PEOPLE}
    return Known(index, scans.pseudonym)


def test_few_rows_of_an_earlier_scan_do_not_contradict_a_proof_of_all() -> None:
    before = [f"acc-{int(who) + 1}" if int(who) < 10 else "" for who in PEOPLE]
    labels = table(accession=[f"acc-{who}" for who in PEOPLE], compared_with=before, label=EVERYBODY)
    assert find(labels).column == "accession"


def test_a_few_proofs_contradict_numbers_that_match_by_chance() -> None:
    files = [f"scan-{int(who) % 5 + 1}" if int(who) < 6 else f"elsewhere-{who}" for who in PEOPLE]
    with pytest.raises(ConfigError, match=r"contradict each other|no column says"):
        find(table(id=PEOPLE, file=files, label=EVERYBODY))


def test_the_same_values_as_two_kinds_are_refused_where_they_disagree() -> None:
    accessions = dict(zip(PEOPLE, shuffled(5), strict=True))
    index = dict(known().index)
    index["accession"] = {f"accession:{accessions[who]}": frozenset({who}) for who in PEOPLE}
    with pytest.raises(ConfigError) as error:
        find(table(id=PEOPLE, label=EVERYBODY), Known(index, known().pseudonym))
    assert "`id: {column: id, names: accession}`" in str(error.value)
    assert "`id: {column: id, names: patient}`" in str(error.value)


def test_leading_zeros_of_file_names_are_compared_with_patient_ids() -> None:
    order = dict(zip(PEOPLE, shuffled(6), strict=True))
    index = dict(known().index)
    index["stem"] = {f"stem:{order[who]:>03}": frozenset({who}) for who in PEOPLE}
    with pytest.raises(ConfigError, match=r"names: stem\}"):
        find(table(id=PEOPLE, label=EVERYBODY), Known(index, known().pseudonym))


def per_image(files: int) -> tuple[Known, Table]:
    """Ten people with two images each, one of them sick; the table names `files` images of them, and the person."""
    index: dict[str, dict[str, frozenset[str]]] = {"patient": {}, "stem": {}}
    for who in range(10):
        images = [f"{who}{side}" for side in "ab"]
        index["patient"][f"patient:P{who}"] = frozenset(images)
        index["stem"] |= {f"stem:s{image}": frozenset({image}) for image in images}
    named = sorted(index["stem"])[:files]
    rows = [
        (word.removeprefix("stem:"), f"P{word[6]}", "sick" if word.endswith("a") else "well")
        for word in named
    ]
    columns = dict(zip(("image", "person", "label"), zip(*rows, strict=True), strict=True))
    return Known(index, lambda kind, value: f"{kind}:{value}"), table(**columns)


@pytest.mark.parametrize("files", [20, 13])
def test_the_image_goes_before_its_patient_where_labels_are_of_images(files: int) -> None:
    scans, labels = per_image(files)
    join = find(labels, scans)
    assert (join.column, join.reached) == ("image", files)


def test_a_number_shortened_by_a_spreadsheet_is_hinted_at() -> None:
    with pytest.raises(DataError, match=r"The column 'accession' has numbers that a spreadsheet shortened"):
        find(table(accession=["2.02001E+15"], label=["yes"]))


@settings(max_examples=150)
@given(st.data())
def test_a_wrong_join_is_never_chosen_over_a_right_one(data: st.DataObject) -> None:
    """Right columns with or without gaps beside numbers of all kinds: right or refused, in any order."""
    draw = random.Random(data.draw(st.integers(0, 2**32)))
    rows = [
        *PEOPLE[: data.draw(st.integers(20, 40))],
        *map(str, range(41, 41 + data.draw(st.integers(0, 30)))),
    ]
    draw.shuffle(rows)
    makers = {
        "": lambda: range(len(rows)),
        "nr": lambda: range(1, len(rows) + 1),
        "age": lambda: [draw.randint(1, 90) for _ in rows],
        "weight": lambda: [draw.randint(1, 60) for _ in rows],
        "score": lambda: draw.sample(range(1, len(rows) + 1), len(rows)),
        "site": lambda: [draw.choice("AB") for _ in rows],
        "remark": lambda: [f"seen {draw.random()}" for _ in rows],
        "case": lambda: range(1, len(rows) + 1),
    }
    right = {
        "id": lambda: rows,
        "patient_id": lambda: rows,
        "key": lambda: [f"scan-{who}" for who in rows],
        "code": lambda: [who if draw.random() < 0.9 else "" for who in rows],
        "subject": lambda: [f"P-{who:>04}" for who in rows],  # right, but the scans spell it otherwise
    }
    others = data.draw(st.sets(st.sampled_from(list(makers)), max_size=4))
    names = data.draw(st.permutations([*others, data.draw(st.sampled_from(list(right)))]))
    columns = {name or "column 1": (makers | right)[name]() for name in names}
    labels = table(["column 1"], **columns, label=[LABELS.get(who, "yes") for who in rows])
    try:
        join = find(labels)
    except (ConfigError, DataError):
        return
    assert wrong(labels, join) == 0


@settings(max_examples=60)
@given(st.permutations(range(40)), st.permutations(["age", "patient_id", "site", "label"]))
def test_the_order_of_rows_and_columns_changes_no_label(rows: list[int], names: list[str]) -> None:
    columns = {"age": shuffled(7), "patient_id": PEOPLE, "site": ["A", "B"] * 20, "label": EVERYBODY}
    labels = table(**{name: [columns[name][row] for row in rows] for name in names})
    join = find(labels)
    given = {
        case_id: label
        for label, cases in zip(labels.column("label"), join.cases, strict=True)
        for case_id in cases
    }
    assert given == LABELS
