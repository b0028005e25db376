from __future__ import annotations

import csv
import math
from pathlib import Path

from page_rules import problems

from pipeline.train import live

HISTORY = [
    {"epoch": 1, "loss": 0.7, "val_loss": 0.8, "val_auroc": math.nan},
    {"epoch": 2, "loss": 0.35, "val_loss": None, "val_auroc": 0.75},
]


def test_the_page_and_the_table_tell_of_every_epoch_the_newest_first(tmp_path: Path) -> None:
    live.renew(tmp_path, HISTORY, name="demo", epochs=5, seed=1)
    page = (tmp_path / "training.html").read_text(encoding="utf-8")
    assert "Epoch 2 of at most 5, seed 1." in page
    assert page.index("<td>0.35</td>") < page.index("<td>0.7</td>")
    with (tmp_path / "history.csv").open(encoding="utf-8", newline="") as stream:
        assert [row["loss"] for row in csv.DictReader(stream)] == ["0.7", "0.35"]


def test_a_number_that_is_not_to_be_had_is_a_dash_and_no_point(tmp_path: Path) -> None:
    page = live.page(HISTORY, name="demo", epochs=5, seed=1)
    assert page.count("<td>–</td>") == 2
    assert 'points="0.0,22.5 640.0,101.2"' in page  # 0.7 and 0.35 of 0.8, from above in 180
    assert 'points="0.0,0.0"' in page


def test_the_page_loads_itself_again_until_the_last_epoch() -> None:
    assert 'http-equiv="refresh"' in live.page(HISTORY, name="demo", epochs=5, seed=1)
    assert 'http-equiv="refresh"' not in live.page(HISTORY, name="demo", epochs=2, seed=1)


def test_the_page_keeps_the_rules_of_all_pages_before_and_after_the_first_epoch() -> None:
    assert problems(live.page(HISTORY, name="<demo>", epochs=5, seed=1)) == []
    assert problems(live.page([], name="demo", epochs=5, seed=1)) == []
    assert "<demo>" not in live.page(HISTORY, name="<demo>", epochs=5, seed=1)
