"""Commands as people are told to type them: about the analysis in hand, and runnable as printed.

Where our Makefile is in the working folder they are make targets, elsewhere the same by `scanloom`. A
sentence puts them between backticks; a page or a stored file, which is read elsewhere, is given `page()`
as their place: no absolute path is in them.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pipeline.arrow import STAGES

YOUR_NAME: Final = "your name"
"""Stands for the name of a person in a printed command; refused when it is typed literally."""
WHY: Final = "why"
"""Stands for a reason in a printed command; refused when it is typed literally."""

_CONFIG: Final = "SCANLOOM_CONFIG"  # in the environment, which child processes inherit
_UNKNOWN: Final = "configs/NAME.yaml"
_SCRIPT: Final = Path(".venv/bin/scanloom")
_FIRST_WORDS: Final = "# Scanloom"  # of our Makefile
_UNCONFIGURED: Final = frozenset({"doctor", "list", "phantom", "score"})
_FOR_MAKE: Final = re.compile(r"[\w./@%+=:,-]+", re.ASCII)  # what make takes as CONFIG unharmed
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

# What make calls an argument: what `scanloom` calls it, "" where it stands alone.
_OPTIONS: Final = {
    "cohort": {"REDRAW": "--redraw"},
    "drift": {"ACCEPT_DRIFT": "--accept-drift"},
    "promote": {"APPROVER": "--approver", "OVERRIDE": "--override"},
    "rollback": {"APPROVER": "--approver", "REASON": "--reason"},
    "predict": {"NEW": "", "OUT": "--out", "GEN": "--generation"},
    "prune": {"GEN": "--generation"},
    "score": {
        "TABLE": "",
        "OUT": "--out",
        "TRUTH": "--truth",
        "PATIENT": "--patient",
        "CASE": "--case",
        "SCORE": "--score",
        "POSITIVE": "--positive",
        "MODELS": "--models",
    },
    "folds": {"OF": "--of"},
    "export": {"OUT": ""},
    "forget": {"ID": ""},
    "case": {"ID": ""},
    "review": {"REVIEWER": "--reviewer", "SEEN": "--seen", "WITHDRAW": "--withdraw"},
}
_PLACEHOLDER: Final = re.compile(
    r"((an?|the|my|your|own|real|full|first|last|approver'?s?|person'?s?|user'?s?) )*"
    r"(names?|approvers?|who|person|user|someone|somebody|reasons?|why|override|todo|tbd|x{2,})( here)?"
)


@dataclass(frozen=True)
class Place:
    """Where a command will be read: what stands there for the configuration and for our program."""

    config: str
    program: str
    has_makefile: bool


@contextlib.contextmanager
def about(config: Path | None) -> Iterator[None]:
    """Commands printed meanwhile, in child processes too, are about the analysis of this configuration."""
    before = os.environ.pop(_CONFIG, None)
    if config is not None:
        os.environ[_CONFIG] = str(config)
    try:
        yield
    finally:
        os.environ.pop(_CONFIG, None)
        if before is not None:
            os.environ[_CONFIG] = before


def make(target: str, arguments: Mapping[str, str] = _NOTHING, *, place: Place | None = None) -> str:
    """What runs a target of the Makefile, with the arguments that make knows by these names.

    Without the Makefile it is the same by `scanloom`: for a stage, all stages up to it in a loop;
    with arguments, the stage alone.
    """
    place = place or terminal()
    configured = target not in _UNCONFIGURED
    if place.has_makefile and (not configured or _FOR_MAKE.fullmatch(place.config)):
        assigned = [f"{name}={_for_make(value)}" for name, value in arguments.items()]
        return " ".join(["make", target, *assigned, *([f"CONFIG={place.config}"] if configured else [])])
    if target == "retrain":
        return f"{_stages(STAGES, place)}; {scanloom('verdict', place=place)}"
    if target in STAGES[1:] and not arguments:
        return _stages(STAGES[: STAGES.index(target) + 1], place)
    options = _OPTIONS.get(target, {})
    words = [word for name, value in arguments.items() for word in (options[name], value) if word]
    return scanloom(target, *words, place=place)


def scanloom(command: str, *words: str, place: Place | None = None) -> str:
    """What runs one command of `scanloom` and nothing before it; `words` follow the configuration."""
    place = place or terminal()
    config = [] if command in _UNCONFIGURED else [shlex.quote(place.config)]
    return " ".join([place.program, command, *config, *map(shlex.quote, words)])


def setup(extra: str = "") -> str:
    """What installs the packages of Scanloom, or of one of its extras ("dask"), where it runs now."""
    checkout = Path(__file__).parent.parent
    words = f"setup {extra.upper()}=1" if extra else "setup"
    if terminal().has_makefile:
        return f"make {words}"
    if Path(sys.prefix) == checkout / ".venv" and _is_ours(checkout / "Makefile"):
        return f"make -C {shlex.quote(str(checkout))} {words}"
    from importlib import metadata  # read by no other command

    needed = [need.partition(";") for need in metadata.requires("scanloom") or []]
    wanted = [name for name, _, when in needed if (f'extra == "{extra}"' in when if extra else not when)]
    return " ".join(
        [shlex.quote(sys.executable), "-m pip install", *(shlex.quote(w.strip()) for w in wanted)]
    )


def terminal() -> Place:
    """The working folder of this process, where a person types the next command."""
    named = os.environ.get(_CONFIG)
    config = Path(named).absolute() if named else Path(_UNKNOWN)
    inside = config.is_relative_to(Path.cwd())
    return Place(
        str(config.relative_to(Path.cwd()) if inside else config), _program(), _is_ours(Path("Makefile"))
    )


def on_page(path: Path) -> str:
    """The path as seen from the working folder; of one that lies elsewhere the name alone."""
    folder, absolute = Path.cwd(), path.absolute()
    return str(absolute.relative_to(folder)) if absolute.is_relative_to(folder) else path.name


def page() -> Place:
    """The same for what is read elsewhere: a file outside the working folder keeps its name alone."""
    place = terminal()
    config = place.config if not Path(place.config).is_absolute() else Path(place.config).name
    return Place(config, str(_SCRIPT) if _SCRIPT.is_file() else "scanloom", place.has_makefile)


def is_placeholder(text: str) -> bool:
    """Whether the text is what a printed command shows in place of a name or reason, or has no letter.

    >>> is_placeholder("NAME"), is_placeholder("<your name>"), is_placeholder("..."), is_placeholder("Ada")
    (True, True, True, False)
    """
    words = " ".join(re.findall(r"[^\W_]+(?:['’][^\W_]+)?", text.casefold()))
    return not words or bool(_PLACEHOLDER.fullmatch(words))


def _stages(names: tuple[str, ...], place: Place) -> str:
    """One line of shell that runs the stages in turn and ends at the first that fails."""
    config = shlex.quote(place.config)
    return f"for stage in {' '.join(names)}; do {place.program} $stage {config} || break; done"


def _for_make(value: str) -> str:
    return shlex.quote(value.replace("$", "$$"))


def _program() -> str:
    """Our program as the shell finds it from here."""
    beside = Path(sys.executable).with_name("scanloom")
    if not beside.is_file():
        return f"{shlex.quote(sys.executable)} -m pipeline.cli"
    if _SCRIPT.is_file() and _SCRIPT.samefile(beside):
        return str(_SCRIPT)
    on_path = shutil.which("scanloom")
    return "scanloom" if on_path and Path(on_path).samefile(beside) else shlex.quote(str(beside))


def _is_ours(makefile: Path) -> bool:
    try:
        return makefile.read_text(encoding="utf-8", errors="replace").startswith(_FIRST_WORDS)
    except OSError:
        return False
