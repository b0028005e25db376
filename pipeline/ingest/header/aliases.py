"""What else a header says about whose the image is: the ID spelt plainly, other IDs, name and birth date.

One human being under two patient IDs is found by it. All of it leaves as pseudonyms, made before anything
else is; what names nobody, as a name ANONYMOUS or an ID 0, leaves not at all.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from pipeline.ingest.dicom.dataset import Dataset, date_of
from pipeline.ingest.reasons import Refusal
from pipeline.pseudonyms import Key

ALIAS, BORN, PERSON_NAME, BIRTH_DATE = "alias", "born", "person_name", "birth_date"
"""The kinds of these identifiers: a patient's pseudonym under another ID, one of name and birth date
together, and one of each alone, by which it is known how many share both by chance."""
ISSUED, UNISSUED = "issued_id", "unissued_id"
"""An ID without the issuer that stands beside it, and one beside which none stands: of one kind of word."""
LETTERED, BARE = "lettered_number", "bare_number"
"""The number of an ID that has letters before or after it, and that of one without: of one kind of word."""
RETYPED = "retyped_id"
"""An ID with O read as 0, I and L as 1 where they stand in a number: of the kind of word of an issued one."""

_NOBODY = frozenset({
    "anon", "anonym", "anonymous", "anonymised", "anonymized", "anonymize", "deidentified",
    "unidentified", "unknown", "unbekannt", "inconnu", "none", "null", "nil", "na", "nn", "name",
    "noname", "patient", "patientname", "pat", "subject", "person", "proband", "participant", "test",
    "phantom", "demo", "dummy", "sample", "example", "case", "removed", "redacted", "deleted", "withheld",
    "hidden", "masked", "pseudonym", "xx", "xxx", "xxxx", "xxxxx",
})  # fmt: skip
"""Words that stand where a name was taken out; a name of nothing else is nobody's."""
_BIRTHDAYS_OF_NOBODY = frozenset({(1, 1, 1), (1800, 1, 1), (1900, 1, 1), (1901, 1, 1), (1970, 1, 1)})
"""Dates that programs write for none."""
_PIECES = re.compile(r"[^\W\d_]+|\d+")
_UMLAUT = re.compile("([aou])e")  # what programs without umlauts write for one
_SINGLE = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d"})
"""Letters that Unicode doesn't take for one with a mark."""
_DIGIT_FOR_LETTER = str.maketrans("oil", "011")
_BESIDE_A_DIGIT = re.compile(r"(?<![^\W\d_])[oil]+(?=\d)|(?<=\d)[oil]+(?![^\W\d_])")
_FEWEST_DIGITS = 4  # a choice: numbers of fewer are a ward's or a study's, and many have the same
_LONGEST = 16  # a choice: so many other IDs of one patient are read, and no more


def aliases_of(
    dataset: Dataset, patient: str, *, dummies: Collection[str], key: Key
) -> tuple[tuple[str, str], ...]:
    """Kind and pseudonym of what else names the patient, whose PatientID is `patient` ("" if none).

    An ID is spelt plainly for it: leading zeros, letters of either case and separators don't count. Its
    pseudonym is the patient's own where the PatientID is spelt so, and then not told again.
    """
    issuer = _folded(dataset.text("IssuerOfPatientID"))
    own = key.pseudonym("patient", dataset.text("IssuerOfPatientID"), patient)
    ids = [(issuer, patient), *_other_ids(dataset, issuer)]
    words = {
        key.pseudonym("patient", issued_by, plain)
        for issued_by, value in ids
        if value not in dummies and (plain := plain_id(value))
    }
    born = _name_and_birth_date(dataset)
    doubtful = _in_other_words(patient, issuer, key=key) if patient not in dummies else ()
    return (
        *((ALIAS, word) for word in sorted(words - {own})),
        *(_by_birth(*born, key=key) if born else ()),
        *doubtful,
    )


def _in_other_words(patient: str, issuer: str, *, key: Key) -> Iterator[tuple[str, str]]:
    """What of an ID stays where a system leaves out its issuer, or the letters of a site beside a number.

    It makes no two IDs one: what else the headers say must agree.
    """
    if not (plain := plain_id(patient)):
        return
    yield ISSUED if issuer else UNISSUED, key.pseudonym("id", plain)
    retyped = plain_id(_BESIDE_A_DIGIT.sub(_as_digits, _folded(patient)))
    if retyped != plain:
        yield RETYPED, key.pseudonym("id", retyped)
    pieces = _PIECES.findall(_folded(patient))
    numbers = [piece for piece in pieces if piece.isdigit()]
    if len(numbers) == 1 and len(numbers[0]) >= _FEWEST_DIGITS and numbers[0].strip("0"):
        yield LETTERED if len(pieces) > 1 else BARE, key.pseudonym("number", numbers[0].lstrip("0"))


def _as_digits(letters: re.Match[str]) -> str:
    return letters[0].translate(_DIGIT_FOR_LETTER)


def _by_birth(name: str, birth_date: str, *, key: Key) -> Iterator[tuple[str, str]]:
    yield BORN, key.pseudonym(BORN, name, birth_date)
    yield PERSON_NAME, key.pseudonym(PERSON_NAME, name)
    yield BIRTH_DATE, key.pseudonym(BIRTH_DATE, birth_date)


def plain_id(value: str) -> str:
    """An ID without what differs between two ways of writing it; "" where it can be no ID.

    Numbers that a separator divides stay divided, for 1-23 and 12-3 are two patients.

    >>> plain_id("PAT-0017"), plain_id(" pat 17"), plain_id("1-23"), plain_id("0012-3"), plain_id("000")
    ('pat17', 'pat17', '1 23', '12 3', '')
    """
    pieces = [piece.lstrip("0") or "0" for piece in _PIECES.findall(_folded(value))]
    if not any(piece.isdigit() and piece != "0" for piece in pieces):
        letters = "".join(piece for piece in pieces if not piece.isdigit())
        if len(letters) < 4 or set(pieces) <= _NOBODY | {"0"}:  # a choice: shorter words are codes, not IDs
            return ""
    plain = ""
    for piece in pieces:
        plain += f" {piece}" if plain[-1:].isdigit() and piece.isdigit() else piece
    return plain


def plain_name(value: str) -> str:
    """The family and given names of a PN value in one spelling, in whatever order; "" of nobody's.

    The letters alone, sorted, for two systems divide a double name otherwise, or not at all.

    >>> plain_name("Müller^Eva-Maria"), plain_name("MUELLER EVAMARIA"), plain_name("ANONYMOUS^PATIENT")
    ('aaaeeillmmrruv', 'aaaeeillmmrruv', '')
    """
    groups = [group for group in value.split("=") if group.strip("^ ")]
    if not groups:
        return ""
    family_and_given = " ".join(groups[0].split("^")[:2])
    folded = _UMLAUT.sub(r"\1", _folded(family_and_given).translate(_SINGLE))
    words = _PIECES.findall(folded)
    names_somebody = any(len(word) > 1 and not word.isdigit() and word not in _NOBODY for word in words)
    return "".join(sorted("".join(words))) if names_somebody else ""


def _other_ids(dataset: Dataset, issuer: str) -> Iterator[tuple[str, str]]:
    """The issuer and value of each other ID; without an issuer it is one of the patient's own, or of none."""
    for value in dataset.words("OtherPatientIDs")[:_LONGEST]:
        yield from {(issuer, value), ("", value)}
    with contextlib.suppress(Refusal):  # a damaged list of other IDs is no reason to do without the image
        yield from _ids_in_sequence(dataset.items("OtherPatientIDsSequence")[:_LONGEST], issuer)


def _ids_in_sequence(items: Sequence[Dataset], issuer: str) -> Iterator[tuple[str, str]]:
    for item in items:
        issued_by, value = _folded(item.text("IssuerOfPatientID")), item.text("PatientID")
        yield from {(issued_by, value)} if issued_by else {(issuer, value), ("", value)}


def _name_and_birth_date(dataset: Dataset) -> tuple[str, str] | None:
    day = date_of(dataset.text("PatientBirthDate"))
    if day is None or (day.year, day.month, day.day) in _BIRTHDAYS_OF_NOBODY:
        return None
    name = plain_name(dataset.text("PatientName"))
    return (name, day.isoformat()) if name else None


def _folded(text: str) -> str:
    """The text without accents, full width and upper case, its digits those of ASCII."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    plain = (letter for letter in apart if not unicodedata.combining(letter))
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in plain
    ).strip(" \0")
