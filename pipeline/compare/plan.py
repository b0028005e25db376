"""Whether a candidate changed only what the plan of changes allows.

The plan that holds is the one that was fixed with the champion; a candidate can't widen it for itself. Where
the champion had none, the candidate's own holds, which was fixed before its look. New scans and labels are
what a retraining is for, so no plan has to name them; another definition of the other source is no new data.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.compare.external_set import SECTION, change_of, recorded_folders, redefined
from pipeline.compare.models import Model
from pipeline.compare.verdict import Verdict
from pipeline.config import Config, covers, differing, load, settings
from pipeline.contracts import model_record
from pipeline.contracts.comparison import Change, Plan
from pipeline.contracts.objects import plain
from pipeline.errors import ConfigError, UsageError

CANDIDATE: Final = "candidate"
_PLAN: Final = "compare.allowed_changes"
_COPY: Final = "config.yaml"
_LONGEST: Final = 60  # characters of a value that is told, a choice

Settings = Mapping[str, Any]


def plan_of(config: Config, *, champion: Model, candidate: Model, folders: tuple[Path, Path]) -> Plan:
    """The plan that holds, and every setting that changed; `folders`: the champion's, the candidate's."""
    fixed, own = (model.rule.compare.get("allowed_changes") for model in (champion, candidate))
    before, after = folders
    fixed_with = before.name if fixed is not None else "" if own is None else CANDIDATE
    allowed = tuple(fixed if fixed is not None else own or ())
    then, now = _settings_of(before), settings(config)
    if then is None:
        return Plan(fixed_with, allowed, unknown=f"the settings of generation {before.name} can't be read")
    if fixed is None:  # to have a plan for the first time is no change of a model
        then = {**then, _PLAN: now[_PLAN]}
    told = changes((then, now), (_recorded(before), _recorded(after)), allowed=allowed)
    return Plan(fixed_with, allowed, _with_sources(told, redefined(before, after), allowed))


def _with_sources(told: tuple[Change, ...], scans: int, allowed: Collection[str]) -> tuple[Change, ...]:
    """The changes, with that of the external part by the table alone, of so many scans."""
    if not scans or any(covers(SECTION, change.key) for change in told):
        return told
    moved = change_of(scans, allowed=_is_allowed(SECTION, allowed))
    return tuple(sorted((*told, moved), key=lambda change: change.key))


def changes(
    given: tuple[Settings, Settings], recorded: tuple[Settings, Settings], *, allowed: Collection[str]
) -> tuple[Change, ...]:
    """What differs between then and now in the settings, or else in what is recorded of the models."""
    keys = differing(*given)
    known = recorded[0].keys() & recorded[1].keys()
    told_of = [key for key in differing(*recorded) if key in known]
    facts = [key for key in told_of if not any(covers(above, key) for above in keys)]
    told = dict.fromkeys(keys, given) | dict.fromkeys(facts, recorded)
    return tuple(
        Change(key, _in_words(_at(then, key)), _in_words(_at(now, key)), _is_allowed(key, allowed))
        for key, (then, now) in sorted(told.items())
    )


def _at(values: Settings, key: str) -> Any:
    """The value of a key, of a section those of its keys, None where neither is given."""
    if key in values:
        return values[key]
    section = {name.removeprefix(f"{key}."): value for name, value in values.items() if covers(key, name)}
    return section or None


def capped(verdict: Verdict, plan: Plan) -> Verdict:
    """The verdict, but for a PROMOTE of what the plan doesn't allow."""
    return "INCONCLUSIVE" if verdict == "PROMOTE" and not plan.holds else verdict


def line_with(line: str, plan: Plan, *, was: Verdict) -> str:
    """The verdict's line, saying what lies outside the plan; `was` is the verdict on the rows alone."""
    if plan.holds:
        return line
    why = f"{plan.unknown}, so {_named(plan)} can't be checked" if plan.unknown else _outside(plan)
    if was == "PROMOTE":
        return f"VERDICT INCONCLUSIVE: every required row passes and no guard fails, but {why}"
    return f"{line}; {why}"


def notes_on_plan(plan: Plan, generation: str) -> list[str]:
    """What changed, and whether it may have; nothing where neither a plan nor a change is there."""
    keys = [change.key for change in plan.changes]
    differ = f"{len(keys)} settings differ" if len(keys) > 1 else "1 setting differs"
    if not plan.fixed_with:
        told = f"{differ} from generation {generation}: {_listed(keys)}. No plan says which may"
        return [f"{told}: `compare.allowed_changes` would, before the next candidate."] if keys else []
    if plan.unknown:
        return [f"Whether the candidate keeps to {_named(plan)} can't be told: {plan.unknown}."]
    if not keys:
        return [f"No setting differs from generation {generation}; {_named(plan)} holds."]
    if plan.holds:
        return [f"{differ} from generation {generation}, within {_named(plan)}: {_listed(keys)}."]
    outside = [change for change in plan.changes if not change.allowed]
    told = "; ".join(f"{change.key} from {change.then} to {change.now}" for change in outside)
    return [
        f"Outside {_named(plan)} ({_listed(plan.allowed) or 'new scans alone'}): {told}. Put it back and "
        "retrain, or have a person answer for it: a promotion then needs OVERRIDE with a reason."
    ]


def _is_allowed(key: str, allowed: Collection[str]) -> bool:
    """A plan can't allow that it be changed itself."""
    return key != _PLAN and any(covers(path, key) for path in allowed)


def _settings_of(folder: Path) -> Settings | None:
    """What a generation's copy of the settings says; None where it isn't there, or can't be read any more."""
    try:
        return settings(load(folder / _COPY))
    except (ConfigError, UsageError):
        return None


def _recorded(folder: Path) -> Settings:
    """What is recorded beside a model of its settings, whatever became of the YAML since, or isn't copied."""
    record = model_record.FILE.read(folder)
    facts = {
        "task": record.task,
        "train.model": record.architecture,
        "train.seed": record.seed,
        "normalize": plain(record.recipe),
        **recorded_folders(folder),
    }
    return {key: value for key, value in facts.items() if value not in (None, "")}


def _outside(plan: Plan) -> str:
    lie = "lies" if len(plan.outside) == 1 else "lie"
    return f"{_listed(plan.outside)} {lie} outside {_named(plan)}"


def _named(plan: Plan) -> str:
    fixed_with = "this candidate" if plan.fixed_with == CANDIDATE else f"generation {plan.fixed_with}"
    return f"the plan of changes fixed with {fixed_with}"


def _listed(keys: Collection[str]) -> str:
    return ", ".join(keys)


def _in_words(value: Any) -> str:
    words = "not set" if value is None else json.dumps(value, ensure_ascii=False).strip('"')
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
