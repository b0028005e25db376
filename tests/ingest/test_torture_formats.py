"""NIfTI volumes and pictures made or mutated to break readers, through the real stage."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_files import write
from ingesting import config, ingested
from nifti_files import nifti, ramp

from bench.format_mutations import format_bombs, mutated_format, sources
from pipeline.ingest.reasons import REASONS
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")
FORMATS = {"nifti": {"modality": "MR"}} | {name: {"modality": "DX"} for name in ("png", "jpeg", "tiff")}
LIMITS = {"seconds": 60, "memory_mb": 768}  # memory alone decides: time would depend on the machine


def outcomes(workspace: Workspace, files: dict[str, bytes]) -> dict[str, tuple[str, str]]:
    """State and reason of every file; a sound volume lies among them."""
    for name, data in files.items():
        write(workspace.root / "raw" / name, data)
    write(workspace.root / "raw/sound.nii", nifti(ramp((5, 6, 7))))
    settings = config(unit="series", formats=FORMATS, patient_from="study", limits=LIMITS)
    found = ingested(workspace, settings)
    return {path: (state, reason.split(" ")[0]) for path, (state, reason, _) in found.items()}


def test_a_few_hundred_mutated_volumes_and_pictures_are_all_accounted_for(workspace: Workspace) -> None:
    rng = np.random.default_rng(20)
    sound = sources(rng)
    files = {}
    for number in range(300):
        source, other = (sound[int(index)] for index in rng.integers(len(sound), size=2))
        files[f"{number:03d}.img"] = mutated_format(source, other, rng)
    found = outcomes(workspace, files)
    assert found["sound.nii"] == ("accepted", "ok")
    assert len(found) == 301
    reasons = {reason for _, reason in found.values()}
    assert {"ok", "corrupt_dataset", "truncated_pixel_data", "decode_error"} <= reasons <= REASONS.keys()
    assert "internal_error" not in reasons


def test_bombs_end_with_a_reason_and_cost_only_themselves(workspace: Workspace) -> None:
    found = outcomes(workspace, format_bombs())
    assert found.pop("sound.nii") == ("accepted", "ok")
    assert {name: reason for name, (_, reason) in found.items()} == {
        "png-65535x65535": "limit_exceeded", "png-of-empty-chunks": "limit_exceeded",
        "png-of-432-MB": "limit_exceeded",
        "nifti-of-2-GB": "limit_exceeded", "nifti-gz-of-2-GB": "limit_exceeded",
        "nifti-gz-of-512-MB-behind": "limit_exceeded", "tiff-in-a-circle": "corrupt_dataset",
        "tiff-of-60000-entries": "corrupt_dataset",
    }  # fmt: skip
