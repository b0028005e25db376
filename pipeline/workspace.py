"""Where every artifact of an analysis lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """The paths of one analysis: `data/NAME` (can be rebuilt) and `reports/NAME` (kept)."""

    root: Path
    name: str

    @property
    def data(self) -> Path:
        """Derived files; `make clean` removes them."""
        return self.root / "data" / self.name

    @property
    def catalogue(self) -> Path:
        """The SQLite catalogue of files, cases and arrays."""
        return self.data / "catalogue.sqlite"

    @property
    def cases(self) -> Path:
        """Shards of native voxels."""
        return self.data / "cases"

    @property
    def normalized(self) -> Path:
        """Shards of model-ready arrays."""
        return self.data / "normalized"

    @property
    def checkpoints(self) -> Path:
        """Training states to resume from."""
        return self.data / "checkpoints"

    @property
    def scratch(self) -> Path:
        """Workspaces of running predictions, each under its process number; they need no lock."""
        return self.data / "predict"

    @property
    def sections(self) -> Path:
        """One JSON file for each section of the YAML, touched only when the section changed."""
        return self.data / "config"

    def stamp(self, stage: str) -> Path:
        """The file that says that `stage` is done, with its digests; written last."""
        return self.data / "stages" / f"{stage}.json"

    def forget_stamps(self) -> None:
        """Takes all stamps back: the next `make report` runs every stage again."""
        for path in sorted(self.stamp("ingest").parent.glob("*")):
            path.unlink()

    @property
    def reports(self) -> Path:
        """What is kept: the candidate, the generations, the ledgers."""
        return self.root / "reports" / self.name

    @property
    def ingest_page(self) -> Path:
        """What became of the scans, for people; `make clean` removes it."""
        return self.reports / "ingest.html"

    @property
    def training_page(self) -> Path:
        """How a training goes, renewed each epoch, `history.csv` beside it; `make clean` removes both."""
        return self.reports / "training" / "training.html"

    @property
    def candidate(self) -> Path:
        """The generation in the making."""
        return self.reports / "candidate"

    @property
    def generations(self) -> Path:
        """Promoted generations, frozen."""
        return self.reports / "generations"

    @property
    def ledgers(self) -> Path:
        """The folder of the append-only ledgers, and of `heads.json`, which knows their ends."""
        return self.reports / "ledger"

    def ledger(self, which: str) -> Path:
        """An append-only ledger: parts, looks, promotions or reviews."""
        return self.ledgers / f"{which}.jsonl"

    def shown(self, path: Path) -> str:
        """The path as people are told it: relative to the project."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else path.name


def expanded(path: str) -> Path:
    """The path with a leading `~` made a folder; as it is where nobody knows that home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
