"""Places every person in a part: the ledger first, then the table's own parts, then a draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.cohort.parts import Fold, Placed, Shares, first_folds, first_parts, later_part
from pipeline.cohort.published import Published, parts_of_persons
from pipeline.contracts.cohort import Notice
from pipeline.records import ALL_PARTS, EXTERNAL, PARTS


@dataclass(frozen=True)
class Persons:
    """The persons to place: `stratum` is what each is drawn within, `ids` the patient ids each one has.

    A person of another source has no stratum, and is not drawn.
    """

    stratum: Mapping[str, str]
    ids: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Draw:
    """How new persons are drawn: shares of the parts or a fold, each one's position in [0, 1), the era."""

    shares: Shares
    position: Mapping[str, float]
    era: int
    fold: Fold | None = None

    def first(self, new: Mapping[str, str], prescribed: Mapping[str, str]) -> dict[str, str]:
        """The part of each person of the first draw, by strata."""
        if self.fold is not None:
            return first_folds(new, self.fold, position=self.position)
        return first_parts(new, prescribed, shares=self.shares, position=self.position)

    def later(self, person: str) -> str:
        """The part of a person who came later."""
        position = self.position[person]
        if self.fold is not None:
            return self.fold.part(int(position * self.fold.of) + 1)
        return later_part(position, self.shares)


def place(
    persons: Persons, ledger: Mapping[str, Placed], *, published: Published | None, draw: Draw
) -> dict[str, Placed]:
    """The place of every patient id of the persons; those of the ledger keep theirs.

    An id that is new to a known person gets that person's part. With an empty ledger this is the
    first draw; a table whose parts overlap is then not followed at all.
    """
    known = {person: earlier for person in persons.ids if (earlier := _known(persons.ids[person], ledger))}
    new = {person: name for person, name in persons.stratum.items() if person not in known}
    prescribed = _prescribed(published, ledger)
    placed = _first(new, prescribed, published, draw) if not ledger else _later(new, prescribed, draw)
    abroad = persons.ids.keys() - persons.stratum.keys()
    placed |= dict.fromkeys(abroad, Placed(EXTERNAL, draw.era, "source"))
    placed |= {person: Placed(earlier.part, draw.era, "link") for person, earlier in known.items()}
    return {
        patient_id: ledger.get(patient_id, placed[person])
        for person, ids in persons.ids.items()
        for patient_id in ids
    }


def part_of_person(ids: tuple[str, ...], places: Mapping[str, Placed]) -> str:
    """The one part of a person with several ids: train before validation, test and external.

    What a model may have learned from must never be what it is tested on.
    """
    return min((places[patient_id].part for patient_id in ids), key=ALL_PARTS.index)


def ledger_notices(published: Published | None, ledger: Mapping[str, Placed]) -> list[Notice]:
    """Persons whose part in the ledger isn't the one that the table prescribes (now)."""
    prescribed = _prescribed(published, ledger)
    other = sorted(p for p, part in prescribed.items() if p in ledger and ledger[p].part != part)
    if not other:
        return []
    detail = "patients whose part in the table is not the one in the ledger; the ledger holds"
    return [Notice("part_differs_from_ledger", len(other), detail)]


def _known(ids: tuple[str, ...], ledger: Mapping[str, Placed]) -> Placed | None:
    places = [ledger[patient_id] for patient_id in ids if patient_id in ledger]
    return min(places, key=lambda placed: ALL_PARTS.index(placed.part)) if places else None


def _prescribed(published: Published | None, ledger: Mapping[str, Placed]) -> Mapping[str, str]:
    """The parts that the table prescribes, none where it was set aside at the first draw."""
    if published is None or any(placed.why == "redraw" for placed in ledger.values()):
        return {}
    if not ledger and published.overlap:
        return {}
    prescribed = parts_of_persons(published)
    # A table without a test part must not keep all later patients out of it.
    return prescribed if not ledger or set(prescribed.values()) == set(PARTS) else {}


def _first(
    new: Mapping[str, str], prescribed: Mapping[str, str], published: Published | None, draw: Draw
) -> dict[str, Placed]:
    parts = draw.first(new, prescribed)
    why = "redraw" if published is not None and published.overlap else "first_draw"
    return {
        person: Placed(part, draw.era, "table" if prescribed.get(person) == part else why)
        for person, part in parts.items()
    }


def _later(new: Mapping[str, str], prescribed: Mapping[str, str], draw: Draw) -> dict[str, Placed]:
    return {
        person: Placed(prescribed[person], draw.era, "table")
        if person in prescribed
        else Placed(draw.later(person), draw.era, "hash")
        for person in new
    }
