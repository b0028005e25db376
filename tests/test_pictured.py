"""What a picture shows of a scan, and of which scans there is one."""

from __future__ import annotations

import numpy as np

from pipeline import pictured
from pipeline.contracts.insights import InUnit


def test_an_even_slice_is_not_shown_though_the_heat_lies_there() -> None:
    image = np.zeros((5, 8, 8, 1), np.float32)
    image[1, 2:5, 2:5] = 1
    heat = np.zeros((5, 8, 8), np.float32)
    heat[4] = 1
    shown = pictured.picture(image, heat)
    assert (shown.slice_index, shown.slices) == (1, 5)
    assert shown.grey.min() < shown.grey.max()


def test_a_scan_is_shown_in_its_unit_and_window_where_that_is_known() -> None:
    image = np.random.default_rng(0).normal(size=(8, 8, 1)).astype(np.float32)
    hu = np.full((8, 8, 1), -1000, np.float32)
    hu[2, 3], hu[4, 4] = 40, 5000
    shown = pictured.picture(image, np.ones((8, 8), np.float32), InUnit(hu, "HU", (-160.0, 240.0)))
    assert (shown.window, shown.unit) == ((-160, 240), "HU")
    assert (shown.grey[0, 0], shown.grey[2, 3], shown.grey[4, 4]) == (0, 128, 255)  # 200 of 400 HU: half
    other_grid = InUnit(hu[:4], "HU", (-160.0, 240.0))
    assert pictured.picture(image, np.ones((8, 8), np.float32), other_grid).unit == ""


def test_heat_lies_where_the_scan_shows_anything_and_in_what_that_encloses() -> None:
    image = np.zeros((16, 16, 1), np.float32)
    image[4:12, 4:12] = 1
    image[7:9, 7:9] = 0  # air inside the body
    shown = pictured.picture(image, np.ones((16, 16), np.float32))
    inside = np.zeros((16, 16), dtype=np.bool_)
    inside[4:12, 4:12] = True
    assert (shown.heat == np.where(inside, 255, 0)).all()


def test_air_that_the_window_shows_grey_and_noisy_is_ground_all_the_same() -> None:
    generator = np.random.default_rng(1)
    image = 0.17 + generator.normal(0, 0.02, (32, 32, 1)).astype(np.float32)
    image[8:24, 8:24] = 0.8
    image[0, 0], image[31, 31] = 0, 1  # black and white of the window
    shown = pictured.picture(image, np.ones((32, 32), np.float32))
    assert shown.heat[8:24, 8:24].min() == 255
    assert (shown.heat[1:7, 1:31] == 0).mean() > 0.98


def test_a_film_that_the_body_fills_keeps_all_its_heat() -> None:
    image = np.random.default_rng(2).uniform(0.4, 1, (16, 16, 1)).astype(np.float32)
    image[8, 8] = 0
    assert pictured.picture(image, np.ones((16, 16), np.float32)).heat.min() == 255


def test_of_a_volume_the_slice_with_the_most_heat_is_shown() -> None:
    image = np.random.default_rng(0).normal(size=(5, 8, 8, 1)).astype(np.float32)
    heat = np.zeros((5, 8, 8), np.float32)
    heat[3, 2, 2] = 1
    shown = pictured.picture(image, heat)
    assert shown.slice_index == 3
    assert shown.heat[2, 2] == 255
    assert pictured.picture(image, np.zeros_like(heat)).slice_index == 2


def test_a_large_picture_is_reduced_by_a_whole_factor() -> None:
    image = np.linspace(0, 1, 512 * 300, dtype=np.float32).reshape(512, 300, 1)
    shown = pictured.picture(image, np.zeros((512, 300), np.float32))
    assert (shown.reduced, shown.grey.shape, shown.grey.dtype) == (2, (256, 150), np.uint8)
