"""What a `dataset.json` says of labels beside what the settings declare."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.ingest.source.described_labels import label_lines

CALLED = {"liver": (1,), "tumour": (2, "GTV")}
OF = "`ingest.masks.structures`"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"background": 0, "liver": 1, "tumour": 2}, []),
        ({"0": "background", "1": "liver", "2": "tumour"}, []),
        ({"background": 0, "organ": 1, "lesion": 2}, []),  # other names of the same numbers are no contradiction
        (
            {"background": 0, "liver": 2, "tumour": 1},
            [
                f"note: dataset.json calls 2 liver, which {OF} gives to tumour",
                f"note: dataset.json calls 1 tumour, which {OF} gives to liver",
            ],
        ),
        (
            {"liver": 1, "lesion": 1, "tumour": 2},
            [f"note: dataset.json gives 2 labels the number 1; {OF} decides"],
        ),
        (
            {"liver": 1, "tumour": 2, "vein": 3, "SECRET": 4},
            [f"note: dataset.json has labels that {OF} doesn't declare: 3, 4"],
        ),
        ({"liver": 1}, [f"note: {OF} declares labels that dataset.json doesn't have: 2"]),
        ({"whole": [1, 2], "tumour": [2]}, []),  # regions of nnU-Net share their numbers on purpose
        (
            {"liver": 1, "tumour": 2, "ignore": 3},
            [
                "note: dataset.json calls 3 ignore, which are voxels that nobody marked; they are not told apart "
                "from those of no structure"
            ],
        ),
        ("anything", []), (None, []), ({"liver": None, "tumour": [None], "x": 1e400}, []),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_contradicts_the_settings_is_told(labels: Any, expected: list[str]) -> None:
    assert label_lines({"labels": labels}, CALLED) == expected


def test_where_no_structures_are_declared_nothing_is_told() -> None:
    assert label_lines({"labels": {"liver": 1, "lung": 1}}, {}) == []
