"""What a stored model says of scans: its own recipe's arrays, its own temperature and threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.contracts.predictions import nine_digits
from pipeline.progress import bar
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

NO_ARRAY = "no array under this model's recipe"
NOT_FINITE = "the network's output is not finite"


def score(workspace: Workspace, folder: Path, *, cohort: pd.DataFrame) -> pd.DataFrame:
    """The table of predictions of the model in `folder` for rows of `cohort.csv`, sorted by case_id.

    A scan without an array keeps its row, as failed.

    Raises:
        DamageError: the model or an array is not what was written.
        DataError: there is no model in the folder.
    """
    from pipeline import scoring

    scorer = scoring.load(folder)
    cases = cohort.sort_values("case_id", ignore_index=True)
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.arrays(scorer.record.recipe_id)
    ready = [case_id for case_id in cases["case_id"] if case_id in stored]
    logits = np.full((len(cases), len(scorer.classes)), np.nan)
    rows = cases["case_id"].isin(stored).to_numpy()
    shards = Shards(workspace.normalized)
    with bar("score", len(ready), "cases") as progress:

        def arrays() -> Iterator[NDArray[Any]]:
            for case_id in ready:
                yield shards.sound(case_id, stored[case_id])
                progress.advance()

        logits[rows] = scoring.logits(scorer, arrays())
    probability = nine_digits(scoring.probabilities(nine_digits(logits), scorer.temperature))
    threshold = scorer.operating.threshold if scorer.operating else None
    return _table(cases, scorer.classes, logits=logits, probability=probability, threshold=threshold)


def _table(
    cases: pd.DataFrame,
    classes: Sequence[str],
    *,
    logits: NDArray[np.float64],
    probability: NDArray[np.float64],
    threshold: float | None,
) -> pd.DataFrame:
    ok = np.asarray(np.isfinite(probability).all(axis=1))
    index = probability.argmax(axis=1) if threshold is None else (probability[:, 1] >= threshold).astype(int)
    has_array = np.isfinite(logits).any(axis=1)
    frame = cases[["case_id", "patient_id", "part"]].assign(
        truth=cases["target"],
        predicted=[classes[chosen] if fine else "" for chosen, fine in zip(index, ok, strict=True)],
        **{
            f"score_{name}": np.where(ok, probability[:, column], np.nan)
            for column, name in enumerate(classes)
        },
        **{f"logit_{name}": np.where(ok, logits[:, column], np.nan) for column, name in enumerate(classes)},
        status=np.where(ok, "ok", "failed"),
        reason=np.where(ok, "", np.where(has_array, NOT_FINITE, NO_ARRAY)),
    )
    return frame.join(cases[[name for name in cases.columns if name.startswith("by_")]])
