import numpy as np
import pytest

from pipeline.phantom.scanner import HIGHEST_HU, LOWEST_HU, SHARP, SMOOTH, THIRD, Scanner, acquire


@pytest.mark.parametrize("scanner", [SMOOTH, SHARP, THIRD])
def test_a_uniform_object_keeps_its_density_and_gets_the_scanners_noise(scanner: Scanner) -> None:
    water = np.zeros((4, 64, 64))
    image = acquire(water, scanner, rng=np.random.default_rng(0), spacing_mm=2.5)
    low, high = scanner.noise_hu
    assert low < image.std() < high
    assert abs(image.mean()) < 5.0


def test_the_smooth_kernel_makes_coarser_noise_than_the_sharp_one() -> None:
    water = np.zeros((1, 128, 128))
    neighbours = {}
    for scanner in (SMOOTH, THIRD, SHARP):
        image = acquire(water, scanner, rng=np.random.default_rng(0), spacing_mm=2.5)[0].astype(float)
        neighbours[scanner.kernel] = np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1]
    assert neighbours["B30f"] > neighbours["B"] > neighbours["STANDARD"]


def test_only_the_sharp_kernel_overshoots_at_an_edge() -> None:
    edge = np.where(np.arange(64) < 32, -800.0, 0.0) * np.ones((1, 64, 1))
    peak = {
        scanner.kernel: acquire(edge, scanner, rng=np.random.default_rng(0), spacing_mm=2.5)
        .mean(axis=(0, 1))
        .max()
        for scanner in (SMOOTH, SHARP)
    }
    assert peak["STANDARD"] > 15.0
    assert peak["B30f"] < 10.0


def test_values_stay_within_what_twelve_bits_hold() -> None:
    image = acquire(np.full((1, 32, 32), -1020.0), SHARP, rng=np.random.default_rng(0), spacing_mm=2.5)
    metal = acquire(np.full((1, 32, 32), 9000.0), SHARP, rng=np.random.default_rng(0), spacing_mm=2.5)
    assert image.min() == LOWEST_HU
    assert metal.max() == HIGHEST_HU
    assert HIGHEST_HU - LOWEST_HU == 2**12 - 1
