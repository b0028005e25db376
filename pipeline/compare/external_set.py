"""Whether the external part is another one than the champion's: redefined, or of other patients."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pipeline.contracts import cohort
from pipeline.contracts.cohort import ALSO_EXTERNAL
from pipeline.contracts.comparison import Change
from pipeline.records import EXTERNAL
from pipeline.workspace import Workspace

SECTION: Final = "cohort.external"
FOLDERS: Final = f"{SECTION}.folders"
_SHOWN: Final = 8  # characters of a digest that tell two apart, a choice


def recorded_folders(folder: Path) -> dict[str, Any]:
    """Which folders were of the other source, by their keyed digest; nothing where a version kept none."""
    record = cohort.FILE.find(folder)
    if record is None or record.external_folders is None:
        return {}
    digest = record.external_folders
    return {FOLDERS: f"folders with the digest {digest[:_SHOWN]}" if digest else "no folders"}


def redefined(then: Path, now: Path) -> int:
    """How many scans were of the other source and are said not to be it any more, or the other way round.

    Scans that came or went are new data, and no other definition.
    """
    return sum(len(_external(one) & _left_at_home(other)) for one, other in ((then, now), (now, then)))


def change_of(scans: int, *, allowed: bool) -> Change:
    """That the table of labels says of so many scans another thing than when the champion was promoted."""
    noun = "scan" if scans == 1 else "scans"
    return Change(SECTION, f"{scans:,} {noun} of one source", "the same of the other one", allowed)


def notes_on_external(workspace: Workspace, generation: str) -> list[str]:
    """How the patients of the external part differ from those when the champion was promoted."""
    then, now = (_patients(folder) for folder in (workspace.generations / generation, workspace.candidate))
    if then == now:
        return []
    came, went, both = len(now - then), len(then - now), len(then & now)
    asked = " Both models are asked of the present one." if now else ""
    return [
        f"The external part isn't the one that generation {generation} was promoted with: "
        f"{came:,} patients came, {went:,} went, {both:,} are in both.{asked}"
    ]


def _patients(folder: Path) -> frozenset[str]:
    return frozenset(row[cohort.PERSON] for row in cohort.TABLE.rows(folder) if row["part"] == EXTERNAL)


def _external(folder: Path) -> frozenset[str]:
    return frozenset(case_id for case_id, part in cohort.parts(folder).items() if part == EXTERNAL)


def _left_at_home(folder: Path) -> frozenset[str]:
    """The scans that are left out for not being of the other source, while their patients are external."""
    if not cohort.EXCLUDED.path(folder).is_file():
        return frozenset()
    return frozenset(row["case_id"] for row in cohort.EXCLUDED.rows(folder) if row["reason"] == ALSO_EXTERNAL)
