"""The one sentence on a file that can't be read: which, what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline import printed
from pipeline.errors import DamageError

Remedy = Callable[[Path], str]
"""What to do about a damaged file, as a sentence; not asked of a file that a generation froze."""


def damaged(path: Path, problem: str, remedy: Remedy) -> DamageError:
    """The error that says `problem` ("it is empty") of the file, and what to do."""
    return DamageError(f"{_shown(path)} is damaged: {problem}. {_advice(path, remedy)}")


def newer(path: Path, written: int, known: int, remedy: Remedy) -> DamageError:
    """The error that a later version of the program wrote the file, by the numbers of its schema."""
    otherwise = _advice(path, remedy)
    return DamageError(
        f"{_shown(path)} was written by a newer version of Scanloom (schema {written}, this one knows "
        f"{known}). Update Scanloom, or {otherwise[0].lower()}{otherwise[1:]}"
    )


def rewritten_by(stage: str) -> Remedy:
    """The advice to have the file written again by its stage."""
    return lambda path: f"Remove it and run `{printed.scanloom(stage)}`, which writes it again."


def from_backup(path: Path) -> str:
    """The advice where nothing writes the file again."""
    return "Put it back from your backup."


def _shown(path: Path) -> str:
    """The file with its folder, a generation's with two: no path of the machine."""
    depth = 3 if _is_frozen(path) else 2
    return "/".join(path.absolute().parts[-depth:])


def _advice(path: Path, remedy: Remedy) -> str:
    if _is_frozen(path):
        return f"Put the folder generations/{path.parent.name} back from your backup."
    return remedy(path)


def _is_frozen(path: Path) -> bool:
    return path.parent.parent.name == "generations"
