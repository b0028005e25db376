"""Which structures a cohort asks for: what the masks of each case say of them, and what can't be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.config import Cohort, Config
from pipeline.contracts import targets as contract
from pipeline.contracts.cohort import Cohort as CohortRecord
from pipeline.contracts.cohort import Notice
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.errors import DataError, nearest
from pipeline.records import PARTS, Attribute
from pipeline.tasks.contract import Outlined, Refuse
from pipeline.tasks.goals import require_goal
from pipeline.tasks.questions import different_questions, names_put_back
from pipeline.tasks.segmentation import structures
from pipeline.tasks.segmentation.definitions import METRICS
from pipeline.tasks.segmentation.sides import one_sided
from pipeline.tasks.segmentation.structures import ABSENT, MOST, PRESENT, UNKNOWN, Structures, cells_of

KEYS: Final = frozenset(
    {
        ("cohort", "regions"),
        ("cohort", "overlap"),
        ("evaluate", "tolerance_mm"),
        *(("train", key) for key in ("dice", "patch", "patches", "foreground", "memory_gb")),
    }
)
"""The keys of the YAML that not all tasks have."""

GOALS: Final = ("dice", "hd95", "nsd")
"""What a goal may be about, first what it is about where it doesn't say."""

READS_MASKS: Final = True
"""The truth of a case stands in its masks, not in a table."""

_SAID: Final = {PRESENT: "present", ABSENT: "absent"}


@dataclass(frozen=True)
class Marks:
    """How the cells of declared structures are read: those of the regions follow from them."""

    declared: tuple[str, ...]
    names: tuple[str, ...]
    parts: Mapping[str, tuple[str, ...]]

    def value_of(self, cell: str) -> str:
        """The value of a case from the cells of the declared structures, joined by bars.

        A region is there where a part of it is, and unknown where any part is.

        >>> Marks(("a", "b"), ("a", "both"), {"a": ("a",), "both": ("a", "b")}).value_of("0|1")
        '0|1'
        """
        said = cells_of(cell, self.declared)
        return contract.joined([_union([said[part] for part in self.parts[name]]) for name in self.names])

    @property
    def on_missing(self) -> str:
        """Empty: no word stands for a mask."""
        return ""

    @property
    def on_conflict(self) -> str:
        """Empty: nothing else."""
        return ""

    def notices(self, cells: Mapping[str, int]) -> tuple[Notice, ...]:
        """None."""
        return ()

    def agreed(self, values: Sequence[str]) -> str | None:
        """The value that different ones of one scan give together: none, unless there is one alone."""
        return values[0] if len(values) == 1 else None

    def in_words(self, value: str) -> str:
        """A value as a person is told of it."""
        words = _SAID | {UNKNOWN: "without a mask"}
        return ", ".join(f"{name} {words[cell]}" for name, cell in cells_of(value, self.names).items())

    def named(self, value: str) -> frozenset[str]:
        """The structures that a value says are there."""
        return frozenset(name for name, cell in cells_of(value, self.names).items() if cell == PRESENT)

    def require(
        self, counts: Mapping[str, int], column: str, *, cell_of: Callable[[str], str], refuse: Refuse
    ) -> None:
        """Nothing: masks were checked when they were read."""


def require_settings(settings: Config) -> None:
    """Nothing, if masks are read, and every target is a structure that is declared. Raises ConfigError."""
    cohort, masks = settings.cohort, settings.ingest.masks
    if masks is None:
        raise settings.refuse(
            ("task",),
            "a segmentation learns from masks, and none are read. Name the structures below `ingest:`, as in "
            "`masks: {structures: {liver: 1, tumour: 2}}`: by the number of a segment, its label, or the "
            "name of an ROI.",
        )
    for place, names in (
        (("cohort", "target"), cohort.target),
        *((("cohort", "regions"), parts) for parts in cohort.regions.values()),
    ):
        for name in names:
            if name not in masks.structures:
                raise settings.refuse(
                    place,
                    f"'{name}' is none of `ingest.masks.structures` ({nearest(name, masks.structures)}).",
                )
    names = (*cohort.target, *cohort.regions)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise settings.refuse(("cohort", "regions"), f"'{twice}' is named twice among targets and regions.")
    if len(names) > MOST:
        raise settings.refuse(
            ("cohort", "target"), f"{len(names)} targets, and a model takes {MOST} at most. Name fewer."
        )
    _require_learnable(settings, names)
    require_goal(settings, [METRICS[name] for name in GOALS])


def _require_learnable(settings: Config, names: Sequence[str]) -> None:
    """Raises ConfigError where training would mix up sides, or leave nothing to choose on."""
    sided = one_sided(names) if settings.train.augment.flip else None
    if sided is not None:
        raise settings.refuse(
            ("train", "augment"),
            f"'{sided}' lies on one side, and `flip` mirrors left and right: the network would learn the one "
            "for the other. Leave `flip` out.",
        )


def reader(cells: Iterable[str], choices: Cohort) -> Marks:
    """How the cells of declared structures are read."""
    parts = {name: (name,) for name in choices.target} | dict(choices.regions)
    return Marks(choices.structures, tuple(parts), parts)


def check(cells: Sequence[str], choices: Cohort, *, cell_of: Callable[[int], str], refuse: Refuse) -> None:
    """Nothing: the table has no column of masks."""


def question(
    counts: Mapping[str, int], choices: Cohort, *, missing: Mapping[str, int], refuse: Refuse
) -> Structures:
    """The question that these scans ask. Raises DataError where no scan has a structure."""
    names = reader((), choices).names
    having = Counter(dict.fromkeys(names, 0))
    for value, count in counts.items():
        having.update({name: count for name, cell in cells_of(value, names).items() if cell == PRESENT})
    if lacking := [name for name in names if not having[name]]:
        raise DataError(_unlearnable(lacking[0], having, sum(counts.values()), choices))
    cells = [cells_of(value, names) for value, count in counts.items() if count]
    return Structures(
        names,
        may_be_absent=tuple(name for name in names if any(each[name] == ABSENT for each in cells)),
        regions={name: tuple(parts) for name, parts in choices.regions.items()},
        exclusive=not (choices.regions or choices.overlap),
    )


def _unlearnable(name: str, having: Mapping[str, int], scans: int, choices: Cohort) -> str:
    """Why a structure can't be learned that no scan has, and what can be done."""
    there = {one: count for one, count in having.items() if count}
    told = f"; they have {', '.join(f'{one} in {count:,}' for one, count in there.items())}" if there else ""
    others = [one for one in choices.target if one in there]
    instead = "take it out of `cohort.regions`" if name in choices.regions else ""
    if not instead and others:
        instead = f"learn the others alone: `target: [{', '.join(others)}]` below `cohort:`"
    return (
        f"None of the {scans:,} scans with masks has the structure '{name}', so it can't be learned{told}. "
        "Mend what `ingest.masks.structures` says that files call it"
        f"{f', or {instead}' if instead else ''}."
    )


def question_of(record: CohortRecord | Metrics | ModelRecord) -> Structures:
    """The question that a record holds."""
    return structures.read(record)


def same(one: Structures, other: Structures) -> bool:
    """Whether two models answer one question: the same structures in the same order."""
    return one.names == other.names and one.regions == other.regions


def require_same(champion: Structures, candidate: Structures) -> None:
    """Nothing, if both models answer one question. Raises GateError with the structures of both."""
    if not same(champion, candidate):
        raise different_questions(
            f"The champion marks {', '.join(champion.names)}, the candidate {', '.join(candidate.names)}",
            names_put_back(champion.names, candidate.names),
        )


def targets(question: Structures) -> tuple[str, ...]:
    """The names of the targets: the structures and regions."""
    return question.names


def outlined(question: Structures) -> Outlined:
    """What is asked of every voxel: all targets."""
    return question.outlined


def stratum(values: Iterable[str], question: Structures) -> str:
    """The stratum in which a patient is drawn: which of the structures any of the scans has."""
    said = [cells_of(value, question.names) for value in values]
    return "+".join(name for name in question.names if any(cells[name] == PRESENT for cells in said))


def counts(values: Iterable[str], question: Structures) -> dict[str, int]:
    """In how many scans of a part each structure is there."""
    having = Counter(dict.fromkeys(question.names, 0))
    for value in values:
        having.update(name for name, cell in cells_of(value, question.names).items() if cell == PRESENT)
    return dict(having)


def in_words(values: Iterable[str], question: Structures) -> str:
    """The same in words for the terminal."""
    return ", ".join(f"{name} in {count:,}" for name, count in counts(values, question).items())


def described(value: str, question: Structures) -> dict[str, Attribute]:
    """What is compared of a patient's truth when new scans come: each structure that is known."""
    cells = cells_of(value, question.names)
    return {f"structure {name}": _SAID[cell] for name, cell in cells.items() if cell != UNKNOWN}


def require_parts(
    part_of: Mapping[str, str],
    values: Mapping[str, Collection[str]],
    question: Structures,
    *,
    one_vote: bool,
    advice: str,
) -> None:
    """Nothing, if training can learn every structure, and the other parts can judge one of them at least.

    `values` has the values of each patient, `advice` is the way to other parts. Raises DataError with how
    many patients of each part have each structure.
    """
    having = {part: Counter(dict.fromkeys(question.names, 0)) for part in PARTS}
    for patient_id, part in part_of.items():
        said = [cells_of(value, question.names) for value in values[patient_id]]
        having[part].update(n for n in question.names if any(cells[n] == PRESENT for cells in said))
    for part in PARTS:
        lacking = [name for name, patients in having[part].items() if not patients]
        if lacking and (part == PARTS[0] or len(lacking) == len(question.names)):
            each = "; ".join(
                f"{one} " + ", ".join(f"'{name}' {count}" for name, count in having[one].items())
                for one in PARTS
            )
            which = f"'{lacking[0]}'" if part == PARTS[0] else "any structure"
            raise DataError(
                f"No patient of the {part} part has {which} (patients with each structure: {each}). Add "
                f"scans of more patients, or {advice}."
            )


def _union(cells: Sequence[str]) -> str:
    """The cell of a region from those of its parts."""
    if UNKNOWN in cells:
        return UNKNOWN
    return PRESENT if PRESENT in cells else ABSENT
