"""The arrow, stated once: which stages there are, what each reads, waits for and writes.

The command line, the sections of the configuration, the running of stages and printed commands derive from
it; the Makefile, which is written by hand, is held to it by a test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A stage by its word, which is also its folder, its command, its make target and its section.

    `does`: its line in the help. `reads`: the stages whose outputs it reads, the one before it first.
    `sections`: the sections of the YAML by which it runs again. `writes`: `data:` stands for `data/NAME/`,
    all else lies in `candidate/`. `waits_for`: gates that must have let this cohort pass. `asks_champion`: it
    runs again when the champion changed.
    """

    name: str
    does: str
    reads: tuple[str, ...]
    sections: tuple[str, ...]
    writes: tuple[str, ...]
    waits_for: tuple[str, ...] = ()
    asks_champion: bool = False

    @property
    def after(self) -> str | None:
        """The stage before it; None where it is the first."""
        return self.reads[0] if self.reads else None


ARROW = {
    stage.name: stage
    for stage in (
        Stage(
            "ingest",
            "read every file of RAW into cases, with a state and a reason for each",
            reads=(),
            sections=("ingest",),
            writes=("data:ingest.json",),
        ),
        Stage(
            "cohort",
            "join the table of labels and divide patients into parts",
            reads=("ingest",),
            sections=("cohort",),
            writes=("cohort.csv", "excluded.csv", "cohort.json", "leaks.json"),
        ),
        Stage(
            "normalize",
            "write model-ready arrays by the recipe",
            reads=("cohort", "ingest"),  # of ingest the voxels and the masks
            sections=("normalize",),
            writes=("data:normalize.json",),
            asks_champion=True,
        ),
        Stage(
            "drift",
            "compare new scans with the champion's",
            reads=("normalize", "cohort"),
            sections=("drift",),
            writes=("drift.json", "champion_new.csv", "odd_scans.json"),
            asks_champion=True,
        ),
        Stage(
            "train",
            "fit the network",
            reads=("normalize", "cohort"),
            sections=("train",),
            writes=(
                "model.keras",
                "model.json",
                "history.csv",
                "first_fit.keras",
                "data:control_networks.json",
            ),
            waits_for=("drift",),
        ),
        Stage(
            "evaluate",
            "predict and measure, with thresholds from validation only",
            reads=("train", "normalize", "cohort"),
            sections=("evaluate", "compare"),  # the rule of both is frozen with the look
            writes=(
                "metrics.json",
                "predictions.csv",
                "operating.json",
                "rule.json",
                "insights.json",
                "insights.npz",
                "controls.json",
                "strangers.json",
                "oddest.json",
                "robustness.json",
                "population.json",
            ),
        ),
        Stage(
            "compare",
            "judge the candidate against the champion, with a verdict",
            reads=("evaluate", "normalize", "cohort"),
            sections=(),  # by the rule that evaluate froze
            writes=("comparison.json", "champion_predictions.csv", "flips.json"),
            asks_champion=True,
        ),
        Stage(
            "report",
            "write the HTML report, report.json and the model card",
            reads=("compare", "evaluate", "drift", "cohort"),
            sections=("report",),
            writes=("report.html", "report.json", "model_card.md"),
        ),
    )
}

STAGES = tuple(ARROW)
