"""The cohort out of scans, table and ledger: a pure function, so the same inputs give the same cohort."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from pipeline.cohort.changes import Before, changes
from pipeline.cohort.duplicates import kept_with_copies
from pipeline.cohort.exclusions import Exclusion
from pipeline.cohort.external import People, disputed, divided, people, why_none, with_copies
from pipeline.cohort.group_cells import group_cells
from pipeline.cohort.groups import Groups, groups_of
from pipeline.cohort.join import Join
from pipeline.cohort.labels import Labels, Target, label_cases, values_of_case
from pipeline.cohort.links import Links, link_patients
from pipeline.cohort.masks import Marked, by_another_name, label_by_masks
from pipeline.cohort.membership import Membership, decide
from pipeline.cohort.near_copies import NEAR_COPIES, find_near_copies
from pipeline.cohort.outputs import Cohort, Row
from pipeline.cohort.parts import Fold, Placed, placed_by_ledger, positions, require_patients
from pipeline.cohort.placement import Draw, Persons, ledger_notices, part_of_person, place
from pipeline.cohort.published import Published, overlap_notices, read_published, require_no_overlap
from pipeline.cohort.sources import Scans
from pipeline.config import Cohort as Choices
from pipeline.contracts.cohort import Notice
from pipeline.draws import TOMBSTONE
from pipeline.errors import DataError
from pipeline.pseudonyms import Key
from pipeline.records import EXTERNAL, PARTS
from pipeline.tables import Table
from pipeline.tasks.contract import Reader, Refuse
from pipeline.tasks.registry import Task

FOLD: Final = "fold"
"""Where a line of the ledger of parts says for which fold a patient was placed."""


@dataclass(frozen=True)
class Joined:
    """The scans, the table of labels, which rows are about which scans, and links from the table of links.

    `task` says how the labels are read, `one_vote` that patients are evaluated, not cases. Where the truth
    stands in masks, `marked` is what they say of each scan, and the table has the other columns alone.
    `external` are the scans of another source, None where the YAML names none.
    """

    scans: Scans
    table: Table
    join: Join
    links: Links
    task: Task
    one_vote: bool
    marked: Marked | None = None
    external: frozenset[str] | None = None


@dataclass(frozen=True)
class Past:
    """What earlier runs fixed: lines of the ledger of parts that hold, the champion's cohort, today's era.

    `notices` is what a person should know of earlier draws, `redraw` the command that draws all parts anew,
    empty once a model has looked at the test part.
    """

    records: Sequence[Mapping[str, Any]]
    champion: Before
    era: int
    notices: tuple[Notice, ...] = ()
    redraw: str = ""


def assemble(
    joined: Joined, choices: Choices, *, past: Past, key: Key, refuse: Refuse
) -> tuple[Cohort, list[dict[str, Any]]]:
    """The cohort, and the records that the ledger of parts lacks.

    Raises:
        ConfigError: `cohort.positive` doesn't fit the table.
        DataError: labels or parts can't be used.
    """
    scans, task = joined.scans, joined.task
    _require_same_fold(past, choices)
    ledger, withdrawn = _living(placed_by_ledger(past.records))
    patients = {case.patient_id for case in scans.cases.values()}
    person_of = link_patients(patients, scans.shared, joined.links.linked)
    labels = _labels(joined, choices, refuse)
    copies = find_near_copies(
        scans,
        labels.of_case,
        person_of=person_of,
        part_of=_given_parts(joined, choices),
        accepted=choices.accept.get(NEAR_COPIES, ""),
    )
    person_of = link_patients(patients, scans.shared, [*joined.links.linked, *copies.linked])
    patient_of = {case_id: scans.cases[case_id].patient_id for case_id in labels.of_case}
    who = people(joined.external or (), person_of=person_of, patient_of=patient_of, ledger=ledger)
    who = with_copies(who, scans.cases.values())
    published = _published(joined, choices, who)
    table_part_of = _one_part(published) | dict.fromkeys(who.named, EXTERNAL)
    membership = decide(scans, labels, person_of=person_of, withdrawn=withdrawn, table_part_of=table_part_of)
    membership = divided(membership, who, _reader(joined, choices))
    counts = Counter(value for case_id, value in membership.label_of.items() if case_id not in who.named)
    question = task.target.question(counts, choices, missing=labels.missing, refuse=refuse)
    persons = _persons(
        membership, who, person_of, stratum=partial(task.target.stratum, question=question), ledger=ledger
    )
    places = place(persons, ledger, published=published, draw=_draw(persons, choices, past, key))
    groups = _groups(joined, choices, membership)
    rows, crossing = _rows(joined, membership, persons, places=places, groups=groups.of_cases)
    advice = _way_to_other_parts(choices, past, placed=bool(ledger))
    _require_external(rows, joined, membership, advice=advice)
    _require_parts(rows, joined, question, advice=advice)
    notices = (
        *membership.notices,
        *joined.links.notices(),
        *copies.notices,
        *(overlap_notices(published) if published else ()),
        *ledger_notices(published, ledger),
        *past.notices,
        *_other_shares(past.records, choices),
        *changes(past.champion, rows),
        *disputed(choices, joined.table, joined.join, named=joined.external),
        *groups.notices,
    )
    exclusions = sorted((*membership.exclusions, *crossing), key=lambda exclusion: exclusion.case_id)
    cohort = Cohort(tuple(rows), tuple(exclusions), notices, task, question, copies.pairs)
    return cohort, _new_records(places, ledger, choices, key_id=key.key_id)


def _labels(joined: Joined, choices: Choices, refuse: Refuse) -> Labels:
    """What each scan is labelled, by the table or by masks."""
    reader = _reader(joined, choices)
    if joined.marked:
        labels = label_by_masks(joined.marked.cells, reader, case_ids=joined.scans.cases)
        unnamed = by_another_name(joined.scans.cases, labels.exclusions)
        return replace(labels, notices=(*labels.notices, *unnamed, *joined.marked.notices))
    target = Target(choices.column, reader, refuse)
    return label_cases(joined.table, target, join=joined.join, case_ids=joined.scans.cases)


def _reader(joined: Joined, choices: Choices) -> Reader:
    """How the cells of the target column are read; masks have none."""
    cells = () if joined.marked else joined.table.column(choices.column)
    return joined.task.target.reader(cells, choices)


def draw_settings(choices: Choices) -> dict[str, Any]:
    """The shares, the salt and the fold of a draw, as its lines in the ledger of parts hold them."""
    fold = {FOLD: choices.fold.model_dump()} if choices.fold else {}
    return {"shares": [choices.divided.model_dump()[part] for part in PARTS], "salt": choices.salt, **fold}


def _living(ledger: Mapping[str, Placed]) -> tuple[dict[str, Placed], set[str]]:
    """The ledger without the patients whose consent was withdrawn, and those patients."""
    withdrawn = {patient_id for patient_id, placed in ledger.items() if placed.why == TOMBSTONE}
    return {patient_id: ledger[patient_id] for patient_id in ledger if patient_id not in withdrawn}, withdrawn


def _published(joined: Joined, choices: Choices, who: People) -> Published | None:
    """What the column of parts prescribes for the persons who aren't in the external part."""
    if choices.part_column is None:
        return None
    values = values_of_case(joined.table, choices.part_column, joined.join)
    abroad = who.abroad
    persons = {
        case_id: person
        for case_id, person in who.of_case.items()
        if case_id not in who.named and person not in abroad
    }
    published = read_published(choices.part_column, values, persons)
    if choices.on_patient_overlap == "refuse":
        require_no_overlap(published)
    return published


def _given_parts(joined: Joined, choices: Choices) -> dict[str, str]:
    """What the table's column of parts says of each scan, as it is written, and what comes from elsewhere."""
    external = dict.fromkeys(joined.external or (), EXTERNAL)
    if choices.part_column is None:
        return external
    values = values_of_case(joined.table, choices.part_column, joined.join)
    return {case_id: "/".join(sorted(words)) for case_id, words in values.items()} | external


def _one_part(published: Published | None) -> dict[str, str]:
    """The part that the table gives each scan, where it gives one."""
    if published is None:
        return {}
    return {case_id: next(iter(parts)) for case_id, parts in published.of_case.items() if len(parts) == 1}


def _persons(
    membership: Membership,
    who: People,
    person_of: Mapping[str, str],
    *,
    stratum: Callable[[Iterable[str]], str],
    ledger: Collection[str],
) -> Persons:
    """The persons who take part, each in the `stratum` of the values that its scans have.

    An id of the ledger counts for its person even where no scan of it is left. Of another source nobody is
    drawn, so there is no stratum.
    """
    ids: dict[str, set[str]] = defaultdict(set)
    values: dict[str, list[str]] = defaultdict(list)
    for case_id, label in membership.label_of.items():
        person = who.of_case[case_id]
        ids[person].add(who.patient_of[case_id])
        values[person].append(label)
    for patient_id, person in person_of.items():
        if person in ids and patient_id in ledger:
            ids[person].add(patient_id)
    abroad = who.abroad
    strata = {person: stratum(labels) for person, labels in values.items() if person not in abroad}
    return Persons(
        strata, {person: tuple(sorted(patient_ids)) for person, patient_ids in sorted(ids.items())}
    )


def _groups(joined: Joined, choices: Choices, membership: Membership) -> Groups:
    """The groups of the scans of the cohort, by table and header."""
    scans = kept_with_copies(joined.scans.cases, membership.label_of, membership.exclusions)
    ids = {case_id: [case.case_id for case in copies] for case_id, copies in scans.items()}
    cells = {
        meaning: group_cells(joined.table, column, meaning, join=joined.join, scans=ids)
        for column, meaning in choices.groups.items()
    }
    told = {meaning: each.of_case for meaning, each in cells.items()}
    alike = [meaning for column, meaning in choices.groups.items() if column != meaning]
    groups = groups_of(scans, told, alike=alike, header_groups=choices.header_groups)
    of_table = (notice for each in cells.values() for notice in each.notices)
    return replace(groups, notices=(*of_table, *groups.notices))


def _rows(
    joined: Joined,
    membership: Membership,
    persons: Persons,
    *,
    places: Mapping[str, Placed],
    groups: Mapping[str, Mapping[str, str]],
) -> tuple[list[Row], list[Exclusion]]:
    """The rows of the cohort, and scans of linked ids that stand in another part than their person."""
    person_of = {patient_id: person for person, ids in persons.ids.items() for patient_id in ids}
    part_of = {person: part_of_person(ids, places) for person, ids in persons.ids.items()}
    rows, crossing = [], []
    for case_id, label in sorted(membership.label_of.items()):
        case = joined.scans.cases[case_id]
        person, placed = person_of[case.patient_id], places[case.patient_id]
        if placed.part != part_of[person]:
            detail = f"a scan of the {placed.part} part, whose patient is also in {part_of[person]}"
            crossing.append(Exclusion(case_id, "linked_across_parts", detail))
            continue
        by = {name: values.get(case_id, "") for name, values in groups.items()}
        drawn = joined.marked.digests.get(case_id, "") if joined.marked else None
        rows.append(Row(case_id, person, placed.part, placed.era, label, case.pixel_digest, by, drawn))
    return rows, crossing


def _require_external(rows: Sequence[Row], joined: Joined, membership: Membership, *, advice: str) -> None:
    """Raises DataError where another source is named and no scan of it is left."""
    if not joined.external or any(row.part == EXTERNAL for row in rows):
        return
    why, way = why_none(joined.external, membership.exclusions)
    raise DataError(
        f"None of the {len(joined.external):,} scans of the other source can be used: {why}. "
        f"{way or f'See that they have a label, or {advice}'}."
    )


def _require_parts(rows: Sequence[Row], joined: Joined, question: Any, *, advice: str) -> None:
    values: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        values[row.person_id].add(row.target)
    part_of = {row.person_id: row.part for row in rows if row.part != EXTERNAL}
    require_patients(part_of, advice=advice)
    joined.task.target.require_parts(part_of, values, question, one_vote=joined.one_vote, advice=advice)


def _way_to_other_parts(choices: Choices, past: Past, *, placed: bool) -> str:
    """What may be changed where a part lacks patients; `placed` says that patients have parts already."""
    if not placed and choices.fold:
        return "lower `cohort.fold.of`"
    if not placed:
        return f"change `cohort.shares`{', or mend the part column' if choices.part_column else ''}"
    if past.redraw:
        return f"draw all parts anew, while no model has looked at the test part: `{past.redraw}`"
    return "start a new analysis (a YAML of another name), for these parts have been looked at"


def _draw(persons: Persons, choices: Choices, past: Past, key: Key) -> Draw:
    """How the persons who are new are placed."""
    position = positions(persons.ids, key=key, salt=choices.salt)
    fold = Fold(choices.fold.held_out, choices.fold.of) if choices.fold else None
    return Draw(choices.divided.model_dump(), position, past.era, fold)


def _require_same_fold(past: Past, choices: Choices) -> None:
    """Nothing, if the patients were drawn for the fold that is held out now. Raises DataError."""
    now = choices.fold.model_dump() if choices.fold else None
    before = [record.get(FOLD) for record in past.records if record["part"] in PARTS]
    other = next((fold for fold in before if fold != now), now)
    if not before or other == now:
        return
    anew = f", or draw all parts anew: `{past.redraw}`" if past.redraw else ""
    raise DataError(
        f"The patients of this analysis were divided for {_fold_in_words(other)}, and the YAML now asks for "
        f"{_fold_in_words(now)}. Put that back, and give each fold an analysis of its own (a YAML of another "
        f"name){anew}."
    )


def _fold_in_words(fold: Mapping[str, int] | None) -> str:
    return f"fold {fold['held_out']} of {fold['of']}" if fold else "parts without folds"


def _other_shares(records: Sequence[Mapping[str, Any]], choices: Choices) -> list[Notice]:
    """Patients drawn with other shares or another salt than the YAML has now."""
    wanted = draw_settings(choices)
    other = [
        record
        for record in records
        if record["part"] != EXTERNAL
        and any(record.get(name, value) != value for name, value in wanted.items())
    ]
    if not other:
        return []
    detail = "patients were drawn with other shares or another salt; they keep their parts"
    return [Notice("shares_changed", len(other), detail)]


def _new_records(
    places: Mapping[str, Placed], ledger: Mapping[str, Placed], choices: Choices, *, key_id: str
) -> list[dict[str, Any]]:
    """What the ledger lacks, sorted by patient; each says by which shares, salt and key it was drawn."""
    return [
        {
            "patient_id": patient_id,
            "part": placed.part,
            "era": placed.era,
            "why": placed.why,
            **draw_settings(choices),
            "key_id": key_id,
        }
        for patient_id, placed in sorted(places.items())
        if patient_id not in ledger
    ]
