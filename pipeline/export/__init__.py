"""Export: the cases as NIfTI files, and the model as ONNX, that other programs read.

Reads the catalogue and the shards of native voxels. Writes one `CASE_ID.nii.gz` a case into a folder
of the caller's choice. Guarantees: the stored voxels unchanged, each at its place in RAS
millimetres; the same case gives the same bytes; nothing but pseudonyms; files that are already
there and equal are left alone; never into RAW. The model's file is written only after onnxruntime gave
the logits that Keras gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

__all__ = ["run", "run_model", "run_nnunet"]


def run(config: Config, workspace: Workspace, out: Path) -> Summary:
    """How many cases were written to the folder `out`, and which were not and why."""
    from pipeline.export.stage import run as run_stage

    return run_stage(config, workspace, out)


def run_nnunet(config: Config, workspace: Workspace, out: Path) -> Summary:
    """How many cases of each part, with masks, were written to the folder `out` as nnU-Net reads them."""
    from pipeline.export.nnunet import run as run_in_layout

    return run_in_layout(config, workspace, out)


def run_model(config: Config, workspace: Workspace, out: Path) -> Summary:
    """Which model was written to the folder `out` as ONNX."""
    from pipeline.export.model import run as run_on_model

    return run_on_model(config, workspace, out)
