"""What every kind of mask of the registry keeps."""

from __future__ import annotations

import importlib

import pytest

from pipeline.ingest.header import marks
from pipeline.ingest.masks.kinds import KINDS


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_is_a_module_with_the_agreed_names(name: str) -> None:
    module = importlib.import_module(KINDS[name])
    assert {"draw", "structures_in"} <= set(module.__all__)


def test_the_objects_that_headers_take_for_masks_are_those_that_can_be_read() -> None:
    assert {name for name in KINDS if name[0].isdigit()} == marks.CLASSES
