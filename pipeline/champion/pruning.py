"""Pruning: the models of generations that are in nobody's line of champions go, all that tells of them stays.

The champion and those before it are kept for ever: a rollback needs them, and the best of them is the anchor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipeline.champion.generations import check_generation, damaged_seals, generations, named_generation
from pipeline.champion.memory import require_whole
from pipeline.contracts.generation import FILE, Seal
from pipeline.contracts.model_record import FIRST_FIT_FILE, MODEL_FILE
from pipeline.errors import DamageError, GateError
from pipeline.printed import make
from pipeline.records import Summary
from pipeline.workspace import Workspace

ALL: Final = "all"
_KEPT: Final = frozenset({"champion", "former"})
_MODELS: Final = (MODEL_FILE, FIRST_FIT_FILE)


def prune(workspace: Workspace, number: str = "") -> Summary:
    """Removes the models of one generation, or of `all` that can be spared; without a number it only tells.

    Their predictions, verdict, report and seal stay. A pruning that was cut short is finished by the same
    command. Raises UsageError when there is no such generation, GateError when it is kept for ever,
    DamageError when a file of it isn't what was promoted.
    """
    require_whole(workspace)
    if wrong := damaged_seals(workspace):  # what a seal can't tell apart is not removed
        raise DamageError("\n".join(wrong))
    states = {row["generation"]: row["state"] for row in generations(workspace)}
    spare = {name: _models(workspace, name) for name, state in states.items() if state not in _KEPT}
    spare = {name: sizes for name, sizes in spare.items() if sizes}
    if not number:
        return Summary(_told(spare, states), changed=False)
    names = list(spare) if number == ALL else [named_generation(workspace, number)]
    for name in names:
        if states[name] in _KEPT:
            raise GateError(
                f"Generation {name} is the champion or one that a rollback can lead to: it is kept for ever. "
                f"`{make('prune')}` lists what can go."
            )
    removed = {name: spare[name] for name in names if name in spare}
    for name in removed:
        _remove(workspace, name)
    if not removed:
        return Summary(("Nothing is left to remove.",), changed=False)
    return Summary(tuple(f"Removed of generation {_size(name, sizes)}." for name, sizes in removed.items()))


def _models(workspace: Workspace, name: str) -> dict[str, int]:
    """The files of the generation's models that are there, with their bytes."""
    paths = {file: workspace.generations / name / file for file in _MODELS}
    return {file: path.stat().st_size for file, path in paths.items() if path.is_file()}


def _remove(workspace: Workspace, name: str) -> None:
    """The seal says first which files went: what a kill leaves is no damage, and goes the next time."""
    folder = workspace.generations / name
    sealed = FILE.find(folder)
    if sealed is not None:
        going = {file: digest for file, digest in sealed.files.items() if file in _MODELS}
        if going:
            check_generation(workspace, name)
        kept = {file: digest for file, digest in sealed.files.items() if file not in going}
        FILE.write(folder, Seal(kept, {**sealed.pruned, **going}))
    for file in _MODELS:
        (folder / file).unlink(missing_ok=True)


def _told(spare: Mapping[str, Mapping[str, int]], states: Mapping[str, str]) -> tuple[str, ...]:
    kept = ", ".join(name for name, state in states.items() if state in _KEPT) or "none"
    if not spare:
        return (f"Nothing can go: the line of champions is kept for ever ({kept}).",)
    told = (f"Can go of generation {_size(name, sizes)} ({states[name]})." for name, sizes in spare.items())
    last = (
        f"Nothing was removed. Kept for ever: {kept}. `{make('prune', {'GEN': ALL})}` removes the models of "
        "all that can go; their predictions, verdicts and reports stay."
    )
    return (*told, last)


def _size(name: str, sizes: Mapping[str, int]) -> str:
    return f"{name}: {', '.join(sizes)}, {sum(sizes.values()) / 1e6:.1f} MB"
