"""Generations: frozen copies of promoted candidates, and whether they are still what was frozen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline import digests, ledger
from pipeline.champion.memory import require_champion
from pipeline.champion.pointer import current, line_of_champions
from pipeline.contracts import report
from pipeline.contracts.generation import FILE, Seal
from pipeline.contracts.model_record import MODEL_FILE
from pipeline.crash_points import crash_point
from pipeline.errors import DamageError, UsageError
from pipeline.printed import make
from pipeline.workspace import Workspace
from pipeline.writing import TEMPORARY, retry_error, sync

Named = Callable[[Path, str], None]
"""Writes into the report in a folder of which generation it is."""
_NAMED: Final = (report.PAGE.name, report.FILE.name)


def unnamed(folder: Path, generation: str) -> None:
    """Leaves the report as it is."""


def freeze(workspace: Workspace, named: Named = unnamed) -> str:
    """The name of the generation that now holds a copy of every file of the candidate.

    `named` writes the generation's name into the copy of the report before it is sealed. A generation that
    already holds the same files but for the report (a promotion was cut short) is used as it is.
    Raises RetryError when the disk is full; nothing is then left behind.
    """
    files = _but_report(_digests_of(workspace.candidate))
    names = _names(workspace)
    for name in reversed(names):
        sealed = _sealed(workspace.generations / name)
        if sealed is not None and _but_report(sealed) == files:
            return name
    name = f"{int(names[-1]) + 1 if names else 1:04d}"
    _copy(workspace.candidate, workspace.generations / name, named)
    return name


def _but_report(files: Mapping[str, str]) -> dict[str, str]:
    """The digests without those of the report, which a generation has under its own name."""
    return {name: digest for name, digest in files.items() if name not in _NAMED}


def seal(folder: Path) -> None:
    """Writes down the digests of all files of `folder`."""
    FILE.write(folder, Seal(_digests_of(folder)))


def reseal(folder: Path, changed: Mapping[str, str], *, removed: Collection[str]) -> None:
    """Writes down the digests that a sealed folder will have once texts in it changed and files went.

    All others stay as sealed: damage is not hidden. To be called before the files change, so that a
    change that was cut short can be seen, and made again.
    """
    sealed = _sealed(folder)
    if sealed is None:
        return
    kept = {name: digest for name, digest in sealed.items() if name not in removed}
    new = {name: digests.of_bytes(text.encode()) for name, text in changed.items()}
    FILE.write(folder, Seal(kept | new, FILE.read(folder).pruned))


def check_generation(workspace: Workspace, generation: str) -> int:
    """How many files of the generation were checked; all are as they were frozen.

    Raises DamageError naming the files that changed or are missing.
    """
    folder = workspace.generations / generation
    sealed = _sealed(folder)
    if sealed is None:
        raise DamageError(
            f"{workspace.shown(folder)} has no {FILE.name}. Put the generation back from your backup."
        )
    digests_now = _digests_of(folder)
    wrong = sorted(name for name, digest in sealed.items() if digests_now.get(name) != digest)
    if wrong:
        raise DamageError(
            f"Generation {generation}: {', '.join(wrong)} changed since the promotion, or can't be found. "
            f"Put {workspace.shown(folder)} back from your backup."
        )
    return len(sealed)


def named_generation(workspace: Workspace, number: str) -> str:
    """The name of the generation that a person calls by its number ("3", "0003").

    Raises UsageError naming those that there are.
    """
    names = _names(workspace)
    name = f"{int(number):04d}" if number.strip().isdecimal() else number
    if name not in names:
        known = f"there are {', '.join(names)}" if names else "nothing was promoted yet"
        raise UsageError(f"There is no generation '{number}': {known}. `{make('generations')}` lists them.")
    return name


def generations(workspace: Workspace) -> list[dict[str, str]]:
    """One row per generation, oldest first: generation, state, verdict, model, promoted, approver, reason.

    The state is champion, former, rolled back, or never promoted (its promotion was cut short); of the last
    two it says whether the model was pruned, and of each whether its seal is damaged. Raises DamageError when
    the champion is not the one that the ledger names.
    """
    require_champion(workspace)
    records = ledger.read(workspace.ledger("promotions"))
    champion = current(workspace)
    in_use = champion.generation if champion else None
    line = line_of_champions(records)
    promotions = {record["generation"]: record for record in records if record["action"] == "promote"}
    states = {
        name: _state(name, in_use, line=line, promotions=promotions) + _gone(workspace.generations / name)
        for name in _names(workspace)
    }
    return [_row(name, promotions.get(name), state=state) for name, state in states.items()]


def _state(name: str, champion: str | None, *, line: list[str], promotions: dict[str, Any]) -> str:
    if name == champion:
        return "champion"
    if name not in promotions:
        return "never promoted"
    return "former" if name in line else "rolled back"


def damaged_seals(workspace: Workspace) -> list[str]:
    """A sentence for each generation whose seal isn't there, or can't be read."""
    found = (_damage_of_seal(workspace.generations / name) for name in _names(workspace))
    return [sentence for sentence in found if sentence]


def _damage_of_seal(folder: Path) -> str:
    try:
        FILE.read(folder)
    except DamageError as error:
        return str(error)
    return ""


def _gone(folder: Path) -> str:
    """What a state says besides where the seal knows of a model that was pruned; a lost one is damage."""
    if _damage_of_seal(folder):
        return ", seal damaged"
    sealed = FILE.find(folder)
    was_pruned = sealed is not None and MODEL_FILE in sealed.pruned
    return ", pruned" if was_pruned and not (folder / MODEL_FILE).is_file() else ""


def _row(name: str, promotion: dict[str, Any] | None, *, state: str) -> dict[str, str]:
    fields = promotion or {}
    return {
        "generation": name,
        "state": state,
        "verdict": str(fields.get("verdict", "")),
        "model": str(fields.get("model", ""))[:12],
        "promoted": str(fields.get("created", "")),
        "approver": str(fields.get("approver", "")),
        "reason": str(fields.get("reason", "")),
    }


def _names(workspace: Workspace) -> list[str]:
    if not workspace.generations.is_dir():
        return []
    return sorted((path.name for path in workspace.generations.iterdir() if path.name.isdecimal()), key=int)


def _digests_of(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and TEMPORARY not in path.name)
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: digests.of_file(path) for name, path in named.items() if name != FILE.name}


def _sealed(folder: Path) -> Mapping[str, str] | None:
    """The digests that the folder was sealed with, None where it never was. Raises DamageError."""
    seal = FILE.find(folder)
    return seal.files if seal else None


def _copy(source: Path, target: Path, named: Named) -> None:
    temporary = target.with_name(f"{target.name}{TEMPORARY}{os.getpid()}")
    try:
        for path in sorted(
            path for path in source.rglob("*") if path.is_file() and TEMPORARY not in path.name
        ):
            _copy_file(path, temporary / path.relative_to(source))
            crash_point(f"copied:{path.name}")
        named(temporary, target.name)
        seal(temporary)
        crash_point(f"write:generation {target.name}")
        temporary.rename(target)
        sync(target.parent)
        crash_point(f"written:generation {target.name}")
    except OSError as error:
        raise retry_error(error, target) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    sync(target)
