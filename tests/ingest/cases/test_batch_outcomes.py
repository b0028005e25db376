from __future__ import annotations

from pipeline.ingest.cases.batch_outcomes import batch_outcomes
from pipeline.ingest.cases.batch_reading import Spoiled, bundles
from pipeline.ingest.cases.case_plan import CasePlan
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.series.frames import Volume
from pipeline.records import Case, Geometry, Stored


def case_plan(name: str, *tokens: str) -> CasePlan:
    return CasePlan(
        name, Volume((), Geometry(()), ()), {f"source of {token}": token for token in tokens}, "HU"
    )


def case(name: str) -> Case:
    stored = Stored("shard", 0, 1, "|u1", (1, 1), 0)
    return Case(name, "p", "st", "se", "CT", "HU", 1, Geometry((1.0, 1.0)), stored, "")


def test_files_of_a_case_that_was_read_are_accepted() -> None:
    became = batch_outcomes([case_plan("a", "1", "2")], [case("a")], [])
    assert became.outcomes == {"1": Outcome("ok"), "2": Outcome("ok")}
    assert became.cases == ((case("a"), ("1", "2")),)


def test_the_file_to_blame_has_the_reason_and_its_volume_lacks_a_slice() -> None:
    became = batch_outcomes([case_plan("a", "1", "2")], [], [Spoiled("a", "decode_error", "why", "2")])
    assert became.outcomes["2"] == Outcome("decode_error", "why")
    assert became.outcomes["1"].reason == "missing_slices"
    assert became.cases == ()


def test_the_trouble_of_a_whole_volume_is_that_of_all_its_files() -> None:
    became = batch_outcomes([case_plan("a", "1", "2")], [], [Spoiled("a", "implausible_values", "why")])
    assert set(became.outcomes.values()) == {Outcome("implausible_values", "why")}


def test_a_file_that_spoils_one_case_spoils_all_it_has_a_part_in() -> None:
    plans = [case_plan("a", "1"), case_plan("b", "1", "2"), case_plan("c", "3")]
    became = batch_outcomes(plans, [case("b"), case("c")], [Spoiled("a", "decode_error", "why", "1")])
    assert [name.case_id for name, _ in became.cases] == ["c"]
    assert {token: outcome.reason for token, outcome in became.outcomes.items()} == {
        "1": "decode_error",
        "2": "missing_slices",
        "3": "ok",
    }


def test_cases_that_share_files_are_one_bundle() -> None:
    plans = [
        case_plan("a", "1"),
        case_plan("b", "2", "3"),
        case_plan("c", "1", "4"),
        case_plan("d", "4", "2"),
        case_plan("e", "5"),
    ]
    assert [[one.case_id for one in bundle] for bundle in bundles(plans)] == [["a", "b", "c", "d"], ["e"]]
