"""What can go wrong, and the exit code of each kind.

ScanloomError                 1   a fault of this program
├── UsageError                2   the command line or the configuration is wrong
│   └── ConfigError           2   the same, with the YAML's file and line
├── DataError                 3   the data can't be used as they are
├── GateError                 4   refused by a gate: drift stop, looks spent, promotion not allowed
├── DamageError               7   stored data are damaged and can't be repaired
├── RetryError               75   try again: lock held, disk full, read-only folder, memory
└── Interrupted        130, 143   stopped by SIGINT or SIGTERM; safe to run again

Every message is one sentence or two for its reader: what happened, where, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ScanloomError(Exception):
    """The base of all errors that are told to the user as a sentence, with `exit_code`."""

    exit_code = 1


class UsageError(ScanloomError):
    """The command line or the configuration is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """A key or value of the YAML is wrong; the message begins with `file:line`."""


class DataError(ScanloomError):
    """The scans or the table of labels can't be used as they are."""

    exit_code = 3


class GateError(ScanloomError):
    """A rule fixed beforehand forbids the step."""

    exit_code = 4


class DamageError(ScanloomError):
    """A stored artifact doesn't match its digest and can't be rebuilt here."""

    exit_code = 7


class RetryError(ScanloomError):
    """A passing condition of the machine: lock held, disk full, read-only folder, memory."""

    exit_code = 75


class Interrupted(ScanloomError):
    """Stopped by a signal after the step in progress; the same command goes on from there."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def nearest(word: str, known: Iterable[str]) -> str:
    """A phrase that helps to mend `word`: the nearest known name, or the known names when few.

    >>> nearest("epoch", ["epochs", "seed"])
    "did you mean 'epochs'?"
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(names)}" if len(names) <= 12 else f"{len(names)} names are known"
