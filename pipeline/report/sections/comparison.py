"""The candidate beside the champion: verdict, its arithmetic, who changes sides, drift."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.contracts.comparison import Flip, Flips, Reason, Sides
from pipeline.contracts.drift import AttributeDrift, Domain, Drift, OddScan
from pipeline.page.artifacts import Artifacts, Champion
from pipeline.page.facts import DESCRIBED, FEWEST_SHOWN, Fact, count, recorded, setting, unavailable
from pipeline.page.section import Section, not_available
from pipeline.pixel_text import way_to_see
from pipeline.report.scan_pictures import card

KEY, TITLE = "comparison", "Beside the champion"
_RULES = {
    "non_inferior_core": "No loss on the core",
    "non_inferior_anchor": "No loss against the best so far",
    "non_inferior_era": "No loss on the patients since",
    "superior_era": "A gain on the patients since",
    "guard_group": "No loss in the group",
    "guard_negative_flips": "Few change sides for the worse",
    "guard_coverage": "As many held as promised",
    "guard_abstained": "No more to abstain on",
    "external": "On another source",
}
_SHARES = {"negative_flips": "share of patients", "abstained": "share of patients"}
"""The numbers of rows that are no metric of a task, as they are called."""
_LEVELS = {"stop": 0, "warn": 1}


def build(artifacts: Artifacts) -> Section:
    """The verdict and the table of its reasons; flips; drift of the new scans."""
    stored = artifacts.comparison
    if not stored:
        return not_available(KEY, TITLE, "no comparison was made")
    if stored.verdict == "FIRST":
        return not_available(
            KEY, TITLE, "there is no champion yet, and this is the first model of this analysis"
        )
    if not stored.reasons:
        return not_available(KEY, TITLE, "the candidate is the champion itself")
    look, drift = stored.look, artifacts.drift or Drift("")
    oddest = drift.domain.oddest if drift.domain else ()
    facts = {
        "verdict": Fact("verdict", stored.verdict, method="the rule fixed beforehand", reason=DESCRIBED),
        "champion": recorded("champion_generation", stored.champion.generation if stored.champion else None),
        "look": recorded("look_number", look.number if look else None, "look"),
        "budget": setting("look_budget", look.budget if look else None, "looks"),
        "alpha": setting("alpha", stored.alpha),
        **(_flips(stored.flips) if stored.flips else {}),
        "drift": recorded("drift_level", drift.level or None),
        **_domain(drift.domain),
    }
    tables = {
        "reasons": [_reason(row, artifacts) for row in stored.reasons],
        "drift": [_drift(row) for row in sorted(drift.attributes, key=_most_notable)],
        "changes": changes(artifacts),
        "oddest": [_odd(scan) for scan in oddest],
        **_odd_cards(oddest, artifacts),
        "flips": _cards(artifacts),
        "sides": [_sides(sides, stored.flips) for sides in _told(stored.flips)] if stored.flips else [],
    }
    words = {
        "accepted": drift.accepted,
        "domain": _said(drift.domain),
        "flipped": {
            "negative": _changed(stored.flips.negative_list if stored.flips else ()),
            "positive": _changed(stored.flips.positive_list if stored.flips else ()),
        },
        "to_see_odd": way_to_see(
            scan.hidden for scan in (artifacts.odd_scans.scans if artifacts.odd_scans else ())
        ),
        "to_see": way_to_see(scan.hidden for scan in (artifacts.flips.scans if artifacts.flips else ())),
        "in_per_cent": artifacts.task.page.score(artifacts.question).in_per_cent,
        "sides": {"lost": stored.flips.lost, "gained": stored.flips.gained} if stored.flips else {},
        "notes": list(stored.notes),
        "held_by_plan": stored.is_held_by_plan,
    }
    return Section(KEY, TITLE, facts, tables, words=words)


def _reason(row: Reason, artifacts: Artifacts) -> dict[str, Any]:
    labels = _RULES | {guard.rule: guard.label for guard in artifacts.task.verdict.GUARDS}
    is_share = row.metric in _SHARES
    fact = Fact(
        row.rule,
        row.value,
        row.low,
        row.high,
        None if row.low is None else row.level,
        unit="candidate minus champion",
        measured_in="" if is_share else artifacts.measured_in(row.metric),
        method=row.method,
        part=row.part,
        patients=row.patients,
        positive_patients=row.positive_patients,
        reason=row.reason or "",
    )
    more = recorded("n_more", row.n_more, "patients")
    kept = {"role": row.role, "part": row.part, "outcome": row.outcome, "sentence": row.sentence}
    return kept | {
        "rule": labels.get(row.rule, row.rule.replace("_", " ")),
        "metric": _SHARES[row.metric] if is_share else artifacts.short(row.metric),
        "fact": fact,
        "bound": setting("bound", row.bound, measured_in=fact.measured_in),
        "n_more": more,
    }


def changes(artifacts: Artifacts) -> list[dict[str, Any]]:
    """What differs between the champion and the candidate: data, recipe, network, code, settings."""
    then = _recorded(artifacts.champion)
    now = _recorded(Champion(artifacts.model, artifacts.cohort, artifacts.metrics))
    return [
        {"name": name, "then": recorded(name, before), "now": recorded(name, now[name])}
        for name, before in then.items()
        if before is not None and before != now[name]
    ]


def _recorded(of: Champion) -> dict[str, float | int | str | None]:
    """What is compared of a model, in words; None where it isn't recorded."""
    parts = of.cohort.parts if of.cohort else {}
    train, test = parts.get("train"), parts.get("test")
    model, code = of.model, of.metrics.digests if of.metrics else {}
    return {
        "training patients": train.patients if train else None,
        "training cases": train.cases if train else None,
        "test patients": test.patients if test else None,
        "recipe": model.recipe_id if model else None,
        "architecture": model.architecture if model else None,
        "parameters": model.parameters if model else None,
        "seed": model.seed if model else None,
        "epochs": model.epochs_run if model else None,
        "code": code.get("code"),
        "evaluation settings": code.get("config"),
    }


def _flips(flips: Flips) -> dict[str, Fact]:
    numbers = {
        "both_right": flips.both_right,
        "both_wrong": flips.both_wrong,
        "negative": flips.negative,
        "positive": flips.positive,
    }
    counts = {
        name: count(name, number, "patients", "test")
        for name, number in numbers.items()
        if number is not None
    }
    p = Fact(
        "mcnemar_p",
        flips.mcnemar_p,
        method="McNemar, exact",
        part="test",
        patients=flips.units,
        reason="a p value",
    )
    return counts | {"mcnemar_p": p}


def _cards(artifacts: Artifacts) -> list[dict[str, Any]]:
    """Those who changed sides for the worse and are shown, with what both models said."""
    scans = artifacts.flips.scans if artifacts.flips else ()
    flips = artifacts.comparison.flips if artifacts.comparison else None
    by_name = {flip.name: flip for flip in (flips.negative_list if flips else ())}
    said = artifacts.task.page.score(artifacts.question)
    rows = []
    for scan in scans:
        flip = by_name.get(scan.patient_id) or by_name.get(scan.case_id)
        if flip is None:
            continue
        scores = {
            model: Fact(
                f"{model}_score", value, unit=said.words, method="model output", part="test",
                target=flip.score_of, cases=1, patients=1, reason="the score of a single case",
            )
            for model, value in (("champion", flip.champion_score), ("candidate", flip.candidate_score))
        }  # fmt: skip
        words = {"truth": flip.truth, "of": flip.score_of, "was": flip.champion, "now": flip.candidate}
        rows.append(card(scan) | words | scores)
    return rows


def _told(flips: Flips) -> tuple[Sides, ...]:
    """All, the classes and the groups; an earlier version counted none of them."""
    return (*([flips.sides] if flips.sides else ()), *flips.classes, *flips.groups)


def _sides(sides: Sides, flips: Flips) -> dict[str, Any]:
    ways = {
        "negative": (sides.negative, sides.negative_low, sides.negative_high),
        "positive": (sides.positive, sides.positive_low, sides.positive_high),
    }
    return {"name": sides.name} | {
        way: _share_of(f"{way}_flips", sides, number, (low, high), level=flips.level)
        for way, (number, low, high) in ways.items()
    }


def _share_of(
    name: str, sides: Sides, number: int, ends: tuple[float | None, float | None], *, level: float | None
) -> Fact:
    """A share of patients; a small group could point to a person, so nothing is told of it."""
    if sides.patients < FEWEST_SHOWN:
        return unavailable(name, f"fewer than {FEWEST_SHOWN} patients")
    return Fact(
        name, number / sides.patients, *ends, level, unit="share of patients", method="Clopper-Pearson",
        part="test", group=sides.name, patients=sides.patients, numerator=number,
        denominator=sides.patients,
    )  # fmt: skip


def _domain(domain: Domain | None) -> dict[str, Fact]:
    """How well the new scans, and the champion's held-out ones, are told from those of training."""
    areas = {"told": domain.new, "told_held": domain.held} if domain else {}
    return {
        name: Fact(
            name, area.value, area.low, area.high, domain.level if domain else None, unit="area",
            method="DeLong", part="new scans" if name == "told" else "held-out scans",
            patients=area.old_patients + area.new_patients,
        )
        for name, area in areas.items() if area is not None
    }  # fmt: skip


def _said(domain: Domain | None) -> dict[str, str]:
    """What the classifier looked at, or why nothing can be said."""
    by = domain.by if domain else ""
    asked = "yes" if by == "features" else ""
    return {"by": by, "network_asked": asked, "reason": domain.reason if domain else ""}


def _odd(scan: OddScan) -> dict[str, Any]:
    score = Fact("odds", scan.score, unit="log odds", method="logistic regression", cases=1, reason=DESCRIBED)
    return {"case": scan.case_id, "score": score, "nearest": scan.nearest}


def _odd_cards(scans: Sequence[OddScan], artifacts: Artifacts) -> dict[str, list[dict[str, Any]]]:
    """Cards of the odd scans, and of those of training nearest to them; none of an earlier version's."""
    pictures = {each.case_id: each for each in (artifacts.odd_scans.scans if artifacts.odd_scans else ())}
    shown = scans if pictures else ()
    return {
        "odd": [card(pictures.get(scan.case_id)) for scan in shown],
        "typical": [card(pictures.get(scan.nearest)) for scan in shown],
    }


def _changed(flips: Iterable[Flip]) -> list[dict[str, str]]:
    """The pseudonyms of those who change sides; scores stay in comparison.json."""
    return [
        {"name": flip.name, "truth": flip.truth, "champion": flip.champion, "candidate": flip.candidate}
        for flip in flips
    ]


def _most_notable(row: AttributeDrift) -> tuple[int, float, str]:
    """The order of the table: stop, warn, the rest; within them the smallest corrected p first."""
    return _LEVELS.get(row.level, len(_LEVELS)), 1.0 if row.p_holm is None else row.p_holm, row.name


def _drift(row: AttributeDrift) -> dict[str, Any]:
    def described(name: str, value: float | None, unit: str, method: str) -> Fact:
        patients = row.n_old + row.n_new
        return Fact(
            name, value, unit=unit, method=method, part="new scans", patients=patients, reason=DESCRIBED
        )

    return {
        "name": row.name.replace("_", " "),
        "level": row.level,
        "n_old": count("n_old", row.n_old, "patients"),
        "n_new": count("n_new", row.n_new, "patients"),
        "p": described("p_holm", row.p_holm, "p value", "Holm"),
        "smd": described("smd", row.smd, "standard deviations", "standardised difference"),
        "psi": described("psi", row.psi, "", "population stability index"),
        "psi_expected": described("psi_expected", row.psi_expected, "", "population stability index"),
        "unseen": ", ".join(row.unseen),
    }
