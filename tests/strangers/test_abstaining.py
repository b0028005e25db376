"""Why no decision should be taken from an answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.strangers.abstaining import with_reasons
from pipeline.strangers.judging import Judged

JUDGED = Judged(np.array([1.2345, 0.5, np.nan, 0.2]), ("modality MR never seen", "", "", ""))
NAMES = ["c1", "c2", "c3", "c4"]
TABLE = pd.DataFrame({"case_id": ["c4", "c1", "c2", "c3"], "set_size": [0, 1, 2, ""]})


def test_each_row_has_how_unlike_its_scan_is_and_the_reasons_by_which_to_abstain() -> None:
    found = with_reasons(TABLE, JUDGED, NAMES, asked=("stranger", "several", "none")).set_index("case_id")
    assert found["stranger"]["c1"] == 1.234
    assert np.isnan(found["stranger"]["c3"])
    assert found["abstain"].to_dict() == {
        "c1": "stranger: modality MR never seen",
        "c2": "several classes can't be ruled out",
        "c3": "",
        "c4": "no class is likely enough",
    }


@pytest.mark.parametrize(("asked", "left"), [((), []), (("several",), ["c2"]), (("none",), ["c4"])])
def test_only_what_is_asked_for_makes_one_abstain(asked: tuple[str, ...], left: list[str]) -> None:
    found = with_reasons(TABLE, JUDGED, NAMES, asked=asked)
    assert list(found["case_id"][found["abstain"] != ""]) == left


def test_a_task_without_sets_abstains_from_strangers_alone() -> None:
    found = with_reasons(TABLE[["case_id"]], JUDGED, NAMES, asked=("stranger", "several", "none"))
    assert list(found["case_id"][found["abstain"] != ""]) == ["c1"]
