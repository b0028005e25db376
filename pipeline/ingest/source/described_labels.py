"""What a `dataset.json` says of labels, held against the structures that the settings declare.

The settings count. Of the names in such a file only those are told that the settings declare, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_FILE: Final = "dataset.json"
_NO_STRUCTURE: Final = "background"
_UNSEEN: Final = "ignore"
"""What nnU-Net calls voxels that nobody marked (`documentation/ignore_label.md`)."""
_DECLARED: Final = "`ingest.masks.structures`"
Called = Mapping[str, tuple[int | str, ...]]
Label = tuple[str, tuple[int, ...]]


def label_lines(data: Mapping[str, Any], called: Called) -> list[str]:
    """What the file says of labels otherwise than the settings: notes; `called` is what these say."""
    said = list(_said(data.get("labels")))
    if not said or not called:
        return []
    declared = {one: name for name, own in called.items() for one in own if isinstance(one, int)}
    unseen = {number for name, numbers in said if name == _UNSEEN for number in numbers}
    described = {number for name, numbers in said if name != _NO_STRUCTURE for number in numbers} - {0}
    lines = [*_twice(said), *_others(said, called, declared)]
    if unseen:
        lines.append(
            f"{_FILE} calls {_listed(unseen)} {_UNSEEN}, which are voxels that nobody marked; they are not "
            "told apart from those of no structure"
        )
    if unknown := described - declared.keys() - unseen:
        lines.append(f"{_FILE} has labels that {_DECLARED} doesn't declare: {_listed(unknown)}")
    if nowhere := declared.keys() - described:
        lines.append(f"{_DECLARED} declares labels that {_FILE} doesn't have: {_listed(nowhere)}")
    return [f"note: {line}" for line in lines]


def _twice(said: Sequence[Label]) -> list[str]:
    """Numbers of several labels; regions of nnU-Net, which are lists, share theirs on purpose."""
    counts = Counter(numbers[0] for _, numbers in said if len(numbers) == 1)
    return [
        f"{_FILE} gives {count} labels the number {number}; {_DECLARED} decides"
        for number, count in sorted(counts.items())
        if count > 1
    ]


def _others(said: Sequence[Label], called: Called, declared: Mapping[int, str]) -> list[str]:
    """Declared structures to which the file gives the number of another one."""
    return [
        f"{_FILE} calls {numbers[0]} {name}, which {_DECLARED} gives to {declared[numbers[0]]}"
        for name, numbers in said
        if len(numbers) == 1 and name in called and declared.get(numbers[0], name) != name
    ]


def _said(labels: object) -> Iterator[Label]:
    """The name of each label with its numbers: of nnU-Net by name, of the decathlon by number."""
    for key, value in labels.items() if isinstance(labels, dict) else ():
        if isinstance(value, str):
            key, value = value, key
        numbers = value if isinstance(value, list) else [value]
        try:
            yield str(key).strip(), tuple(int(number) for number in numbers)
        except (TypeError, ValueError, OverflowError):
            continue


def _listed(numbers: set[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
