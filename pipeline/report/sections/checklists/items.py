"""What an item of a checklist is, and how a list is filled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from pipeline.page.artifacts import Artifacts

Status = Literal["answered", "not_applicable", "authors"]
ANSWERED: Final[Status] = "answered"
NOT_APPLICABLE: Final[Status] = "not_applicable"
AUTHORS: Final[Status] = "authors"
STATUSES: Final = (ANSWERED, NOT_APPLICABLE, AUTHORS)


@dataclass(frozen=True)
class Answer:
    """A sentence from recorded facts, and the key of the section that shows them.

    `applies` is False where the sentence says why the item can't concern this model.
    """

    text: str
    link: str
    applies: bool = True


Answerer = Callable[[Artifacts], Answer | None]
"""The answer that is recorded, None where it isn't."""


def left_to_authors(artifacts: Artifacts) -> Answer | None:
    """Nothing: no stage can know it."""
    return None


@dataclass(frozen=True)
class Item:
    """An item by its number in the paper, what it asks for in our words, and what answers it."""

    number: str
    asks: str
    answer: Answerer = left_to_authors


@dataclass(frozen=True)
class Filled:
    """An item with its answer; `link` is empty without an answer, and where the page lacks its section."""

    item: str
    asks: str
    status: Status
    answer: str = ""
    link: str = ""

    def to_json(self) -> dict[str, str]:
        """The item as plain JSON values."""
        return asdict(self)


def fill(items: Sequence[Item], artifacts: Artifacts, *, sections: Collection[str]) -> list[Filled]:
    """All items in order; `sections` are the keys of what the page shows."""
    return [_filled(item, item.answer(artifacts), sections) for item in items]


def _filled(item: Item, answer: Answer | None, sections: Collection[str]) -> Filled:
    if answer is None:
        return Filled(item.number, item.asks, AUTHORS)
    status = ANSWERED if answer.applies else NOT_APPLICABLE
    link = answer.link if answer.link in sections else ""
    return Filled(item.number, item.asks, status, answer.text, link)
