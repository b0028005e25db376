"""What a task puts into the report, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.tasks.contract import Number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.page.artifacts import Artifacts
    from pipeline.page.section import Section

Build = Callable[["Artifacts"], "Section"]
"""What a section says of a model, from everything that was written of it."""
Draw = Callable[[dict[str, Any]], "Figure"]
"""A chart from the data that report.json holds of it."""


class Page(Protocol):
    """Which sections the report has, with which words."""

    @property
    def IN_BRIEF(self) -> Sequence[str]:  # noqa: N802
        """The task's own sections of the first chapter, by key."""
        ...

    @property
    def TESTED(self) -> Sequence[str]:  # noqa: N802
        """The sections on the tested patients."""
        ...

    @property
    def INSIDE(self) -> Sequence[str]:  # noqa: N802
        """The sections that look into the network."""
        ...

    @property
    def SECTIONS(self) -> Mapping[str, Build]:  # noqa: N802
        """The sections that the task brings itself, by key."""
        ...

    @property
    def FIGURES(self) -> Mapping[str, Draw]:  # noqa: N802
        """The charts of those sections, by name."""
        ...

    @property
    def TEMPLATES(self) -> Path:  # noqa: N802
        """The folder with a template for each of those sections, KEY.html."""
        ...

    @property
    def PAIRED(self) -> Mapping[str, str]:  # noqa: N802
        """The sections that stand side by side: the left one's key to that of the right one behind it."""
        ...

    @property
    def CALIBRATION(self) -> Sequence[str]:  # noqa: N802
        """The metrics of the section on probabilities, none where there are none."""
        ...

    @property
    def TRUTH(self) -> str:  # noqa: N802
        """What the truth of a case is called in the table of the data."""
        ...

    @property
    def LEARNING(self) -> Sequence[Mapping[str, Any]]:  # noqa: N802
        """What is drawn of the history of training: columns with their labels, the axis' label and range."""
        ...

    def finding(self, question: Any) -> str:
        """What the patients have that are counted beside all, such as a class; empty where nothing is."""
        ...

    def population(self, values: Sequence[str]) -> list[str]:
        """The group in which each truth is counted in the table of the data."""
        ...

    def brief(self, question: Any) -> dict[str, str]:
        """The metrics of the first table, each with what it says in plain words."""
        ...

    def lead(self, question: Any, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
        """What the headline means, in whole numbers; empty where there is none."""
        ...

    def numbers(self, question: Any) -> Sequence[str]:
        """The metrics of the table of all numbers, in its order."""
        ...

    def numbers_title(self, question: Any) -> str:
        """The title of that table's section."""
        ...

    def by_class(self, question: Any) -> Mapping[str, Sequence[str]]:
        """The metrics of what has a row of its own beside the whole."""
        ...

    def gallery(self, question: Any) -> dict[str, str]:
        """The kinds of cases that the gallery shows, each with its heading."""
        ...

    def absent(self, key: str, question: Any) -> str:
        """Why a section has nothing to show for this question, empty where it has."""
        ...

    def use_of_validation(self, question: Any) -> str:
        """What the validation part of a table from elsewhere is used for, empty for nothing."""
        ...

    def counted(self, part: Mapping[str, Any]) -> dict[str, int]:
        """The groups of a part of the cohort whose size limits what it can show, in words."""
        ...

    def output(self, question: Any) -> str:
        """What the model gives for a scan, in words."""
        ...
