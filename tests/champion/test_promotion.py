"""Promotion and rollback: who may, what is checked, and what a kill leaves behind."""

from __future__ import annotations

import json
import signal

import forked
import pytest
import study

from pipeline import compare, ledger
from pipeline.champion import check_generation, current, generations, promote, rollback
from pipeline.champion.promotion import publish
from pipeline.config import dump_without_places
from pipeline.errors import DamageError, GateError, UsageError
from pipeline.locking import lock
from pipeline.writing import write_json

PREDICTED = study.scans("t", 40, part="test")
CONFIG = study.config()


@pytest.fixture
def candidate(workspace):
    """A workspace with a first candidate and its verdict."""
    study.write_candidate(workspace, CONFIG, PREDICTED, weights=study.WEAK)
    compare.run(CONFIG, workspace)
    return workspace


def second(workspace, verdict="PROMOTE"):
    """A further candidate against the present champion, with a verdict as given."""
    study.write_candidate(workspace, CONFIG, PREDICTED, weights=study.STRONG)
    path = workspace.candidate / "comparison.json"
    path.unlink()
    champion = json.loads((workspace.reports / "champion.json").read_text())
    (workspace.reports / "champion.json").rename((workspace.reports / "champion.json").with_suffix(".aside"))
    compare.run(CONFIG, workspace)
    (workspace.reports / "champion.json").with_suffix(".aside").rename(workspace.reports / "champion.json")
    reference = {key: champion[key] for key in ("generation", "model_sha256")}
    write_json(path, {**json.loads(path.read_text()), "verdict": verdict, "champion": reference})


def everything(workspace):
    return {path: path.read_bytes() for path in workspace.reports.rglob("*") if path.is_file()}


def refused(workspace, message, **arguments):
    before = everything(workspace)
    with pytest.raises(GateError, match=message):
        promote(workspace, **{"approver": "Ada", **arguments})
    assert everything(workspace) == before


@pytest.mark.parametrize("approver", ["", "  "])
def test_nobody_is_promoted_without_an_approver(candidate, approver):
    with pytest.raises(UsageError, match="APPROVER='your name'"):
        promote(candidate, approver=approver)
    assert current(candidate) is None


def test_a_candidate_without_a_verdict_is_refused(workspace):
    study.write_candidate(workspace, CONFIG, PREDICTED, weights=study.WEAK)
    refused(workspace, "no verdict yet")


@pytest.mark.parametrize(
    "name", ["model.keras", "predictions.csv", "operating.json", "cohort.csv", "rule.json"]
)
def test_a_file_that_is_not_the_one_judged_is_refused(candidate, name):
    path = candidate.candidate / name
    path.write_bytes(path.read_bytes() + b" ")
    refused(candidate, f"{name} is not the file that the verdict was about")


def edited(**keys):
    """The settings with other ones of the training, as an edit of the YAML leaves them."""
    return CONFIG.model_copy(update={"train": CONFIG.train.model_copy(update=keys)})


@pytest.mark.parametrize(
    "text", [dump_without_places(edited(epochs=100)), "task: of another version\n", None]
)
def test_settings_that_are_not_the_judged_ones_are_not_frozen(candidate, text):
    path = candidate.candidate / "config.yaml"
    path.write_text(text) if text else path.unlink()
    refused(candidate, r"config\.yaml doesn't hold the settings that the verdict was about")


@pytest.mark.slow
def test_a_title_may_change_after_the_verdict_and_an_earlier_verdict_knows_no_settings(candidate):
    titled = CONFIG.model_copy(update={"report": CONFIG.report.model_copy(update={"title": "Another"})})
    compared = json.loads((candidate.candidate / "comparison.json").read_text())
    for config, record in ((titled, compared), (edited(epochs=100), {**compared, "settings": ""})):
        (candidate.candidate / "config.yaml").write_text(dump_without_places(config))
        write_json(candidate.candidate / "comparison.json", record)
        with pytest.raises(UsageError, match="failed its smoke test"):  # what comes last: it is no model
            promote(candidate, approver="Ada")


def test_only_a_row_that_judges_forbids_to_name_the_plan_as_what_is_in_the_way(candidate):
    publish(candidate, approver="Ada", reason="")
    for role, advice in (("report", "Put back what lies outside"), ("guard", "Collect the patients")):
        second(candidate, "INCONCLUSIVE")
        path = candidate.candidate / "comparison.json"
        rows = [
            {"sentence": "", "role": "require", "outcome": "PASS"},
            {"sentence": "", "role": role, "outcome": "FAIL"},
        ]
        plan = {"fixed_with": "0001", "changes": [{"key": "a", "then": "1", "now": "2", "allowed": False}]}
        write_json(path, {**json.loads(path.read_text()), "reasons": rows, "plan": plan})
        refused(candidate, advice)


def test_keep_is_never_promoted_and_inconclusive_only_for_a_reason(candidate):
    publish(candidate, approver="Ada", reason="")
    second(candidate, "KEEP")
    refused(candidate, "verdict is KEEP", override="I want it")
    second(candidate, "INCONCLUSIVE")
    refused(candidate, "verdict is INCONCLUSIVE", override=" ")


def test_a_verdict_against_another_champion_is_refused(candidate):
    publish(candidate, approver="Ada", reason="")
    study.write_candidate(candidate, CONFIG, PREDICTED, weights=study.STRONG)
    path = candidate.candidate / "comparison.json"
    write_json(path, {**json.loads(path.read_text()), "candidate": {"model_sha256": "another"}})
    refused(candidate, "compares with no champion, but now there is generation 0001")


def test_a_published_candidate_is_frozen_with_all_its_files(candidate):
    assert publish(candidate, approver="Ada", reason="first") == "0001"
    folder = candidate.generations / "0001"
    names = sorted(path.name for path in candidate.candidate.iterdir())
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "digests.json"])
    assert check_generation(candidate, "0001") == len(names)
    record = ledger.read(candidate.ledger("promotions"))[0]
    assert (record["action"], record["generation"], record["approver"]) == ("promote", "0001", "Ada")
    assert (record["reason"], record["verdict"]) == ("first", "FIRST")
    assert record["model"] == current(candidate).model_sha256


def test_the_report_is_named_before_it_is_sealed_and_a_promotion_cut_short_is_found_again(candidate):
    (candidate.candidate / "report.json").write_text("{}")

    def named(folder, generation):
        (folder / "report.json").write_text(generation)

    assert publish(candidate, approver="Ada", reason="", named=named) == "0001"
    assert (candidate.generations / "0001" / "report.json").read_text() == "0001"
    assert (candidate.candidate / "report.json").read_text() == "{}"
    assert check_generation(candidate, "0001")
    assert publish(candidate, approver="Ada", reason="", named=named) == "0001"


@pytest.mark.parametrize("change", ["flip", "remove"])
def test_a_generation_that_changed_is_damage(candidate, change):
    publish(candidate, approver="Ada", reason="")
    path = candidate.generations / "0001" / "model.keras"
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data) if change == "flip" else path.unlink()
    with pytest.raises(DamageError, match=r"Generation 0001: model\.keras changed"):
        check_generation(candidate, "0001")


def test_rollback_goes_back_one_champion_and_the_same_command_again_changes_nothing(candidate):
    publish(candidate, approver="Ada", reason="")
    second(candidate)
    publish(candidate, approver="Bea", reason="")
    assert current(candidate).generation == "0002"
    summary = rollback(candidate, approver="Cal", reason="complaints")
    assert summary.lines == ("Generation 0001 is the champion again, in place of 0002: complaints",)
    assert current(candidate).generation == "0001"
    assert not rollback(candidate, approver="Cal", reason="complaints").changed
    assert current(candidate).generation == "0001"
    with pytest.raises(GateError, match="no earlier champion"):
        rollback(candidate, approver="Cal", reason="more complaints")
    assert [(row["generation"], row["state"]) for row in generations(candidate)] == [
        ("0001", "champion"),
        ("0002", "rolled back"),
    ]
    assert len(ledger.read(candidate.ledger("promotions"))) == 3


def test_rollback_needs_a_name_and_a_reason(candidate):
    for arguments in ({"approver": "", "reason": "x"}, {"approver": "Ada", "reason": " "}):
        with pytest.raises(UsageError):
            rollback(candidate, **arguments)


def test_rollback_to_a_damaged_generation_is_refused(candidate):
    publish(candidate, approver="Ada", reason="")
    second(candidate)
    publish(candidate, approver="Ada", reason="")
    (candidate.generations / "0001" / "model.keras").write_bytes(b"other")
    with pytest.raises(DamageError):
        rollback(candidate, approver="Ada", reason="x")
    assert current(candidate).generation == "0002"


MOVE = (
    "write:promotions.jsonl",
    "written:promotions.jsonl",
    "write:heads.json",
    "written:heads.json",
    "write:champion.json",
    "written:champion.json",
)
FREEZE = (
    "copied:cohort.csv",
    "copied:comparison.json",
    "copied:config.yaml",
    "copied:model.json",
    "copied:model.keras",
    "copied:operating.json",
    "copied:predictions.csv",
    "copied:report.html",
    "copied:rule.json",
    "write:digests.json",
    "written:digests.json",
    "write:generation 0002",
    "written:generation 0002",
)


def killed(act, workspace, crash_at=""):
    """Runs publish or rollback in a process that is killed at the point; gives its exit status."""

    def work():
        with lock(workspace):
            act(workspace, approver="Ada", reason="r")

    return forked.ended(work, crash_at=crash_at)


@pytest.mark.parametrize("point", [*FREEZE, *MOVE])
def test_a_promotion_killed_anywhere_leaves_old_or_new_and_the_same_command_finishes_it(candidate, point):
    publish(candidate, approver="Ada", reason="first")
    second(candidate)
    assert killed(publish, candidate, crash_at=point) == -signal.SIGKILL
    champion = current(candidate)
    assert champion.generation == ("0002" if point == "written:champion.json" else "0001")
    check_generation(candidate, champion.generation)
    if point == "written:champion.json":
        return  # the move is complete; promote itself says that the candidate is the champion
    assert killed(publish, candidate) == 0
    assert current(candidate).generation == "0002"
    assert check_generation(candidate, "0002") > 0
    assert [path.name for path in sorted(candidate.generations.iterdir())] == ["0001", "0002"]


@pytest.mark.parametrize("point", MOVE[1:])
def test_promote_finishes_a_promotion_that_was_killed_once_it_was_written_down(candidate, point):
    publish(candidate, approver="Ada", reason="first")
    second(candidate)
    assert killed(publish, candidate, crash_at=point) == -signal.SIGKILL
    summary = promote(candidate, approver="Ada")
    assert summary.lines == ("Generation 0002 already holds this model and is the champion.",)
    assert current(candidate).generation == "0002"
    assert len(ledger.read(candidate.ledger("promotions"))) == 2


@pytest.mark.parametrize("point", MOVE)
def test_a_rollback_killed_anywhere_goes_back_one_step_in_the_end(candidate, point):
    publish(candidate, approver="Ada", reason="first")
    second(candidate)
    publish(candidate, approver="Ada", reason="second")
    assert killed(rollback, candidate, crash_at=point) == -signal.SIGKILL
    assert current(candidate).generation == ("0001" if point == "written:champion.json" else "0002")
    assert killed(rollback, candidate) == 0
    assert current(candidate).generation == "0001"
    assert [record["action"] for record in ledger.read(candidate.ledger("promotions"))] == [
        "promote",
        "promote",
        "rollback",
    ]
