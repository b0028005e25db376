"""What a task puts into the report, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.tasks.contract import Grouped, Number, Score

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
    def GALLERY(self) -> str:  # noqa: N802
        """The title of the section with pictures of cases."""
        ...

    @property
    def METHODS(self) -> Mapping[str, str]:  # noqa: N802
        """What the methods stand for that have no rule in metrics.json and no other task uses, by name."""
        ...

    @property
    def LEARNING(self) -> Sequence[Mapping[str, Any]]:  # noqa: N802
        """What is drawn of the history of training: columns with their labels, the axis' label and range."""
        ...

    def finding(self, question: Any) -> str:
        """What the patients have that are counted beside all, such as a class; empty where nothing is."""
        ...

    def population(self, values: Sequence[str], question: Any) -> Sequence[Grouped]:
        """How the table of the data counts cases whose truths are `values`, one for each target."""
        ...

    def brief(self, question: Any, *, unit: str) -> dict[str, str]:
        """The metrics of the first table, each with what it says in plain words; `unit` has one vote."""
        ...

    def lead(self, question: Any, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
        """What the headline means, in whole numbers; empty where there is none."""
        ...

    def gallery(self, question: Any) -> dict[str, str]:
        """The kinds of cases that the gallery shows, each with its heading."""
        ...

    def measured_in(self, metric: str, question: Any) -> str:
        """The unit of a metric's values, empty for a pure number."""
        ...

    def score(self, question: Any) -> Score:
        """What the score of a case is, and how it is printed."""
        ...

    def warnings(self, artifacts: Artifacts) -> list[dict[str, Any]]:
        """What a reader must know first and no other task has to say: rows that `remark` gives."""
        ...

    def limits(self, artifacts: Artifacts) -> list[dict[str, Any]]:
        """What limits the result and no other task has to say: rows that `remark` gives."""
        ...

    def fixed_by_validation(self, question: Any) -> str:
        """What the validation part fixed of later answers, empty for nothing."""
        ...

    def use_of_validation(self, question: Any) -> str:
        """What the validation part of a table from elsewhere is used for, empty for nothing."""
        ...

    def output(self, question: Any) -> str:
        """What the model gives for a scan, in words."""
        ...
