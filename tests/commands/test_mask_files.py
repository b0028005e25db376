"""What a model marks in new scans, as files that lie on the scans: asked of a network whose marks are known."""

from __future__ import annotations

import csv
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import handed_on
import nibabel as nib
import numpy as np
import pytest
from dicom_files import encoded, write
from ingesting import config, write_all
from marked_series import OBLIQUE, series
from nifti_files import OBLIQUE as OBLIQUE_AFFINE
from nifti_files import nifti, ramp
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from pipeline import backend, digests
from pipeline.commands.predict import Wanted, run
from pipeline.config import Config
from pipeline.contracts.unopened import Unopened
from pipeline.errors import UsageError
from pipeline.normalize.recipe import parse
from pipeline.provenance import cores
from pipeline.tasks.segmentation.structures import Structures
from pipeline.workspace import Workspace

RECIPE = ({"crop_or_pad": {"shape": [8, 8, 8], "fill": 0}},)
NAMES = ("anterior", "posterior")
FRONT, REAR = 150, 250
"""From which values on a voxel is marked as one structure, and from which as the other."""


def settings(**masks: object) -> Config:
    structures = {"structures": {"anterior": 3, "posterior": 5}, **masks}
    found = config(unit="series", modalities=["MR"], masks=structures, formats={"nifti": {"modality": "MR"}})
    cohort = found.cohort.model_copy(update={"labels": None, "target": NAMES})
    return found.model_copy(update={"task": "segmentation", "normalize": RECIPE, "cohort": cohort})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of one voxel: it is front where its value is above 150, rear above 250."""
    backend.start(cores())
    import keras

    folder = tmp_path_factory.mktemp("candidate")
    scan = keras.Input((8, 8, 8, 1))
    convolution = keras.layers.Conv3D(3, 1)
    network = keras.Model(scan, convolution(scan))
    # Nothing, x - 150.5, and 3 x - 651.5, which is more than that above 250.5; the values are whole.
    bias = [0.0, -FRONT - 0.5, -FRONT - 0.5 - 2 * (REAR + 0.5)]
    convolution.set_weights([np.array([[[[[0.0, 1, 3]]]]]), np.array(bias)])
    network.save(folder / "model.keras")
    return folder


def ready_for(workspace: Workspace, model: Path, question: Structures) -> None:
    shutil.copytree(model, workspace.candidate)
    recipe = parse(RECIPE, lambda keys, message: ValueError(message))
    handed_on.model_in(
        workspace.candidate,
        task="segmentation",
        question=Unopened(question.to_json()),
        recipe=tuple(recipe.resolved),
        recipe_id=recipe.recipe_id,
        input_shape=(8, 8, 8, 1),
        model_sha256=digests.of_file(workspace.candidate / "model.keras"),
    )


@pytest.fixture
def ready(workspace: Workspace, model: Path, own_key: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(workspace.root)
    ready_for(workspace, model, Structures(NAMES))
    return workspace


def predicted(workspace: Workspace, seg: str = "binary", **masks: object) -> list[str]:
    return list(
        run(settings(**masks), workspace, new="new", out=Path("out.csv"), wanted=Wanted(seg=seg)).lines
    )


def case_id() -> str:
    with Path("out.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["status"] == "ok", row["reason"]
    return row["case_id"]


def pixels(sources: list[Dataset]) -> NDArray[np.uint16]:
    return np.stack([dcmread(BytesIO(encoded(one))).pixel_array for one in sources])


def of_segments(mask: Dataset, sources: list[Dataset]) -> dict[str, NDArray[np.bool_]]:
    """The voxels of each segment in the order of the images, by the images that its frames name."""
    uids = [one.SOPInstanceUID for one in sources]
    found = {one.SegmentLabel: np.zeros((len(uids), 7, 5), bool) for one in mask.SegmentSequence}
    labels = {one.SegmentNumber: one.SegmentLabel for one in mask.SegmentSequence}
    for frame, group in zip(mask.pixel_array, mask.PerFrameFunctionalGroupsSequence, strict=True):
        at = uids.index(group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID)
        if mask.SegmentationType == "BINARY":
            number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
            found[labels[number]][at] |= frame.astype(bool)
        else:
            for number, label in labels.items():
                found[label][at] |= frame == number
    return found


@pytest.mark.parametrize("seg", ["binary", "labelmap"])
@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, -1, 0, 0, 0, -1), OBLIQUE], ids=str)
def test_a_segmentation_marks_the_pixels_of_the_images_that_it_names(
    ready: Workspace, seg: str, orientation: tuple[float, ...]
) -> None:
    sources = series(orientation)
    write_all(ready.root / "new", {f"{number}.dcm": one for number, one in enumerate(sources)})
    lines = predicted(ready, seg)
    mask = dcmread(Path("out_masks") / f"{case_id()}.dcm")
    found = of_segments(mask, sources)
    assert np.array_equal(found["anterior"], (pixels(sources) > FRONT) & (pixels(sources) <= REAR))
    assert np.array_equal(found["posterior"], pixels(sources) > REAR)
    assert mask.SegmentationType == seg.upper()
    assert (mask.PatientID, mask.StudyInstanceUID) == (sources[0].PatientID, sources[0].StudyInstanceUID)
    assert mask.FrameOfReferenceUID == sources[0].FrameOfReferenceUID
    assert mask.ReferencedSeriesSequence[0].SeriesInstanceUID == sources[0].SeriesInstanceUID
    assert mask.SeriesInstanceUID != sources[0].SeriesInstanceUID
    assert {one.SegmentAlgorithmType for one in mask.SegmentSequence} == {"AUTOMATIC"}
    assert any("they name patients as their scans do" in line for line in lines)


def test_a_nifti_mask_of_a_series_lies_at_the_points_of_its_images(ready: Workspace) -> None:
    sources = series(OBLIQUE)
    write_all(ready.root / "new", {f"{number}.dcm": one for number, one in enumerate(sources)})
    lines = predicted(ready, "none")
    assert [path.suffix for path in Path("out_masks").iterdir()] == [".gz"]
    assert lines[-1].endswith("Masks of 1 case in out_masks: 3 anterior, 5 posterior.")
    image = nib.load(Path("out_masks") / f"{case_id()}.nii.gz")
    labels, to_voxel = np.asarray(image.dataobj), np.linalg.inv(image.affine)
    for one, values in zip(sources, pixels(sources), strict=True):
        x, y = np.array(one.ImageOrientationPatient[:3]), np.array(one.ImageOrientationPatient[3:])
        height, width = map(float, one.PixelSpacing)
        for (row, column), value in np.ndenumerate(values):
            point = np.array(one.ImagePositionPatient) + column * width * x + row * height * y
            place = to_voxel @ (-point[0], -point[1], point[2], 1)
            expected = 5 if value > REAR else 3 if value > FRONT else 0
            assert labels[tuple(np.rint(place[:3]).astype(int))] == expected


def test_a_nifti_scan_gets_its_mask_on_its_very_own_grid(ready: Workspace) -> None:
    scan = np.array(ramp(), np.float32) * 10
    write(ready.root / "new/scan.nii", nifti(scan, OBLIQUE_AFFINE))
    predicted(ready)
    image = nib.load(Path("out_masks") / f"{case_id()}.nii.gz")
    assert np.allclose(image.affine, nib.load(ready.root / "new/scan.nii").affine, atol=1e-6)
    expected = np.where(scan > REAR, 5, np.where(scan > FRONT, 3, 0))
    assert np.array_equal(np.asarray(image.dataobj), expected)
    assert len(set(expected.ravel())) == 3
    assert not list(Path("out_masks").glob("*.dcm"))


def test_volumes_in_millilitres_stand_in_the_table(ready: Workspace) -> None:
    sources = series()
    write_all(ready.root / "new", {f"{number}.dcm": one for number, one in enumerate(sources)})
    predicted(ready)
    with Path("out.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    voxels = int(((pixels(sources) > FRONT) & (pixels(sources) <= REAR)).sum())
    assert float(row["volume_predicted_ml_anterior"]) == pytest.approx(voxels * 0.5 * 0.8 * 2.5 / 1000)
    assert (row["predicted_anterior"], row["predicted_posterior"]) == ("1", "1")


def test_codes_are_those_of_the_settings_else_private_ones_with_the_name(ready: Workspace) -> None:
    sources = series()
    write_all(ready.root / "new", {f"{number}.dcm": one for number, one in enumerate(sources)})
    predicted(ready, codes={"anterior": {"value": "12", "scheme": "SCT", "meaning": "Head"}})
    mask = dcmread(Path("out_masks") / f"{case_id()}.dcm")
    told = [one.SegmentedPropertyTypeCodeSequence[0] for one in mask.SegmentSequence]
    assert [(one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning) for one in told] == [
        ("12", "SCT", "Head"),
        ("posterior", "99SCANLOOM", "posterior"),
    ]


def test_targets_that_may_overlap_become_a_file_each_and_no_label_map(
    workspace: Workspace, model: Path, own_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    both = Structures(("anterior", "posterior", "all"), regions={"all": NAMES}, exclusive=False)
    ready_for(workspace, model, both)
    sources = series()
    write_all(workspace.root / "new", {f"{number}.dcm": one for number, one in enumerate(sources)})
    with pytest.raises(UsageError, match="Leave SEG=labelmap out"):
        predicted(workspace, "labelmap")
    predicted(workspace)
    names = {path.name.removeprefix(case_id()) for path in Path("out_masks").iterdir()}
    assert names == {".dcm", "_anterior.nii.gz", "_posterior.nii.gz", "_all.nii.gz"}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy of dicom3tools is not installed")
def test_a_validator_finds_no_error(ready: Workspace) -> None:
    write_all(ready.root / "new", {f"{number}.dcm": one for number, one in enumerate(series())})
    predicted(ready)
    path = Path("out_masks") / f"{case_id()}.dcm"
    said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    assert "Error" not in said.stdout + said.stderr
