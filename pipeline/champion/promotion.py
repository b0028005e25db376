"""Promotion and rollback: the only two ways to move the champion, each with a name behind it."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline import digests, ledger
from pipeline.champion.generations import Named, check_generation, freeze, unnamed
from pipeline.champion.memory import require_whole
from pipeline.champion.pointer import Champion, current, finish_move, line_of_champions, record_move
from pipeline.champion.smoke import smoke_test
from pipeline.config import load, settings
from pipeline.contracts import comparison
from pipeline.contracts.comparison import Comparison, Reference
from pipeline.errors import ConfigError, GateError, UsageError
from pipeline.ledger import Record
from pipeline.printed import WHY, YOUR_NAME, is_placeholder, make
from pipeline.records import Summary
from pipeline.workspace import Workspace

_OVERRIDABLE = "INCONCLUSIVE"
_COPY = "config.yaml"  # of the settings, written anew by every target that reads the YAML


def promote(
    workspace: Workspace, *, approver: str, override: str | None = None, named: Named = unnamed
) -> Summary:
    """Makes the candidate the champion, when its verdict allows it.

    `override` is the reason to promote in spite of an INCONCLUSIVE verdict; it is recorded. A promotion
    that was cut short is finished by the same command. `named` writes into the frozen report what it is of.

    Raises UsageError without an approver, GateError (nothing is written) when the verdict forbids it,
    belongs to other files or to another champion, or when the model doesn't repeat its stored scores.
    """
    approver = _required(
        approver, "promote", arguments={"APPROVER": YOUR_NAME}, meaning="the name of who answers for it"
    )
    if override and override.strip():
        given = {"APPROVER": approver, "OVERRIDE": WHY}
        override = _required(override, "promote", arguments=given, meaning="a reason to override the verdict")
    require_whole(workspace)
    ledger.catch_up(workspace.ledgers)
    finish_move(workspace)
    compared = _comparison(workspace)
    model = compared.candidate.model_sha256
    champion = current(workspace)
    if champion and champion.model_sha256 == model:
        return Summary(
            (f"Generation {champion.generation} already holds this model and is the champion.",),
            changed=False,
        )
    _check_verdict(compared, override)
    _check_reference(compared.champion, champion)
    _check_files(workspace, compared.files)
    _check_settings(workspace, compared.settings)
    smoked = smoke_test(workspace, workspace.candidate)
    generation = publish(workspace, approver=approver, reason=(override or "").strip(), named=named)
    return Summary((smoked, f"Generation {generation} is the champion, approved by {approver}."))


def publish(workspace: Workspace, *, approver: str, reason: str, named: Named = unnamed) -> str:
    """The generation that now holds the candidate and is the champion; all checks are behind it.

    A kill at any moment leaves the old champion or the new one; doing it again finishes it.
    """
    compared = _comparison(workspace)
    generation = freeze(workspace, named)
    record_move(
        workspace,
        {
            "action": "promote",
            "generation": generation,
            "model": compared.candidate.model_sha256,
            "approver": approver,
            "reason": reason,
            "verdict": compared.verdict,
        },
    )
    return generation


def rollback(workspace: Workspace, *, approver: str, reason: str) -> Summary:
    """Makes the champion before the present one the champion again; nothing is trained.

    The same approver and reason twice in a row are one rollback, so that a command that was killed can be
    given again.

    Raises UsageError without approver or reason, GateError when there is no earlier champion, DamageError
    when its files are no longer what was promoted.
    """
    named = {"APPROVER": YOUR_NAME, "REASON": WHY}
    approver = _required(approver, "rollback", arguments=named, meaning="the name of who answers for it")
    reason = _required(reason, "rollback", arguments={**named, "APPROVER": approver}, meaning="its reason")
    require_whole(workspace)
    ledger.catch_up(workspace.ledgers)
    records = finish_move(workspace)
    if _is_rollback(records[-1:], approver=approver, reason=reason):
        done = f"Generation {records[-1]['generation']} is the champion again"
        return Summary((f"{done}; to go back further, give another reason.",), changed=False)
    line = line_of_champions(records)
    if len(line) < 2:
        raise GateError(
            f"There is no earlier champion to go back to. `{make('generations')}` lists what there is."
        )
    replaced, generation = line[-1], line[-2]
    check_generation(workspace, generation)
    promotion = next(record for record in reversed(records) if record["generation"] == generation)
    record_move(
        workspace,
        {
            "action": "rollback",
            "generation": generation,
            "model": promotion["model"],
            "approver": approver,
            "reason": reason,
            "verdict": promotion["verdict"],
        },
    )
    return Summary((f"Generation {generation} is the champion again, in place of {replaced}: {reason}",))


def _is_rollback(last: list[Record], *, approver: str, reason: str) -> bool:
    asked = ("rollback", approver, reason)
    return any((record["action"], record["approver"], record["reason"]) == asked for record in last)


def _required(text: str, target: str, *, arguments: Mapping[str, str], meaning: str) -> str:
    """The text, trimmed. Raises UsageError when it is empty, or copied from a printed command as it stood."""
    if is_placeholder(text):
        placeholders = " and ".join(f"'{word}'" for word in arguments.values() if is_placeholder(word))
        shown = f", found '{text.strip()}'" if text.strip() else ""
        raise UsageError(
            f"`{target}` needs {meaning}{shown}. Put yours in place of {placeholders}: "
            f"`{make(target, arguments)}`."
        )
    return text.strip()


def _comparison(workspace: Workspace) -> Comparison:
    stored = comparison.FILE.find(workspace.candidate)
    if stored is None:
        raise GateError(f"The candidate has no verdict yet. Run `{make('retrain')}`, then promote.")
    return stored


def _check_verdict(compared: Comparison, override: str | None) -> None:
    verdict = compared.verdict
    if verdict in ("FIRST", "PROMOTE") or (verdict == _OVERRIDABLE and (override or "").strip()):
        return
    collect = (
        "Put back what lies outside the plan of changes and retrain"
        if compared.is_held_by_plan
        else "Collect the patients that the verdict names"
    )
    remedy = (
        f"{collect}, or give a reason in place of "
        f"'{WHY}', which will be recorded: `{make('promote', {'APPROVER': YOUR_NAME, 'OVERRIDE': WHY})}`."
        if verdict == _OVERRIDABLE
        else "The champion stays; a new candidate is needed."
    )
    raise GateError(f"The verdict is {verdict}, so nothing was promoted. {remedy}")


def _check_reference(compared: Reference | None, champion: Champion | None) -> None:
    reference = compared.generation if compared else None
    present = champion.generation if champion else None
    if reference != present:
        raise GateError(
            f"The verdict compares with {_named(reference)}, but now there is {_named(present)}. "
            f"Run `{make('retrain')}` for a verdict against it."
        )


def _named(generation: str | None) -> str:
    return f"generation {generation}" if generation else "no champion"


def _check_files(workspace: Workspace, expected: Mapping[str, str]) -> None:
    for name, digest in sorted(expected.items()):
        path = workspace.candidate / name
        if not path.is_file() or digests.of_file(path) != digest:
            raise GateError(
                f"{workspace.shown(path)} is not the file that the verdict was about. "
                f"Run `{make('retrain')}` again; nothing was promoted."
            )


def _check_settings(workspace: Workspace, expected: str) -> None:
    """Raises GateError when the settings that would be frozen aren't those that were judged.

    Words of people and places may change; a comparison of an earlier version says nothing of settings.
    """
    if not expected:
        return
    path = workspace.candidate / _COPY
    try:
        is_judged = digests.of_json(settings(load(path))) == expected
    except (ConfigError, UsageError):  # damaged, or not there
        is_judged = False
    if not is_judged:
        raise GateError(
            f"{workspace.shown(path)} doesn't hold the settings that the verdict was about. Put them back in "
            f"the YAML, or leave them as they are now; then run `{make('retrain')}`. Nothing was promoted."
        )
