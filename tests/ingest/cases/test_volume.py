from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest

from pipeline.ingest.cases.volume import assemble
from pipeline.ingest.series.frames import Frame, Rules, Volume
from pipeline.ingest.series.grouping import grouped

SERIES = Rules(unit="series")


def only(frames: list[Frame], rules: Rules) -> Volume:
    (made,) = grouped(frames, rules, pixel_digest=lambda frame: frame.source)
    return made


def test_slices_are_stacked_to_the_head_and_turned_with_their_place(plane: Frame) -> None:
    # Prone, feet first: rows run to the front, columns to the left, slices to the feet.
    feet_first = replace(plane, orientation=(1.0, 0.0, 0.0, 0.0, -1.0, 0.0))
    frames = [replace(feet_first, source=f"s{z}", position_mm=(0.0, 7.5, float(z))) for z in (30, 10, 20)]
    ramp = np.arange(16)[:, None] * np.ones(12)
    array, geometry, notes = assemble(
        only(frames, SERIES), lambda frame: (100 * frame.position_mm[2] + ramp).astype(np.float32)
    )
    assert array.dtype == np.float32
    assert array[:, 0, 0].tolist() == [1015, 2015, 3015]
    assert array[0, :, 0].tolist() == list(range(1015, 999, -1))
    assert np.array(geometry.affine) @ [0, 15, 0, 1] == pytest.approx([0.0, -7.5, 10.0, 1.0])
    assert notes == ()


def test_a_plane_of_another_size_than_told_is_an_error(plane: Frame) -> None:
    frames = [replace(plane, source=f"s{z}", position_mm=(0.0, 0.0, float(z))) for z in range(3)]
    with pytest.raises(ValueError, match=r"expected an array of \(3, 16, 12\), put together \(3, 12, 16\)"):
        assemble(only(frames, SERIES), lambda frame: np.zeros((12, 16)))


def test_a_single_image_is_two_dimensional_and_keeps_its_colours(plane: Frame) -> None:
    picture = replace(plane, modality="XC", samples=3, photometric="RGB")
    array, geometry, _ = assemble(only([picture], SERIES), lambda frame: np.zeros((16, 12, 3), np.uint8))
    assert array.shape == (16, 12, 3)
    assert geometry.affine is None


def test_uneven_slices_are_evened_at_their_true_places(plane: Frame) -> None:
    frames = [replace(plane, source=f"s{z}", position_mm=(0.0, 0.0, float(z))) for z in (0, 2, 4, 9, 14)]
    made = only(frames, Rules(unit="series", resample_z="linear"))
    array, geometry, notes = assemble(made, lambda frame: np.full((16, 12), 10 * frame.position_mm[2]))
    assert array[:, 3, 3].tolist() == [0.0, 35.0, 70.0, 105.0, 140.0]
    assert geometry.spacing == pytest.approx((3.5, 0.5, 0.8))
    assert notes == ("z_resampled",)


@pytest.mark.parametrize("degrees", [15.0, -22.5])
@pytest.mark.parametrize("uneven", [False, True])
def test_a_straightened_stack_shows_every_world_point_where_it_was(
    plane: Frame, degrees: float, uneven: bool
) -> None:
    turn = radians(degrees)
    directions = (1.0, 0.0, 0.0, 0.0, cos(turn), -sin(turn))
    tables = (0, 5, 10, 17, 24) if uneven else (0, 5, 10, 15, 20)
    frames = [
        replace(plane, source=f"s{z:02d}", orientation=directions, position_mm=(3.0, -4.0, float(z)))
        for z in tables
    ]

    def field(points: np.ndarray) -> np.ndarray:
        return points @ [2.0, 3.0, 5.0] + 7.0  # linear in space, so linear sampling is exact

    def read_plane(frame: Frame) -> np.ndarray:
        rows, columns = np.mgrid[:16, :12]
        axes = np.array(directions).reshape(2, 3)
        return field(frame.position_mm + rows[..., None] * 0.5 * axes[1] + columns[..., None] * 0.8 * axes[0])

    made = only(frames, Rules(unit="series", untilt="linear", resample_z="linear"))
    array, geometry, notes = assemble(made, read_plane)
    assert notes == (("untilted", "z_resampled") if uneven else ("untilted",))
    index = np.stack(np.meshgrid(*map(np.arange, array.shape), indexing="ij"), axis=-1)
    ras = np.concatenate([index, np.ones((*array.shape, 1))], axis=-1) @ np.array(geometry.affine).T
    truth = field(ras[..., :3] * [-1, -1, 1])
    inside = array > -500
    assert inside.sum(axis=1).min() >= 14
    assert np.abs(array - truth)[inside & ~touching_air(inside)].max() < 1e-3
    assert (array[~inside] == -1024.0).all() or uneven


def touching_air(inside: np.ndarray) -> np.ndarray:
    """Voxels next to air along the slices, which evening mixes with it."""
    above = np.pad(inside, ((1, 1), (0, 0), (0, 0)), constant_values=True)
    return ~(above[:-2] & above[2:])


def test_the_outside_of_a_straightened_mr_is_zero(plane: Frame) -> None:
    turn = radians(20)
    frames = [
        replace(
            plane,
            source=f"s{z:02d}",
            modality="MR",
            unit="",
            orientation=(1.0, 0.0, 0.0, 0.0, cos(turn), -sin(turn)),
            position_mm=(0.0, 0.0, float(z)),
        )
        for z in (0, 5, 10)
    ]
    array, _, _ = assemble(only(frames, Rules(unit="series", untilt="linear")), lambda _: np.ones((16, 12)))
    assert set(np.unique(array[0]).tolist()) == {0.0, 1.0}


def test_a_mosaic_becomes_its_slices(plane: Frame) -> None:
    sheet = replace(
        plane,
        modality="MR",
        sop_class="1.2.840.10008.5.1.4.1.1.4",
        image_type=("ORIGINAL", "PRIMARY", "M", "MOSAIC"),
        spacing_between_mm=3.0,
        tiles=4,
        tile_normal=(0.0, 0.0, 1.0),
    )
    values = np.arange(4).reshape(2, 2).repeat(8, axis=0).repeat(6, axis=1)
    array, geometry, _ = assemble(only([sheet], SERIES), lambda frame: values)
    assert array.shape == (4, 8, 6)
    assert array[:, 0, 0].tolist() == [0, 1, 2, 3]
    assert geometry.spacing == pytest.approx((3.0, 0.5, 0.8))
