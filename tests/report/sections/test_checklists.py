"""CLAIM 2024 and TRIPOD+AI: what is recorded answers, what isn't is left to the authors."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from pipeline.contracts.cohort import Notice
from pipeline.contracts.metrics import Headline
from pipeline.contracts.population import Sources
from pipeline.contracts.strangers import Strangers
from pipeline.page.artifacts import Artifacts
from pipeline.records import EXTERNAL
from pipeline.report import reading, run
from pipeline.report.sections import limitations
from pipeline.report.sections.checklists import LISTS
from pipeline.report.sections.checklists.items import ANSWERED, AUTHORS, fill

SECTIONS = {"flow", "guards", "brief", "card", "gallery"}


@pytest.fixture(scope="module")
def read(candidate: Any) -> Artifacts:
    """What a finished demo has: sites in its table, strangers told."""
    workspace = candidate.workspace
    read = reading.read(
        candidate.config,
        candidate=workspace.candidate,
        ledgers=workspace.ledgers,
        champion=workspace.generations / "0001",
    )
    cases = read.cases.assign(by_site="North")
    return replace(read, cases=cases, strangers=Strangers(0.05, 100, {}, limit=1.4))


def statuses(read: Artifacts) -> dict[tuple[str, str], str]:
    return {
        (key, item.item): item.status
        for key, of in LISTS.items()
        for item in fill(of.ITEMS, read, sections=SECTIONS)
    }


@pytest.mark.parametrize(("key", "items"), [("claim_2024", 44), ("tripod_ai", 52)])
def test_six_of_ten_items_are_answered_from_what_a_finished_report_records(
    key: str, items: int, read: Artifacts
) -> None:
    told = [status for (of, _), status in statuses(read).items() if of == key]
    assert len(told) == items
    assert told.count(ANSWERED) >= 0.6 * items


def test_items_are_numbered_as_in_the_papers() -> None:
    claim, tripod = ([item.number for item in LISTS[key].ITEMS] for key in ("claim_2024", "tripod_ai"))
    assert claim == [str(number) for number in range(1, 45)]
    whole = [int(re.match(r"[0-9]+", number)[0]) for number in tripod]  # type: ignore[index]
    assert sorted(set(whole)) == list(range(1, 28))
    assert tripod == sorted(tripod, key=lambda number: (int(re.sub("[a-z]", "", number)), number))
    assert len(set(tripod)) == len(tripod)


def without(read: Artifacts, **facts: object) -> Artifacts:
    return replace(read, **facts)  # type: ignore[arg-type]


def stated(read: Artifacts, **words: object) -> Artifacts:
    config = read.config
    return replace(
        read, of_config=config.model_copy(update={"report": config.report.model_copy(update=words)})
    )


def trained(read: Artifacts, **facts: object) -> Artifacts:
    return replace(read, of_model=replace(read.model, **facts))


MISSING: dict[str, tuple[Any, set[tuple[str, str]]]] = {
    "intended use": (lambda read: stated(read, intended_use=""), {("tripod_ai", "3b")}),
    "licence": (lambda read: stated(read, licence=""), {("claim_2024", "43")}),
    "contact": (lambda read: stated(read, contact=""), {("claim_2024", "43")}),
    "architecture": (lambda read: trained(read, architecture=""), {("claim_2024", "1"), ("claim_2024", "22")}),
    "seed": (lambda read: trained(read, seed=None), {("claim_2024", "24")}),
    "epochs": (lambda read: trained(read, epochs_run=None), {("claim_2024", "25"), ("tripod_ai", "12c")}),
    "best epoch": (lambda read: trained(read, best_epoch=None), {("claim_2024", "26")}),
    "versions": (lambda read: trained(read, versions={}), {("claim_2024", "23")}),
    "goal": (
        lambda read: without(read, metrics=replace(read.metrics, headline=Headline("auroc", None, "no_goal", 0.02))),
        {("claim_2024", "4")},
    ),
    "width of the interval": (
        lambda read: without(read, metrics=replace(read.metrics, headline=Headline("auroc", 0.9, "met"))),
        {("claim_2024", "21"), ("tripod_ai", "10")},
    ),
    "sites": (
        lambda read: without(read, cases=read.cases.drop(columns="by_site")), {("tripod_ai", "6a")},
    ),
    "sites and makers": (
        lambda read: without(read, cases=read.cases.drop(columns=["by_site", "by_manufacturer"])),
        {("claim_2024", "7"), ("claim_2024", "13"), ("tripod_ai", "5a"), ("tripod_ai", "6a"), ("tripod_ai", "9b")},
    ),
    "pictures": (lambda read: without(read, insights=None), {("claim_2024", "31"), ("claim_2024", "39")}),
    "worse scans and control runs": (
        lambda read: without(read, robustness=None, controls=None), {("claim_2024", "30")},
    ),
    "strangers": (lambda read: without(read, strangers=None), {("tripod_ai", "27a")}),
    "comparison": (lambda read: without(read, comparison=None), {("tripod_ai", "24")}),
    "look": (lambda read: without(read, looks=[]), {("claim_2024", "42"), ("tripod_ai", "18c")}),
    "people": (
        lambda read: without(read, of_population=replace(read.population, groups=())),
        {("claim_2024", "36"), ("tripod_ai", "16"), ("tripod_ai", "20b"), ("tripod_ai", "20c")},
    ),
    "groups": (
        lambda read: without(read, metrics=replace(
            read.metrics, metrics=tuple(metric for metric in read.metrics.metrics if not metric.group)
        )),
        {("tripod_ai", "12d"), ("tripod_ai", "14"), ("tripod_ai", "23b")},
    ),
    "predictions": (lambda read: without(read, file_digests={}), {("tripod_ai", "12g")}),
    "metrics": (
        lambda read: without(read, metrics=replace(read.metrics, metrics=())),
        {("claim_2024", "29"), ("claim_2024", "37"), ("claim_2024", "38"), ("tripod_ai", "12d"), ("tripod_ai", "14"),
         ("tripod_ai", "23a"), ("tripod_ai", "23b")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fact", MISSING)
def test_an_answer_goes_with_its_fact_and_no_other_does(fact: str, read: Artifacts) -> None:
    take, expected = MISSING[fact]
    before, after = statuses(read), statuses(take(read))
    assert {item for item in before if before[item] != after[item]} == expected
    assert {after[item] for item in expected} == {AUTHORS}


def test_what_cannot_concern_a_first_model_is_not_applicable_and_says_why(read: Artifacts) -> None:
    assert read.comparison
    first = replace(read, comparison=replace(read.comparison, verdict="FIRST", reasons=(), champion=None))
    [item] = [each for each in fill(LISTS["tripod_ai"].ITEMS, first, sections=SECTIONS) if each.item == "24"]
    assert (item.status, item.answer) == ("not_applicable", "no earlier model was updated")


def test_a_group_whose_numbers_the_page_hides_is_no_answer_either(read: Artifacts) -> None:
    hidden = tuple(
        replace(group, patients={**group.patients, "test": 2}) for group in read.population.groups if group.of != "target"
    )  # fmt: skip
    few = replace(read, of_population=replace(read.population, groups=hidden))
    assert statuses(few)["tripod_ai", "16"] == AUTHORS


def answered(read: Artifacts, number: str, key: str = "claim_2024") -> str:
    [item] = [each for each in fill(LISTS[key].ITEMS, read, sections=SECTIONS) if each.item == number]
    return item.answer


def drawn(read: Artifacts, *kinds: str, column: str | None) -> Artifacts:
    cohort = read.config.cohort.model_copy(update={"part_column": column})
    return replace(
        read,
        of_config=read.config.model_copy(update={"cohort": cohort}),
        of_cohort=replace(read.cohort, notices=tuple(Notice(kind, 2, "") for kind in kinds)),
    )


def test_how_parts_were_drawn_is_told_as_it_came_about(read: Artifacts) -> None:
    assert answered(drawn(read, column="split"), "19") == "By the column 'split' of the table of labels."
    overlap = answered(drawn(read, "patient_overlap", column="split"), "19")
    assert overlap.startswith("By a keyed hash of each patient")
    assert overlap.endswith("The column 'split' puts patients into several parts, so it was set aside.")
    anew = answered(drawn(read, "drawn_anew", column=None), "19")
    assert anew.startswith("By a keyed hash of each patient")
    assert anew.endswith("Drawn anew 2 times, before any look at the test part.")


def test_pixels_are_told_as_reviewed_where_a_person_looked(read: Artifacts) -> None:
    assert answered(read, "11").endswith("text in pixels: not reviewed.")
    assert answered(replace(read, is_reviewed=True), "11").endswith("text in pixels: reviewed.")


def from_elsewhere(read: Artifacts) -> Artifacts:
    parts = {**read.cohort.parts, EXTERNAL: replace(read.cohort.parts["test"], patients=37, cases=41)}
    sources = Sources("external", external_patients=37)
    return replace(
        read,
        of_cohort=replace(read.cohort, parts=parts),
        of_population=replace(read.population, sources=sources),
    )


def test_patients_of_another_source_are_counted_and_an_unmeasured_result_on_them_is_no_answer(
    read: Artifacts,
) -> None:
    assert answered(read, "33") == "No patients of another source were a part of their own."
    elsewhere = from_elsewhere(read)
    assert "External: 37 patients, 41 scans (nodule: 95; normal: 200)" in answered(elsewhere, "35")
    assert statuses(elsewhere)["claim_2024", "33"] == AUTHORS


def test_several_sources_in_all_parts_are_not_called_one(read: Artifacts) -> None:
    sources = Sources("all_in_training", of="site")
    several = replace(read, of_population=replace(read.population, sources=sources))
    [row] = [row for row in limitations.build(several).tables["rows"] if "another source" in row["text"]]
    assert "same source" not in answered(several, "33") + row["text"]


def test_an_answer_leads_to_its_section_and_nowhere_if_the_page_lacks_it(read: Artifacts) -> None:
    items = fill(LISTS["claim_2024"].ITEMS, read, sections=SECTIONS)
    assert {item.link for item in items} <= SECTIONS | {""}
    assert next(item.link for item in items if item.item == "35") == "flow"
    assert next(item.link for item in items if item.item == "40") == ""


def test_the_page_ends_with_both_lists_folded_and_counts_their_items(candidate: Any) -> None:
    run(candidate.config, candidate.workspace)
    folder = candidate.workspace.candidate
    page = (folder / "report.html").read_text(encoding="utf-8")
    body = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert body["chapters"][-1]["keys"][-1] == "checklists"
    article = page.split('<article id="checklists">')[1].split("</article>")[0]
    assert article.count("<details") == 2
    assert "<details open" not in article
    for key in LISTS:
        told = [item["status"] for item in body["checklists"][key]]
        assert f"{told.count(ANSWERED)} of {len(told)} items answered" in article
