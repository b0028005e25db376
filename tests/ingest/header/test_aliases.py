"""What else names the patient of an image, as pseudonyms."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import KEY, header, image
from pydicom.dataset import Dataset

from pipeline.ingest.header.aliases import (
    ALIAS,
    BARE,
    BORN,
    ISSUED,
    LETTERED,
    RETYPED,
    UNISSUED,
    plain_id,
    plain_name,
)


def aliases(tmp_path: Path, **elements: object) -> set[tuple[str, str]]:
    found = header(image(**elements), tmp_path)
    return {(kind, word) for kind, word in found.identifiers if kind in (ALIAS, BORN)}


def patient(value: str, issuer: str = "") -> tuple[str, str]:
    return ALIAS, KEY.pseudonym("patient", issuer, value)


@pytest.mark.parametrize("written", ["pat 17", "PAT-0017", "Pat17", " PAT_17 ", "ＰＡＴ１７"])
def test_an_id_written_otherwise_has_the_pseudonym_of_the_plain_one(tmp_path: Path, written: str) -> None:
    assert patient("pat17") in aliases(tmp_path, PatientID=written, SpecificCharacterSet="ISO_IR 192")


def test_a_plain_id_is_not_told_twice(tmp_path: Path) -> None:
    assert aliases(tmp_path, PatientID="pat17") == set()
    assert header(image(PatientID="pat17"), tmp_path).patient_id == patient("pat17")[1]


@pytest.mark.parametrize(("one", "other"), [("1-23", "12-3"), ("A1", "A10"), ("P1", "Q1"), ("10", "1")])
def test_ids_of_two_patients_stay_two(one: str, other: str) -> None:
    assert plain_id(one) != plain_id(other)


@pytest.mark.parametrize("value", ["", "0", "000", "ANONYMOUS", "N/A", "unknown", "-", "X"])
def test_what_is_no_id_is_none(value: str) -> None:
    assert plain_id(value) == ""


def test_other_ids_count_as_the_patients_own_and_those_of_an_issuer_as_that_ones(tmp_path: Path) -> None:
    item = Dataset()
    item.PatientID, item.IssuerOfPatientID = "X-9", "OLD"
    found = aliases(tmp_path, PatientID="7", OtherPatientIDs=["B12", "0"], OtherPatientIDsSequence=[item])
    assert found == {patient("b12"), patient("x9", "old")}


def test_one_name_and_birth_date_are_one_word_however_written(tmp_path: Path) -> None:
    first = aliases(tmp_path, PatientID="7", PatientName="Roe^Ann Mary^^Dr", PatientBirthDate="19600203")
    second = aliases(tmp_path, PatientID="8", PatientName="ROE ANN MARY", PatientBirthDate="19600203")
    other = aliases(tmp_path, PatientID="8", PatientName="Roe^Ann Mary", PatientBirthDate="19600204")
    assert len(first) == 1 and first == second and first.isdisjoint(other)


@pytest.mark.parametrize(
    ("name", "born"),
    [
        ("ANONYMOUS", "19600203"), ("PATIENT^TEST", "19600203"), ("Patient^0012", "19600203"), ("", "19600203"),
        ("Roe^Ann", ""), ("Roe^Ann", "19000101"), ("Roe^Ann", "1960"),
    ],
)  # fmt: skip
def test_a_name_or_a_birth_date_of_nobody_names_nobody(tmp_path: Path, name: str, born: str) -> None:
    assert aliases(tmp_path, PatientID="7", PatientName=name, PatientBirthDate=born) == set()


def test_accents_and_order_make_no_other_name() -> None:
    assert plain_name("Núñez^José") == plain_name("JOSE NUNEZ") == "eejnnosuz"
    assert plain_name("=山田^太郎") == plain_name("山田^太郎") != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Müller^Jörg", "MUELLER^JOERG"), ("Sørli^Åse", "SORLI^ASE"), ("Weiß^Max", "WEISS^MAX")],
)
def test_a_name_typed_without_its_own_letters_is_no_other_name(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other) != ""


def forms(tmp_path: Path, **elements: object) -> dict[str, str]:
    kinds = (ISSUED, UNISSUED, LETTERED, BARE)
    return {kind: word for kind, word in header(image(**elements), tmp_path).identifiers if kind in kinds}


def test_an_id_with_and_without_issuer_has_one_word_of_two_kinds(tmp_path: Path) -> None:
    issued = forms(tmp_path, PatientID="PAT-0017", IssuerOfPatientID="A")
    bare = forms(tmp_path, PatientID="pat 17")
    assert issued[ISSUED] == bare[UNISSUED]
    assert UNISSUED not in issued and ISSUED not in bare


@pytest.mark.parametrize(
    "written", ["Roe-Doe^Ann Lea", "DOE ROE^ANNLEA", "RoeDoe^Lea-Ann", "lea ann^roe doe"]
)
def test_a_double_name_is_one_however_it_is_divided(written: str) -> None:
    assert plain_name(written) == plain_name("Roe-Doe^Ann-Lea") != plain_name("Roe-Poe^Ann-Lea")


@pytest.mark.parametrize("written", ["１２０７", "١٢٠٧", "PAT １２０７"])
def test_the_digits_of_another_script_are_digits(written: str) -> None:
    assert plain_id(written).removeprefix("pat") == "1207"


@pytest.mark.parametrize("written", ["PAT-O0l7", "pat 0oI7", "PAT-OOI7"])
def test_letters_for_digits_have_the_word_of_the_digits(tmp_path: Path, written: str) -> None:
    bare = forms(tmp_path, PatientID="PAT-0017")
    assert header(image(PatientID=written), tmp_path).identifiers.count((RETYPED, bare[UNISSUED])) == 1
    assert RETYPED not in dict(header(image(PatientID="POLI-0017"), tmp_path).identifiers)


@pytest.mark.parametrize("written", ["HUP0017", "HUP-0017", "0017-A", "hup_00017"])
def test_a_number_beside_letters_has_the_word_of_the_bare_one(tmp_path: Path, written: str) -> None:
    assert forms(tmp_path, PatientID=written)[LETTERED] == forms(tmp_path, PatientID="0017")[BARE]


@pytest.mark.parametrize("written", ["A17", "17", "HUP-0017-2", "HUP", "A0000"])
def test_few_digits_and_several_numbers_are_no_number_of_a_patient(tmp_path: Path, written: str) -> None:
    assert not forms(tmp_path, PatientID=written).keys() & {LETTERED, BARE}
