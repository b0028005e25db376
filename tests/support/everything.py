"""One run of everything on scans full of planted words: a life of an analysis in one process."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from arrow import CONFIG, Run, arrow, new_study, run
from canary import Canary, plant, plant_trouble

BROKEN = "configs/broken.yaml"
KEY = b"thirty-two bytes that are secret"


@dataclass(frozen=True)
class Everything:
    """A project after every command, what was planted in its RAW, and what the commands said."""

    project: Path
    canary: Canary
    said: Run

    @property
    def before(self) -> Path:
        """What there was before the patient was forgotten."""
        return self.project.with_name("before")

    @property
    def raw(self) -> Path:
        return self.project / "data/raw"


def lived(folder: Path) -> Everything:
    """The arrow, a promotion, a retraining on later scans, prediction, rollback, deletion, bad input."""
    canary = Canary(random.Random(20261124))
    project = new_study(folder / "project", key=KEY, comment=canary.word("comment in the config"))
    word = canary.word("folder of RAW")
    (project / "data/raw").mkdir(parents=True)
    (project / "data/raw" / word).symlink_to("study")
    settings = (project / CONFIG).read_text()
    (project / CONFIG).write_text(settings.replace("data/raw/study", f"data/raw/{word}"))
    raw, later, new = (project / "data/raw" / name for name in ("study", "later", canary.word("new folder")))
    plant(raw, canary, patients=range(32))
    plant_trouble(raw, canary)
    plant(later, canary, patients=range(32, 48))
    plant(new, canary, patients=range(48, 52))
    table = raw / "labels.csv"
    (later / "labels.csv").write_text(table.read_text() + (later / "labels.csv").read_text())
    broken = (project / CONFIG).read_text() + f"  {canary.word('broken line in the config')}: [\n"
    (project / BROKEN).write_text(broken)
    first = [*arrow(), ["promote", CONFIG, "--approver", "Ada"]]
    second = [
        ["+", str(later), str(raw)],
        *arrow(),
        ["verdict", CONFIG],
        ["promote", CONFIG, "--approver", "Ada", "--override", "a test"],
        ["rollback", CONFIG, "--approver", "Ada", "--reason", "a test"],
        ["generations", CONFIG],
        ["predict", CONFIG, str(new), "--out", "predictions.csv"],
        ["export", CONFIG, "exported"],
        ["verify", CONFIG],
        ["+", "reports", "../before/reports"],
        ["+", "data/study", "../before/data"],
        ["forget", CONFIG, canary.word("PatientID 5")],
        ["ingest", CONFIG],
        ["cohort", CONFIG],
        ["forget", CONFIG, canary.word("an ID that nobody has")],
        ["ingest", BROKEN],
    ]
    said, more = run(project, first), run(project, second)
    whole = Run(said.stdout + more.stdout, said.stderr + more.stderr, said.codes + more.codes)
    return Everything(project, canary, whole)
