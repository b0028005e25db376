"""The model as ONNX, with all that another program needs to ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline import champion, digests, scoring
from pipeline.config import Config
from pipeline.contracts.objects import plain
from pipeline.errors import UsageError
from pipeline.export.stage import refuse_raw
from pipeline.records import Summary
from pipeline.scoring import Scorer
from pipeline.workspace import Workspace
from pipeline.writing import write_bytes, write_json

__all__ = ["run"]

MODEL_FILE: Final = "model.onnx"
RECORD_FILE: Final = "model.json"
SCHEMA: Final = "onnx/1"
_SCANS: Final = 4  # that the file is asked about before it is written: a choice, a wrong graph errs in one


def run(config: Config, workspace: Workspace, out: Path) -> Summary:
    """Writes the champion, else the candidate, as `model.onnx` with `model.json` into the folder `out`.

    Raises:
        UsageError: the folder is that of the scans or of the analysis, or a package for ONNX is missing.
        DataError: there is no model yet.
        DamageError: the model is not the one that was written.
        ScanloomError: the file would answer otherwise than the model.
    """
    refuse_raw(workspace.root / config.ingest.raw, out)
    _refuse_ours(workspace, out)
    champion.require_champion(workspace)
    current = champion.current(workspace)
    if current:
        champion.check_generation(workspace, current.generation)
    scorer = scoring.load(current.folder if current else workspace.candidate)
    from pipeline.export import onnx_graph  # imports Keras, which scoring has loaded by now

    data = onnx_graph.onnx_bytes(scorer.model)
    difference = onnx_graph.check(data, scorer.model, _scans(scorer))
    changed = write_bytes(out / MODEL_FILE, data)
    record = _record(scorer) | {"opset": onnx_graph.opset(data), "onnx_sha256": digests.of_bytes(data)}
    changed |= write_json(out / RECORD_FILE, record)
    who = f"champion, generation {current.generation}" if current else "candidate (there is no champion yet)"
    sentence = (
        f"{out / MODEL_FILE}: the {who}, as ONNX; logits differ from Keras by at most {difference:.1g}."
    )
    return Summary((sentence,), changed)


def _refuse_ours(workspace: Workspace, out: Path) -> None:
    """Raises UsageError for a folder whose files are the analysis' own: one is called model.json, too."""
    place = out.resolve()
    if any(place.is_relative_to(folder.resolve()) for folder in (workspace.data, workspace.reports)):
        raise UsageError(f"OUT={out} lies where Scanloom keeps what it makes. Name another folder.")


def _scans(scorer: Scorer) -> NDArray[np.float32]:
    """Noise with the mean and standard deviation of the training part, `(scans, *input_shape)`."""
    statistics = scorer.record.statistics
    noise = np.random.Generator(np.random.PCG64(1)).standard_normal((_SCANS, *scorer.input_shape))
    return (np.asarray(statistics["mean"]) + np.asarray(statistics["std"]) * noise).astype(np.float32)


def _record(scorer: Scorer) -> dict[str, Any]:
    """What `model.json` says: what goes in, what comes out, and how that becomes an answer."""
    record, operating = scorer.record, scorer.operating
    axes = ["slices", "rows", "columns", "channels"][-len(scorer.input_shape) :]
    return {
        "schema": SCHEMA,
        "input": {
            "name": "scan",
            "dtype": "float32",
            "shape": ["scans", *scorer.input_shape],
            "axes": ["scans", *axes],
            "spacing_mm": record.spacing,
        },
        "output": {"name": "logits"},
        "task": scorer.task,
        "question": plain(record.question),
        "recipe": record.recipe,
        "recipe_id": record.recipe_id,
        "choices": plain(operating.choices) if operating else {},
        "architecture": record.architecture,
        "model_sha256": record.model_sha256,
        "versions": record.versions,
    }
