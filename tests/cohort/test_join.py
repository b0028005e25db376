from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.cohort.join import Join, Known, find_join, join_by
from pipeline.errors import DataError
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
    return find_join(labels, list(labels.columns), known=known(scans, folder))


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
    join = search(TWO, table(remark=["a", "b"], key=values))
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
    assert join.sentence() == "joined by column 'key' (patient ID, filled to 5 digits): 2 of 2 rows"


def test_leading_zeros_that_only_the_table_has_are_dropped() -> None:
    join = search({"c1": {"patient": "17"}}, table(key=["0017"]))
    assert join.sentence() == "joined by column 'key' (patient ID, without leading zeros): 1 of 1 rows"


def test_ids_that_match_as_written_are_left_as_they_are() -> None:
    scans = {"c1": {"patient": "17"}, "c2": {"patient": "0017"}}
    assert search(scans, table(key=["17"])).cases == (frozenset({"c1"}),)


def test_empty_values_name_nothing() -> None:
    assert search(TWO, table(key=["", "1.2"])).cases == (frozenset(), frozenset({"c2"}))


def test_a_table_of_other_scans_is_refused_with_what_was_tried() -> None:
    with pytest.raises(DataError) as error:
        search(TWO, table(case=["7", "8"], remark=["a", "b"]))
    message = str(error.value)
    assert "(tried 'case', 'remark')" in message
    assert "SOP instance UID, path of the file, name of the file" in message
    assert "1.1" not in message


def test_a_column_that_is_told_is_taken_as_what_it_is_told_to_be() -> None:
    labels = table(patient=["A", "A"], uid=["1.1", "1.2"])
    assert join_by(labels, "patient", kind="patient", known=known(TWO)).reached == 2
    with pytest.raises(DataError, match="No value of the column 'uid' is the study instance UID"):
        join_by(labels, "uid", kind="study", known=known(TWO))
    with pytest.raises(DataError, match=r"no column 'uids' \(did you mean 'uid'\?\)"):
        join_by(labels, "uids", kind="sop", known=known(TWO))
