"""`scanloom verify`: compares all stored artifacts with the digests written when they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline import digests, ledger
from pipeline.arrays import Shards
from pipeline.arrow import ARROW
from pipeline.catalogue import INGEST_STAMP, Catalogue, cases, masks
from pipeline.champion import check_generation, require_champion, require_whole
from pipeline.contracts.ingested import FILE
from pipeline.errors import DamageError
from pipeline.ingest.account import contents
from pipeline.printed import make
from pipeline.records import Summary
from pipeline.stages import damage
from pipeline.workspace import Workspace

_LEDGERS = ("parts", "looks", "promotions", "reviews")


def run(workspace: Workspace) -> Summary:
    """How many artifacts match. Raises DamageError naming all that don't, with the way to mend each."""
    names = [path.name for path in sorted(workspace.generations.glob("[0-9]*")) if path.is_dir()]
    damaged = [*(wrong for name in ARROW for wrong in damage(name, workspace)), *_arrays(workspace)]
    damaged += _problems(
        *(partial(ledger.read, workspace.ledger(name)) for name in _LEDGERS),
        partial(require_whole, workspace),
        partial(require_champion, workspace),
        *(partial(check_generation, workspace, name) for name in names),
    )
    if damaged:
        raise DamageError("\n".join(dict.fromkeys(damaged)))
    cases, ledgers = _cases(workspace), ledger.heads(workspace.ledgers)
    if not (cases or ledgers or names):
        return Summary((f"Nothing of '{workspace.name}' is stored yet.",), changed=False)
    counted = ", ".join(
        f"{number:,} {noun}{'' if number == 1 else 's'}"
        for number, noun in ((cases, "case"), (len(names), "generation"), (len(ledgers), "ledger"))
    )
    return Summary(
        (f"All stored files of '{workspace.name}' match their digests ({counted}).",), changed=False
    )


def _problems(*checks: Callable[[], object]) -> list[str]:
    """What each check that fails says."""
    problems = []
    for check in checks:
        try:
            check()
        except DamageError as error:
            problems.append(str(error))
    return problems


def _cases(workspace: Workspace) -> int:
    if not workspace.catalogue.is_file():
        return 0
    with Catalogue(workspace.catalogue) as catalogue:
        return cases.counted(catalogue)[0]


def _arrays(workspace: Workspace) -> Iterator[str]:
    if not workspace.catalogue.is_file():
        return
    with Catalogue(workspace.catalogue) as catalogue:
        if not _rows_sound(catalogue, workspace.data):
            yield f"Rows of catalogue.sqlite are damaged. {_again()}"
            return
        native = Shards(workspace.cases)
        bad = [case.case_id for case in catalogue.cases() if not native.verify(case.stored)]
        if bad:
            yield (f"{len(bad)} cases' voxels are damaged (first: {bad[0]}). {_again()}")
        bad = [mask.case_id for mask in masks.all_of(catalogue) if not native.verify(mask.stored)]
        if bad:
            yield (f"{len(bad)} masks are damaged (first: of {bad[0]}). {_again()}")
        normalized = Shards(workspace.normalized)
        for recipe_id in catalogue.recipes():
            stored = catalogue.arrays(recipe_id)
            bad = [case_id for case_id, place in stored.items() if not normalized.verify(place)]
            if bad:
                yield (f"{len(bad)} normalized arrays are damaged (first: {bad[0]}). {_again()}")


def _rows_sound(catalogue: Catalogue, folder: Path) -> bool:
    """Whether the catalogue's rows have the digests that ingest wrote of them.

    SQLite itself doesn't see a flipped bit inside a value. Nothing is known while ingest hasn't finished,
    or since a patient was forgotten.
    """
    record_digest = catalogue.meta(INGEST_STAMP)
    record = FILE.path(folder)
    if not record_digest or not record.is_file() or digests.of_file(record) != record_digest:
        return True
    record_read = FILE.read(folder)
    return record_read == contents(catalogue, record_read.key_id) and not catalogue.damaged_cases()


def _again() -> str:
    return f"Run `{make('clean')}`, then `{make('report')}`."
