"""The results of an analysis for notebooks and scripts: read, never written.

    import scanloom

    demo = scanloom.open("configs/demo.yaml")
    demo.predictions            # one row a case
    demo.metrics                # one row a number, with interval, method and n
    demo.generation("0001")     # the same of a promoted model

What is open here stays as it is from version to version; the modules of `pipeline` may change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from pipeline.config import Config
    from pipeline.contracts.tables import TableFile
    from pipeline.workspace import Workspace

__all__ = ["Analysis", "open"]


@dataclass(frozen=True)
class Analysis:
    """One analysis: its settings, its workspace, and the folder of the model that is read."""

    config: Config
    workspace: Workspace
    folder: Path

    @property
    def cohort(self) -> pd.DataFrame:
        """Who was in which part: one row a case."""
        from pipeline.contracts import cohort

        return self._table(cohort.TABLE, "cohort")

    @property
    def predictions(self) -> pd.DataFrame:
        """What the model said of each case, scores as numbers."""
        import pandas as pd

        from pipeline.contracts import predictions

        frame = self._table(predictions.FILE, "evaluate")
        scores = [name for name in frame if name.startswith(("score_", "logit_"))]
        frame[scores] = frame[scores].apply(pd.to_numeric)
        return frame

    @property
    def metrics(self) -> pd.DataFrame:
        """Every number that was measured, one a row: value, low, high, level, method and what it rests on."""
        import pandas as pd

        from pipeline.contracts import metrics
        from pipeline.contracts.objects import plain

        self._require(metrics.FILE.path(self.folder), "evaluate")
        return pd.DataFrame([plain(each) for each in metrics.FILE.read(self.folder).metrics])

    @property
    def history(self) -> pd.DataFrame:
        """How the training went: one row an epoch."""
        from pipeline.contracts import history

        self._require(history.FILE.path(self.folder), "train")
        return history.numbers(self.folder)

    @property
    def report(self) -> dict[str, Any]:
        """What the report says, by section, as report.json has it."""
        from pipeline.contracts import report
        from pipeline.contracts.objects import plain

        self._require(report.FILE.path(self.folder), "report")
        document: dict[str, Any] = plain(report.FILE.read(self.folder))
        return document

    @property
    def champion(self) -> str:
        """The generation in use, empty where there is none."""
        from pipeline.contracts import pointer

        found = pointer.FILE.find(self.workspace.reports)
        return found.generation if found else ""

    def generation(self, name: str) -> Analysis:
        """The same of a promoted generation. Raises UsageError with those that there are."""
        from pipeline.errors import UsageError, nearest

        folder = self.workspace.generations / name
        if not folder.is_dir():
            known = sorted(path.name for path in self.workspace.generations.glob("*") if path.is_dir())
            raise UsageError(f"There is no generation '{name}' ({nearest(name, known)}).")
        return replace(self, folder=folder)

    def voxels(self, case_id: str) -> NDArray[Any]:
        """A case's native voxels, `([slices,] rows, columns[, channels])`, in its own unit.

        Raises UsageError where the catalogue holds no such case, DamageError where its voxels are damaged.
        """
        from pipeline.arrays import Shards
        from pipeline.catalogue import Catalogue
        from pipeline.errors import UsageError

        self._require(self.workspace.catalogue, "ingest")
        with Catalogue(self.workspace.catalogue) as catalogue:
            case = next((case for case in catalogue.cases() if case.case_id == case_id), None)
        if case is None:
            raise UsageError(f"There is no case '{case_id}'. The column case_id of `cohort` names them.")
        return Shards(self.workspace.cases).sound(case.case_id, case.stored)

    def _table(self, file: TableFile, stage: str) -> pd.DataFrame:
        self._require(file.path(self.folder), stage)
        return file.frame(self.folder)

    def _require(self, path: Path, stage: str) -> None:
        """Nothing, if the file is there. Raises DataError with the command that writes it."""
        from pipeline.errors import DataError
        from pipeline.printed import make

        if not path.is_file():
            raise DataError(
                f"{path.name} of '{self.workspace.name}' is not there. "
                f"Run `{make(stage)}` in the project's folder."
            )


def open(config: str | Path, *, root: str | Path | None = None) -> Analysis:  # noqa: A001
    """The candidate of the analysis that a YAML names.

    `root` is the project's folder, with data/ and reports/; unless given, the one above the YAML's.
    Raises UsageError where there is no such file, ConfigError where it isn't valid.
    """
    from pipeline.config import load
    from pipeline.workspace import Workspace

    path = Path(config).absolute()
    workspace = Workspace(Path(root).absolute() if root else path.parent.parent, path.stem)
    return Analysis(load(path), workspace, workspace.candidate)
