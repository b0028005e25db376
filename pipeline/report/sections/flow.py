"""From files to parts: what came in, what left and why, with counts that add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.contracts.cohort import NAMED_BY, Cohort, Counts, Notice
from pipeline.errors import DamageError
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count, recorded
from pipeline.page.section import Section
from pipeline.printed import scanloom
from pipeline.records import ALL_PARTS, EXTERNAL

KEY, TITLE = "flow", "From files to patients"


def build(artifacts: Artifacts) -> Section:
    """The boxes of the flow. Raises DamageError when they don't add up."""
    cohort = artifacts.cohort
    flow, parts = cohort.flow, cohort.parts
    _check(cohort)
    facts = {
        "files": count("files", flow.all_files, "files"),
        "files_used": count("files_used", flow.used_files, "files"),
        "series": count("series", flow.series, "series"),
        "cases": count("cases", flow.cases, "cases"),
        "cases_used": count("cases_used", cohort.cases, "cases"),
        "patients": count("patients", flow.patients, "patients"),
        "digest": recorded("cohort_digest", cohort.digest),
        "matched": count("matched", cohort.join.matched, "cases"),
    }
    tables = {
        "files_out": _files_out(flow.files),
        "cases_out": [
            {"reason": _words(reason), "count": count(f"cases_{reason}", number, "cases")}
            for reason, number in sorted(flow.excluded.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "parts": [_part(part, parts[part]) for part in ALL_PARTS if part in parts],
        "notices": [_notice(notice) for notice in cohort.notices],
    }
    named = NAMED_BY.get(cohort.join.names, cohort.join.names)
    words = {"column": cohort.join.column, "names": cohort.join.names, "named": named, "use": _use(artifacts)}
    return Section(KEY, TITLE, facts, tables, words=words)


def _check(cohort: Cohort) -> None:
    flow, used, left_out = cohort.flow, cohort.cases, cohort.flow.excluded_cases
    if used + left_out != flow.cases:
        raise DamageError(
            f"cohort.json does not add up: {used} cases in parts and {left_out} left out, "
            f"but {flow.cases} cases. Run `{scanloom('cohort')}` again."
        )
    if cohort.patients != flow.patients:
        raise DamageError(
            "cohort.json does not add up: the patients of the parts are not all patients. "
            f"Run `{scanloom('cohort')}` again."
        )


def _files_out(files: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """What left at the door, most frequent first."""
    out = [
        (number, state, reason)
        for state in files
        if state != "accepted"
        for reason, number in files[state].items()
    ]
    return [
        {"state": state, "reason": _words(reason), "count": count(f"files_{state}_{reason}", number, "files")}
        for number, state, reason in sorted(out, key=lambda row: (-row[0], row[1:]))
    ]


def _part(name: str, part: Counts) -> dict[str, Any]:
    return {
        "part": name,
        "patients": count(f"{name}_patients", part.patients, "patients", name),
        "cases": count(f"{name}_cases", part.cases, "cases", name),
    }


def _use(artifacts: Artifacts) -> dict[str, str]:
    """What each part is for."""
    fixed = artifacts.task.page.fixed_by_validation(artifacts.question)
    return {
        "train": "learned from",
        "validation": f"which fixed {fixed}" if fixed else "watched in training",
        "test": "tested on",
        EXTERNAL: "of another source, tested on",
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"text": notice.detail, "count": count(notice.kind, notice.count, "found")}


def _words(code: str) -> str:
    return code.replace("_", " ")
