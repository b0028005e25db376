"""What knows how long the ledgers were, and what is said when they aren't any more."""

from __future__ import annotations

import json

import pytest
import study

from pipeline import compare, ledger
from pipeline.champion import require_champion, require_whole
from pipeline.champion.promotion import publish
from pipeline.errors import DamageError
from pipeline.writing import write_json

CONFIG = study.config()
PREDICTED = study.scans("t", 40, part="test")


@pytest.fixture
def champion(workspace):
    """A workspace whose first candidate was promoted."""
    study.write_candidate(workspace, CONFIG, PREDICTED, weights=study.WEAK)
    compare.run(CONFIG, workspace)
    publish(workspace, approver="Ada", reason="")
    return workspace


def kept(path):
    return json.loads(path.read_text())["ledgers"]


def test_verdict_generation_and_pointer_know_the_ledgers_as_they_were(champion):
    now = ledger.heads(champion.ledgers)
    assert set(now) == {"looks", "promotions"}
    assert kept(champion.reports / "champion.json") == now
    verdict = {"looks": now["looks"]}
    assert kept(champion.candidate / "comparison.json") == verdict
    assert kept(champion.generations / "0001" / "comparison.json") == verdict
    require_whole(champion)


def test_ledgers_that_grew_are_whole(champion):
    study.look(champion, model="another", chosen=CONFIG)
    require_whole(champion)


def test_what_an_earlier_version_stored_knows_no_ledgers_and_is_no_damage(champion):
    for path in ((champion.reports / "champion.json"), *champion.reports.rglob("comparison.json")):
        record = json.loads(path.read_text())
        del record["ledgers"]
        write_json(path, record)
    require_whole(champion)
    require_champion(champion)


def test_a_ledger_set_back_as_a_whole_is_missed_by_the_generation_alone(champion):
    (champion.ledgers / "heads.json").unlink()
    champion.ledger("looks").unlink()
    (champion.reports / "champion.json").unlink()
    (champion.candidate / "comparison.json").unlink()
    with pytest.raises(DamageError, match=r"generations/0001/comparison\.json says that it had 1"):
        require_whole(champion)


def test_a_promotion_that_was_only_written_down_is_no_damage(champion):
    ledger.append(
        champion.ledger("promotions"),
        {
            "action": "promote",
            "generation": "0002",
            "model": "m",
            "approver": "Ada",
            "reason": "",
            "verdict": "PROMOTE",
        },
    )
    require_champion(champion)


def test_a_pointer_with_another_model_than_the_ledgers_is_damage(champion):
    pointer = json.loads((champion.reports / "champion.json").read_text())
    write_json((champion.reports / "champion.json"), {**pointer, "model_sha256": "another"})
    with pytest.raises(DamageError, match=r"names generation 0001 \(model another\), and ledger/promotions"):
        require_champion(champion)
