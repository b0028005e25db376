"""What made this report: digests, versions, seeds, the ledger of looks, and how to make it again."""

from __future__ import annotations

from typing import Any

from pipeline import provenance
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, count, recorded
from pipeline.page.section import Section
from pipeline.printed import make, page
from pipeline.report.guards import Guard, guards

KEY, TITLE = "provenance", "Where it comes from"


def build(artifacts: Artifacts) -> Section:
    """Tables of digests, versions, settings and looks."""
    digests = dict(sorted(artifacts.file_digests.items()))
    versions = artifacts.model.versions
    tables: dict[str, list[dict[str, Any]]] = {
        "digests": [{"name": name, "digest": recorded(name, digest)} for name, digest in digests.items()],
        "versions": [
            {"name": name, "version": recorded(name, str(version))}
            for name, version in sorted(versions.items())
        ],
        "looks": [_look(number, look) for number, look in enumerate(artifacts.looks, start=1)],
        "guards": [_guard(guard) for guard in guards(artifacts)],
    }
    model, bootstrap = artifacts.model, artifacts.metrics.bootstrap
    facts = {
        "seed_train": recorded("seed_train", model.seed),
        "seed_bootstrap": recorded("seed_bootstrap", bootstrap.seed if bootstrap else None),
        "resamples": recorded("resamples", bootstrap.resamples if bootstrap else None, "resamples"),
        "salt": recorded("salt", artifacts.config.cohort.salt),
        "threads": recorded("threads", model.threads),
        "device": recorded("device", model.device),
        "recipe": recorded("recipe_id", model.recipe_id),
        "code": recorded("report_code", provenance.code_digest()),
    }
    return Section(KEY, TITLE, facts, tables, words={"command": make("report", place=page())})


def _guard(guard: Guard) -> dict[str, Any]:
    accepted = f"accepted: {guard.override}" if guard.override else ""
    reason = "; ".join(text for text in (guard.reason, accepted) if text)
    return {"title": guard.title, "status": guard.status, "reason": reason, "found": _found(guard)}


def _found(guard: Guard) -> Fact:
    value = guard.value or 0
    return recorded(guard.key, value) if guard.limit else count(guard.key, int(value), "found")


def _look(number: int, look: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": count("look", number, "looks"),
        "created": str(look.get("created", "")),
        "model": str(look.get("model", "")),
        "cohort": str(look.get("cohort", "")),
        "rule": str(look.get("rule", "")),
        "champion": str(look.get("champion") or "none"),
    }
