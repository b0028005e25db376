from __future__ import annotations

import numpy as np
import pytest
from planes import saying

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.traits import ASIDES, KINDS, Trait, clusters, differing, sets_of

BY_KEYWORD = {trait.keyword: trait for trait in KINDS}


def told(plane: Frame, field: str, *values: object) -> list[Frame]:
    return [saying(plane, source=f"s{n}", **{field: value}) for n, value in enumerate(values)]


def sizes(frames: list[Frame], trait: Trait, **how: bool) -> list[int]:
    return [len(own) for own in sets_of(frames, trait, **how)]


def test_numbers_cluster_where_they_chain_within_the_tolerance() -> None:
    values = np.array([[3.0], [1.0], [1.0009], [1.0018], [2.9995], [1.0]])
    assert clusters(values, 1e-3).tolist() == [1, 0, 0, 0, 1, 0]


def test_rows_cluster_only_if_every_column_does() -> None:
    values = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    labels = clusters(values, 0.5)
    assert len(set(labels.tolist())) == 4
    assert labels[0] == labels[4]


def test_a_chain_that_another_column_breaks_is_broken() -> None:
    # The middle row links 0.0 and 1.8 in the first column, but belongs elsewhere by the second.
    values = np.array([[0.0, 0.0], [0.9, 5.0], [1.8, 0.0]])
    assert len(set(clusters(values, 1.0).tolist())) == 3


@pytest.mark.parametrize(
    ("keyword", "field", "alike", "apart"),
    [
        ("EchoTime", "echo_time", (20.0, 20.9, 19.2), (20.0, 80.0)),
        ("FlipAngle", "flip_angle", (90.0, 87.0), (5.0, 15.0)),
        ("KVP", "kvp", (120.0, 120.0), (80.0, 100.0)),
        ("RepetitionTime", "repetition_time", (800.0, 1000.0), (500.0, 4000.0)),  # the heart beats unevenly
        ("DiffusionBValue", "b_value", (1000.0, 990.0), (0.0, 5.0)),
        (
            "DiffusionGradientOrientation",
            "gradient",
            ((1.0, 0.0, 0.0), (0.99999, 0.004, 0.0)),
            ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        ),
        ("NominalPercentageOfCardiacPhase", "cardiac_phase", (75.0, 75.0), (75.0, 70.0)),
        ("ConvolutionKernel", "kernel", ("B30f", " b30F "), ("B30f", "B70f")),
    ],
)
def test_what_a_scanner_varies_over_slices_is_one_kind(
    plane: Frame, keyword: str, field: str, alike: tuple, apart: tuple
) -> None:
    assert sizes(told(plane, field, *alike), BY_KEYWORD[keyword]) == [len(alike)]
    assert sizes(told(plane, field, *apart), BY_KEYWORD[keyword]) == [1, 1]


def test_silence_is_no_other_kind_unless_two_differ_anyway(plane: Frame) -> None:
    echo = BY_KEYWORD["EchoTime"]
    assert sizes(told(plane, "echo_time", 20.0, None, 20.0), echo) == [3]
    assert sizes(told(plane, "echo_time", 20.0, None, 20.0), echo, silent=True) == [1, 2]
    assert sizes(told(plane, "echo_time", 20.0, None, 80.0), echo) == [1, 1, 1]


def test_silence_about_contrast_is_a_statement(plane: Frame) -> None:
    assert sizes(told(plane, "contrast_given", True, False), BY_KEYWORD["ContrastBolusAgent"]) == [1, 1]


def test_sets_come_in_the_order_of_their_values(plane: Frame) -> None:
    sets = sets_of(told(plane, "echo_time", 80.0, 20.0, 50.0), BY_KEYWORD["EchoTime"])
    assert [own[0].acquisition.echo_time for own in sets] == [20.0, 50.0, 80.0]


def test_sets_that_share_no_value_differ_by_the_keywords_of_a_header(plane: Frame) -> None:
    other = saying(plane, spacing_mm=(0.5, 0.9), study_id="later", kernel="B70f")
    plane = saying(plane, kernel="B30f")
    assert differing([plane], [other]) == ["PixelSpacing", "ConvolutionKernel", "StudyInstanceUID"]
    assert differing([plane, other], [other]) == []
    assert {trait.keyword for trait in ASIDES} == {"StudyInstanceUID", "FrameOfReferenceUID", "ImageType"}
