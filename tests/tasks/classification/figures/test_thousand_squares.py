from __future__ import annotations

from pipeline.page import canvas
from pipeline.tasks.classification.figures import thousand


def test_people_of_the_icon_array_are_as_many_as_its_numbers() -> None:
    data = {"tp": 45, "fn": 5, "fp": 190, "tn": 760, "scale": 1000}
    with canvas.look():
        [axes] = thousand.draw(data).axes
    squares = [(len(patch.get_path().vertices)) // 5 for patch in axes.patches]
    assert squares == [45, 5, 190, 760]
