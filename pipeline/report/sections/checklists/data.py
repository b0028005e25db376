"""Answers about the data: where scans come from, what was left out, how patients were divided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.contracts.cohort import GROUP
from pipeline.contracts.population import Group
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import FEWEST_SHOWN, shown_value
from pipeline.records import ALL_PARTS, PARTS
from pipeline.report.guards import Guard, guards
from pipeline.report.sections.checklists.items import Answer

_SOURCES = ("by_site", "by_manufacturer")
_ACQUIRED = ("manufacturer", "model", "field_strength", "kernel", "spacing", "view")
_LACKING = ("not_in_table", "label_empty")


def aim(artifacts: Artifacts) -> Answer:
    """Development and evaluation, by the patients of both."""
    parts = artifacts.cohort.parts
    train, test = (parts[name].patients if name in parts else 0 for name in ("train", "test"))
    against = artifacts.comparison.champion if artifacts.comparison else None
    then = f", and compared with generation {against.generation}" if against else ""
    return Answer(
        f"Development and evaluation: learned from {shown_value(train)} patients, tested on "
        f"{shown_value(test)} others{then}.",
        "flow",
    )


def sources(artifacts: Artifacts) -> Answer | None:
    """The modalities with the sites or makers that are known."""
    known = [_listed(artifacts, column) for column in _SOURCES if _values(artifacts, column)]
    if not known:
        return None
    modalities = ", ".join(artifacts.config.ingest.modalities)
    files = shown_value(artifacts.cohort.flow.all_files)
    return Answer(f"{files} files; modalities asked for: {modalities}; {'; '.join(known)}.", "population")


def centres(artifacts: Artifacts) -> Answer | None:
    """The sites of the scans."""
    return (
        Answer(f"{_listed(artifacts, 'by_site')}.", "population") if _values(artifacts, "by_site") else None
    )


def eligibility(artifacts: Artifacts) -> Answer:
    """Which scans were taken, and what left with which reason."""
    flow, ingest = artifacts.cohort.flow, artifacts.config.ingest
    kept = f"{shown_value(flow.used_files)} of {shown_value(flow.all_files)} files made scans"
    left = _counted(flow.excluded)
    rules = f", by rules on {', '.join(ingest.select)}" if ingest.select else ""
    return Answer(
        f"{', '.join(ingest.modalities)} read by {ingest.unit}{rules}; {kept}; of "
        f"{shown_value(flow.cases)} scans left "
        f"out: {left or 'none'}.",
        "flow",
    )


def subsets(artifacts: Artifacts) -> Answer:
    """What of each study became a case."""
    ingest = artifacts.config.ingest
    rules = "; ".join(f"{name}: {rule}" for name, rule in sorted(ingest.select.items()))
    also = f", with {', '.join(ingest.include)}" if ingest.include else ""
    return Answer(f"Each {ingest.unit} is a case{also}; rules of choice: {rules or 'none'}.", "flow")


def deidentification(artifacts: Artifacts) -> Answer:
    """Pseudonyms and dates as set, and whether a person looked for text in pixels."""
    dates = artifacts.config.ingest.dates
    kept = {"none": "no dates are kept", "shift": "dates are shifted by patient"}[dates]
    return Answer(
        f"Identifiers became keyed pseudonyms as headers were read; {kept}; text in pixels: "
        f"{'reviewed' if artifacts.is_reviewed else 'not reviewed'}.",
        "provenance",
    )


def missing(artifacts: Artifacts) -> Answer:
    """Scans without label and without score."""
    lacking = {reason: n for reason, n in artifacts.cohort.flow.excluded.items() if reason in _LACKING}
    failed = int((artifacts.predictions["status"] != "ok").sum())
    return Answer(
        f"Nothing is imputed. Left out for want of a label: {_counted(lacking) or 'none'}; scans that "
        "could not be "
        f"scored: {failed}.",
        "flow",
    )


def acquisition(artifacts: Artifacts) -> Answer | None:
    """What headers and table say of how scans were made."""
    told = [_listed(artifacts, f"by_{name}") for name in _ACQUIRED if _values(artifacts, f"by_{name}")]
    return Answer(f"As headers and table say: {'. '.join(told)}.", "population") if told else None


def partition(artifacts: Artifacts) -> Answer:
    """How parts were drawn, and whether that was done anew; a column that divides patients is set aside."""
    cohort, counts = artifacts.config.cohort, {each.kind: each.count for each in artifacts.cohort.notices}
    column, is_aside = cohort.part_column, "patient_overlap" in counts
    redraws = counts.get("drawn_anew", 0)
    often = "once" if redraws == 1 else f"{redraws} times"
    anew = f" Drawn anew {often}, before any look at the test part." if redraws else ""
    if column and not is_aside:
        return Answer(f"By the column '{column}' of the table of labels.{anew}", "flow")
    shares = ", ".join(f"{name} {getattr(cohort.divided, name):.3g}" for name in PARTS)
    fold = cohort.fold
    dealt = f"fold {fold.held_out} of {fold.of} is the test part, the next one validation; " if fold else ""
    aside = f" The column '{column}' puts patients into several parts, so it was set aside." if column else ""
    return Answer(
        f"By a keyed hash of each patient ({dealt}{shares}; salt {cohort.salt}), kept in a ledger for later "
        f"scans.{aside}{anew}",
        "flow",
    )


def disjoint(artifacts: Artifacts) -> Answer | None:
    """The checks that nobody lies in two parts."""
    keys = ("patients_apart", "one_person", "duplicates_apart", "near_duplicates")
    made = [guard for guard in guards(artifacts) if guard.key in keys and guard.status != "not_run"]
    if not made:
        return None
    return Answer(f"By patient. {'; '.join(_check(guard) for guard in made)}.", "guards")


def sizes(artifacts: Artifacts) -> Answer:
    """How many patients and scans each part has, that of another source among them."""
    parts = artifacts.cohort.parts
    told = [
        f"{name.capitalize()}: {shown_value(parts[name].patients)} patients, "
        f"{shown_value(parts[name].cases)} scans"
        + (f" ({_answers(parts[name].counts)})" if parts[name].counts else "")
        for name in ALL_PARTS
        if name in parts
    ]
    return Answer(f"{'. '.join(told)}.", "flow")


def sample_size(artifacts: Artifacts) -> Answer | None:
    """That all were taken, and how precise the test part makes the headline."""
    headline = artifacts.metrics.headline
    if headline is None or headline.half_width is None:
        return None
    needed = headline.needed_patients
    more = f"; about {shown_value(needed)} such patients would halve it" if needed is not None else ""
    return Answer(
        "All patients with a usable scan and a label were taken; no size was fixed in the settings. "
        "Half the interval of "
        f"{artifacts.short(headline.metric)} is {shown_value(headline.half_width)}{more}.",
        "precision",
    )


def demographics(artifacts: Artifacts) -> Answer | None:
    """The groups of sex and age, part by part."""
    groups = [group for group in artifacts.population.groups if group.of.startswith(("by_sex", "by_age"))]
    if not groups:
        return None
    told = ", ".join(dict.fromkeys(group.heading.lower() for group in groups))
    return Answer(f"By part, with the difference of test and training: {told}.", "population")


def difference_of_parts(artifacts: Artifacts) -> Answer | None:
    """The largest difference between test and training part; groups too small to be shown are left out."""
    groups = artifacts.population.groups
    known = [group for group in groups if group.difference is not None and not _is_hidden(group)]
    if not known:
        return None
    largest = max(known, key=lambda group: abs(group.difference or 0.0))
    return Answer(
        f"{len(known)} characteristics compared; the largest difference is "
        f"{shown_value(largest.difference)} standard "
        f"deviations ({largest.heading.lower()}: {largest.category or 'unknown'}).",
        "population",
    )


def _is_hidden(group: Group) -> bool:
    """Whether the page hides the group's numbers, which could point to a person."""
    small = any(0 < number < FEWEST_SHOWN for number in group.patients.values())
    return small and group.of.startswith(GROUP)


def _values(artifacts: Artifacts, column: str) -> list[str]:
    return sorted(set(artifacts.cases[column]) - {""}) if column in artifacts.cases else []


def _listed(artifacts: Artifacts, column: str) -> str:
    values, name = _values(artifacts, column), column.removeprefix("by_").replace("_", " ")
    return f"{name}: {', '.join(values)}" if len(values) <= 6 else f"{name}: {len(values)} different"


def _counted(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return _joined(f"{name.replace('_', ' ')} {shown_value(number)}" for name, number in ordered)


def _answers(counts: Mapping[str, int]) -> str:
    """Each answer with its scans, told apart though a name may hold commas and numbers."""
    return "; ".join(f"{name}: {shown_value(number)}" for name, number in counts.items())


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)


def _check(guard: Guard) -> str:
    return f"{guard.title}: {'passes' if guard.status == 'pass' else 'fails'}"
