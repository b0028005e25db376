"""Which structures the settings declare, and by which names and numbers files call them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from pipeline.ingest.reasons import Refusal
from pipeline.label_spelling import folded

_ALIKE: Final = 0.8
"""From which ratio of difflib on two names may be one, misspelt, as Livr and Liver."""
_THERE: Final = 1
Called = int | str
"""A number of a segment or of a mask's voxels, or a segment's label or an ROI's name."""


@dataclass(frozen=True)
class Structures:
    """The declared structures, each with what files call it, and what is to be done in doubt.

    `undeclared` says what becomes of a file that marks something else besides. `threshold` is the least
    share of a fractional segment's largest value that counts as marked, None for no such segments. `form` and
    `axes` say how a NIfTI file tells its place, as those of its image; `resamples` whether one of another
    grid in the same place is put onto that of its scan by the nearest voxel. `is_alone` says that they are
    one, in a file of its own, whose name calls it.
    """

    called: Mapping[str, tuple[Called, ...]] = field(default_factory=dict)
    may_be_absent: frozenset[str] = frozenset()
    undeclared: Literal["refuse", "ignore"] = "refuse"
    threshold: float | None = None
    form: str = ""
    axes: str = ""
    resamples: bool = False
    is_alone: bool = False

    def of(self, number: int | None, label: str) -> str:
        """The structure that a file calls so; "" for none. Labels are compared as they are `folded`.

        Raises Refusal `mask_values_invalid` where number and label name two structures, also where the label
        is but the name that the settings have for another one.
        """
        known = {
            name
            for name, called in self.called.items()
            if any(_is_same(one, number, label) for one in called)
        }
        if len(known) > 1:
            raise Refusal("mask_values_invalid", f"a segment is called as {len(known)} structures are")
        found = next(iter(known), "")
        by_label = found and any(_is_same(one, None, label) for one in self.called[found])
        if found and not by_label:
            self._require_no_other(number, label, found)
        return found

    def _require_no_other(self, number: int | None, label: str, found: str) -> None:
        """Numbers of segments are any writer's own: a label that contradicts one may be right."""
        others = [name for name in self.called if name != found and _is_named(name, label)]
        if others and not _is_named(found, label):
            detail = f"segment {number} has the number of {found} and the name of {others[0]}"
            raise Refusal("mask_values_invalid", detail)

    def alone(self, name: str) -> Structures:
        """One of them, in a file of its own that has 1 where it is, else 0: nothing in it is ignored."""
        return replace(self, called={name: (_THERE,)}, undeclared="refuse", is_alone=True)

    def like(self, label: str) -> str:
        """Words on the structure that is called much as the label is, "" where none is.

        They say nothing of the label but that: it is free text.
        """
        words = {
            folded(one): name
            for name, called in self.called.items()
            for one in called
            if isinstance(one, str)
        }
        close = difflib.get_close_matches(folded(label), words, n=1, cutoff=_ALIKE)
        return f", though called much as {words[close[0]]} is" if close else ""

    def quoted(self, number: int) -> str:
        """Words on the structure that the settings call by the number in quotes, "" where they don't."""
        names = [name for name, called in self.called.items() if str(number) in called]
        return (
            f": {names[0]} is called '{number}' in quotes, a label; without them it is a number"
            if names
            else ""
        )

    def numbered(self) -> dict[int, str]:
        """The structure of each number that files call one by."""
        return {one: name for name, called in self.called.items() for one in called if isinstance(one, int)}

    def named(self, called: Mapping[int, str]) -> dict[int, str]:
        """The structure of each number with its label, where it is one's.

        Raises Refusal `mask_values_invalid` for two of one structure, or one of none unless that is ignored.
        """
        found: dict[int, str] = {}
        for number, label in sorted(called.items()):
            name = self.of(number, label)
            if not name and self.undeclared == "refuse":
                raise Refusal(
                    "mask_values_invalid",
                    f"segment {number} is of no structure{self.quoted(number) or self.like(label)}",
                )
            if name in found.values():
                raise Refusal("mask_values_invalid", f"segments of one structure, one of them {number}")
            if name:
                found[number] = name
        return found


NO_STRUCTURES = Structures()
"""No mask is read."""


def _is_named(name: str, label: str) -> bool:
    """Whether a label is the settings' name of a structure, underscores or blanks between its words."""
    return folded(name.replace("_", " ")) == folded(label.replace("_", " "))


def _is_same(called: Called, number: int | None, label: str) -> bool:
    if isinstance(called, int):
        return called == number
    return bool(label) and folded(called) == folded(label)
