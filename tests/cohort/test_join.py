from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pipeline.cohort.choice import find_join
from pipeline.cohort.join import Join, KeyColumn, Known, join_by
from pipeline.errors import ConfigError, DataError
from pipeline.tables import Table


def known(scans: Mapping[str, Mapping[str, str]], folder: str = "") -> Known:
    """Scans by case_id with their identifiers; a pseudonym is the value with its kind."""
    index: dict[str, dict[str, frozenset[str]]] = {}
    for case_id, identifiers in scans.items():
        for kind, value in identifiers.items():
            words = index.setdefault(kind, {})
            words[f"{kind}:{value}"] = words.get(f"{kind}:{value}", frozenset()) | {case_id}
    return Known(index, lambda kind, value: f"{kind}:{value}", folder)


def table(**columns: list[str]) -> Table:
    rows = tuple(zip(*columns.values(), strict=True))
    return Table(tuple(columns), rows, tuple(range(2, len(rows) + 2)))


def search(scans: Mapping[str, Mapping[str, str]], labels: Table, folder: str = "") -> Join:
    columns = [column for column in labels.columns if column != "label"]
    value_columns = [column for column in labels.columns if column == "label"]
    return find_join(labels, columns, value_columns=value_columns, known=known(scans, folder), refuse=refuse)


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{keys}: {message}")


TWO = {
    "c1": {"sop": "1.1", "patient": "A", "path": "A/x.dcm", "name": "x.dcm", "stem": "x"},
    "c2": {"sop": "1.2", "patient": "A", "path": "A/y.dcm", "name": "y.dcm", "stem": "y"},
}


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        (["1.1", "1.2"], "sop", "joined by column 'key' (SOP instance UID): 2 of 2 rows"),
        (["A/x.dcm", "A/y.dcm"], "path", "joined by column 'key' (path of the file): 2 of 2 rows"),
        (["x.dcm", "z.dcm"], "name", "joined by column 'key' (name of the file): 1 of 2 rows"),
        (["x", "y"], "stem", "joined by column 'key' (name of the file without its ending): 2 of 2 rows"),
    ],
)
def test_the_column_and_what_it_names_are_found_and_said(values: list[str], kind: str, sentence: str) -> None:
    join = search(TWO, table(remark=["good", "good"], key=values))
    assert (join.column, join.kind) == ("key", kind)
    assert join.sentence() == sentence


def test_a_patient_id_names_all_scans_of_the_patient() -> None:
    join = search(TWO, table(key=["A", "B"]))
    assert join.kind == "patient"
    assert join.cases == (frozenset({"c1", "c2"}), frozenset())


def test_of_two_good_columns_the_more_specific_wins() -> None:
    join = search(TWO, table(patient=["A", "A"], uid=["1.1", "1.2"]))
    assert (join.column, join.kind) == ("uid", "sop")


def test_a_chance_match_of_a_specific_kind_does_not_win() -> None:
    scans = {f"c{n}": {"patient": f"P{n}", "accession": str(n)} for n in range(40)}
    labels = table(age=["7"] * 40, patient=[f"P{n}" for n in range(40)])
    assert search(scans, labels).column == "patient"  # the age 7 is also an accession number


def test_a_file_name_that_fits_several_scans_names_none() -> None:
    scans = {
        "c1": {"name": "IM1", "path": "A/IM1", "patient": "A"},
        "c2": {"name": "IM1", "path": "B/IM1", "patient": "B"},
    }
    assert search(scans, table(key=["IM1", "A/IM1"])).cases == (frozenset(), frozenset({"c1"}))


@pytest.mark.parametrize(
    "written", ["A/x.dcm", "./A/x.dcm", "A\\x.dcm", "/mnt/old server/raw/A/x.dcm", "C:\\raw\\A\\x.dcm"]
)
def test_a_path_is_found_without_its_leading_folders(written: str) -> None:
    assert search(TWO, table(key=[written])).cases == (frozenset({"c1"}),)


def test_a_path_may_be_written_from_the_folder_of_the_table() -> None:
    scans = {"c1": {"path": "site 2/A/x.dcm"}}
    assert search(scans, table(key=["A/x.dcm"]), folder="site 2").matched == 1


def test_a_file_name_may_have_the_ending_of_another_export() -> None:
    assert search(TWO, table(key=["x.png", "y.png"])).kind == "stem"


def test_a_compressed_nifti_file_is_found_by_its_bare_name() -> None:
    assert search({"c1": {"stem": "brain_01.nii"}}, table(key=["brain_01"])).matched == 1


def test_a_number_with_a_decimal_point_is_the_whole_number() -> None:
    assert search({"c1": {"patient": "123"}}, table(key=["123.0"])).matched == 1


def test_leading_zeros_that_a_spreadsheet_dropped_are_restored_and_said() -> None:
    scans = {"c1": {"patient": "00017"}, "c2": {"patient": "00423"}}
    join = search(scans, table(key=["17", "423.0"]))
    assert join.matched == 2
    assert join.sentence() == "joined by column 'key' (patient ID): 2 of 2 rows (2 spelled otherwise)"


def test_leading_zeros_that_only_the_table_has_are_dropped() -> None:
    join = search({"c1": {"patient": "17"}}, table(key=["0017"]))
    assert join.sentence() == "joined by column 'key' (patient ID): 1 of 1 rows (1 spelled otherwise)"


def test_ids_that_match_as_written_are_left_as_they_are() -> None:
    scans = {"c1": {"patient": "17"}, "c2": {"patient": "0017"}}
    assert search(scans, table(key=["17"])).cases == (frozenset({"c1"}),)


def test_empty_values_name_nothing() -> None:
    assert search(TWO, table(key=["", "1.2"])).cases == (frozenset(), frozenset({"c2"}))


def test_a_table_of_other_scans_is_refused_with_what_was_tried() -> None:
    with pytest.raises(DataError) as error:
        search(TWO, table(case=["7", "8"], remark=["good", "bad"]))
    message = str(error.value)
    assert "(tried 'case', 'remark')" in message
    assert "SOP instance UID, path of the file, name of the file" in message
    assert "1.1" not in message


def by(*keys: tuple[str, str]) -> list[KeyColumn]:
    return [KeyColumn(column, names) for column, names in keys]


def test_a_column_that_is_told_is_taken_as_what_it_is_told_to_be() -> None:
    labels = table(patient=["A", "A"], uid=["1.1", "1.2"])
    assert join_by(labels, by(("patient", "patient")), known=known(TWO)).reached == 2
    with pytest.raises(DataError, match=r"no column 'uids' \(did you mean 'uid'\?\)"):
        join_by(labels, by(("uids", "sop")), known=known(TWO))


def test_a_column_that_names_something_else_is_told_with_the_line_that_fits() -> None:
    with pytest.raises(DataError) as error:
        join_by(table(uid=["1.1", "1.2"]), by(("uid", "study")), known=known(TWO))
    assert str(error.value) == (
        "No value of the column 'uid' is the study instance UID of a scan that was read. "
        "2 rows name one by its SOP instance UID: `id: {column: uid, names: sop}`."
    )


def test_a_column_that_is_told_may_have_lost_its_leading_zeros_too() -> None:
    join = join_by(table(key=["17"]), by(("key", "patient")), known=known({"c1": {"patient": "0017"}}))
    assert join.cases == (frozenset({"c1"}),)


def test_leading_zeros_that_tell_scans_of_the_column_apart_are_left_as_they_are() -> None:
    scans = {"c1": {"patient": "17"}, "c2": {"patient": "0017"}, "c3": {"patient": "0018"}}
    join = join_by(table(key=["17", "18"]), by(("key", "patient")), known=known(scans))
    assert join.cases == (frozenset({"c1"}), frozenset())


def test_capital_and_small_letters_may_differ_unless_they_tell_scans_apart() -> None:
    typed = table(key=["p1", "P2"])
    one = known({"c1": {"patient": "P1"}, "c2": {"patient": "P2"}})
    assert join_by(typed, by(("key", "patient")), known=one).cases == (frozenset({"c1"}), frozenset({"c2"}))
    two = known({"c1": {"patient": "P1"}, "c2": {"patient": "P2"}, "c3": {"patient": "p2"}})
    assert join_by(typed, by(("key", "patient")), known=two).cases == (frozenset(), frozenset({"c2"}))


def test_a_number_that_fits_two_scans_by_other_zeros_names_none() -> None:
    scans = {"c1": {"patient": "017"}, "c2": {"patient": "0017"}, "c3": {"patient": "0018"}}
    join = join_by(table(key=["17", "18"]), by(("key", "patient")), known=known(scans))
    assert join.cases == (frozenset(), frozenset({"c3"}))


def test_a_name_with_accents_is_found_however_the_disk_composes_them() -> None:
    join = join_by(
        table(key=["M\u00fcller"]), by(("key", "stem")), known=known({"c1": {"stem": "Mu\u0308ller"}})
    )
    assert join.matched == 1


BREASTS = {
    f"{who}{side}": {"patient": who, "name": f"IM{side}", "study": f"study of {who}"}
    for who in "AB"
    for side in "LR"
}
SIDES = {"laterality": {side: frozenset({f"A{side}", f"B{side}"}) for side in "LR"}}


def with_sides() -> Known:
    return replace(known(BREASTS), traits=SIDES)


def test_a_patient_and_a_side_together_name_one_scan() -> None:
    labels = table(who=["A", "A", "B", "B", "C"], side=["left", "R", "li", "", "left"])
    join = join_by(labels, by(("who", "patient"), ("side", "laterality")), known=with_sides())
    assert join.cases == (
        frozenset({"AL"}), frozenset({"AR"}), frozenset({"BL"}), frozenset(), frozenset(),
    )  # fmt: skip
    assert join.sentence() == "joined by columns 'who' (patient ID) and 'side' (laterality): 3 of 5 rows"
    assert (join.column, join.kind) == ("who + side", "patient + laterality")
    assert join.yaml() == "id: [{column: who, names: patient}, {column: side, names: laterality}]"


def test_a_file_name_that_fits_several_scans_names_one_beside_its_patient() -> None:
    labels = table(who=["A", "B"], file=["IML", "IML"])
    join = join_by(labels, by(("who", "patient"), ("file", "name")), known=with_sides())
    assert join.cases == (frozenset({"AL"}), frozenset({"BL"}))


def test_an_attribute_that_no_scan_has_is_told() -> None:
    with pytest.raises(DataError, match="No scan that was read says its view position"):
        join_by(
            table(who=["A"], view=["CC"]),
            by(("who", "patient"), ("view", "view_position")),
            known=with_sides(),
        )


def test_columns_that_fit_no_scan_together_are_told_with_what_each_does_alone() -> None:
    with pytest.raises(
        DataError, match=r"of 1 rows, 1 by 'who' \(patient ID\), 0 by 'side' \(laterality\) alone do"
    ) as error:
        join_by(
            table(who=["A"], side=["both"]),
            by(("who", "patient"), ("side", "laterality")),
            known=with_sides(),
        )
    assert str(error.value).endswith(
        "Write 'side' as the scans say it ('L' and 'R'), or take it out of `cohort.id`."
    )
    scans = replace(
        known(BREASTS), index={**known(BREASTS).index, "day": {"day:A:2020-04-03": frozenset({"AL"})}}
    )
    with pytest.raises(DataError, match="Write the days of 'when' as 2020-12-31"):
        join_by(table(who=["A"], when=["43924"]), by(("who", "patient"), ("when", "day")), known=scans)


@pytest.mark.parametrize(
    ("cell", "side"),
    [("li.", "L"), ("Linke Seite", "L"), ("left breast", "L"), ("OS", "L"), ("o.s.", "L"), ("RECHTS", "R"), ("O.D.", "R"), ("re Mamma", "R")],
)  # fmt: skip
def test_a_side_is_understood_beside_what_is_on_it(cell: str, side: str) -> None:
    labels = table(who=["A"], side=[cell])
    join = join_by(labels, by(("who", "patient"), ("side", "laterality")), known=with_sides())
    assert join.cases == (frozenset({f"A{side}"}),)


@pytest.mark.parametrize("cell", ["left and right", "M. L.", "not left or right", "l r"])
def test_a_cell_that_names_both_sides_or_a_letter_among_others_is_of_none(cell: str) -> None:
    with pytest.raises(DataError, match="No row fits"):
        labels = table(who=["A"], side=[cell])
        join_by(labels, by(("who", "patient"), ("side", "laterality")), known=with_sides())


def test_a_patient_and_a_day_together_name_the_scans_of_that_day() -> None:
    scans = {"c1": "2020-04-03", "c2": "2021-04-03", "c3": "2021-04-03"}
    index = {
        "patient": {"patient:17": frozenset(scans)},
        "day": {"day:17:2020-04-03": frozenset({"c1"}), "day:17:2021-04-03": frozenset({"c2", "c3"})},
    }
    days = Known(index, lambda kind, *values: ":".join((kind, *values)))
    labels = table(
        who=["17", "017", "17", "17", "18"], day=["3.4.2020", "2021-04-03", "2022-04-03", "", "3.4.2020"]
    )
    join = join_by(labels, by(("who", "patient"), ("day", "day")), known=days)
    assert [sorted(cases) for cases in join.cases] == [["c1"], ["c2", "c3"], [], [], []]
