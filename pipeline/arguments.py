"""The words of the command line: its commands with their options, and a sentence for a wrong one."""

from __future__ import annotations

import argparse
import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pipeline
from pipeline import handlers, printed
from pipeline.arrow import ARROW
from pipeline.errors import UsageError, nearest

LISTED = ("steps", "models", "tasks", "formats", "reasons")

SCORE_OPTIONS = (
    ("truth", "COLUMN", "the true class (truth)"),
    ("patient", "COLUMN", "whose case it is (patient_id)"),
    ("case", "COLUMN", "the name of the case (case_id)"),
    ("score", "COLUMN", "a single score, where the columns aren't called score_CLASS"),
    ("positive", "CLASS", "the class looked for (of two score columns the last)"),
    ("models", "A,B", "several models, each with columns of its own"),
    ("fold", "COLUMN", "in which fold of a cross-validation the case was held out (fold)"),
)

Add = Callable[[str, str, Callable[..., int | None]], argparse.ArgumentParser]
"""Adds a command by its name, its line of help and what it calls."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a command line, `options.command` being what it calls.

    Raises UsageError (the nearest name, what is missing) when it has a word too many, too few or unknown.
    """
    parser = _parser()
    options, extra = parser.parse_known_args(arguments)
    if extra:
        chosen: argparse.ArgumentParser = options.parser
        known = [name for action in chosen._actions for name in action.option_strings]
        is_option = extra[0].startswith("-")
        hint = f" ({nearest(extra[0], known)})" if is_option else ""
        raise UsageError(
            f"`{chosen.prog}` knows no {'option' if is_option else 'further word'} '{extra[0]}'{hint}. "
            f"{_help(chosen.prog)}"
        )
    return options


def commands() -> tuple[str, ...]:
    """The names of all commands, in the order of the help."""
    actions = _parser()._actions
    return tuple(name for action in actions if action.choices for name in action.choices)


class _Parser(argparse.ArgumentParser):
    """Words an error for its reader, where argparse prints the usage."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError for what argparse says."""
        choice = re.match(r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.*)\)", message)
        number = re.match(r"argument (\S+): invalid int value: (.*)", message)
        missing = re.match(r"the following arguments are required: (.*)", message)
        if choice:
            hint = nearest(choice[2], re.findall(r"[\w-]+", choice[3]))
            problem = (
                "There is no command" if choice[1] == "COMMAND" else f"`{self.prog} {choice[1]}` knows no"
            )
            sentence = f"{problem} '{choice[2]}' ({hint})"
        elif number:
            sentence = f"`{self.prog} {number[1]}` takes a whole number, found {number[2]}"
        elif missing and missing[1] == "COMMAND":
            sentence = "No command was given"
        elif missing:
            example = " (the analysis' YAML, such as configs/demo.yaml)" if "CONFIG" in missing[1] else ""
            sentence = f"`{self.prog}` needs {missing[1]}{example}"
        else:
            sentence = f"`{self.prog}`: {message}"
        raise UsageError(f"{sentence}. {_help(self.prog)}")


def _help(program: str) -> str:
    return f"`{program} --help` shows what there is."


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=printed.terminal().program,
        description="From a folder of DICOM scans and a table of labels to a model you can defend.",
    )
    parser.add_argument(
        "--debug", action="store_true", help="show a fault's whole traceback, which can quote your scans"
    )
    version = f"scanloom {pipeline.__version__} (Python {platform.python_version()})"
    parser.add_argument("--version", action="version", version=version, help="show the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, text: str, command: Callable[..., int | None]) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(command=command, parser=sub)
        return sub

    def add_configured(name: str, text: str, command: Callable[..., int | None]) -> argparse.ArgumentParser:
        sub = add(name, text, command)
        sub.add_argument(
            "config", type=Path, metavar="CONFIG", help="the analysis' YAML, e.g. configs/demo.yaml"
        )
        return sub

    _add_arrow(add_configured)
    _add_ways_to_files(add_configured)
    _add_look(add_configured)
    _add_champion(add_configured)
    _add_predict(add_configured)
    _add_score(add)
    _add_folds(add_configured)
    _add_export(add_configured)
    listing = add("list", "show what there is to choose from, with keys and defaults", handlers.listing)
    listing.add_argument("axis", metavar="WHAT", choices=LISTED, help=", ".join(LISTED))
    add("doctor", "show the machine, its devices and decoders", handlers.doctor)
    add_configured("verify", "check the digests of all stored artifacts", handlers.verify)
    add_configured("audit", "compute the report's numbers anew, on a path of its own", handlers.audit)
    add_configured("clean", "remove the derived files of an analysis, after saying which", handlers.clean)
    forget = add_configured("forget", "remove a patient's data everywhere", handlers.forget)
    forget.add_argument("patient", metavar="ID", help="the patient ID as in the scans")
    _add_phantom(add)
    return parser


def _add_arrow(add_configured: Add) -> None:
    add_configured(
        "configure", "write each section of the YAML to its own file when it changed", handlers.configure
    )
    handler_of = {
        "ingest": handlers.ingest,
        "cohort": handlers.cohort,
        "drift": handlers.drift,
        "evaluate": handlers.evaluate,
        "compare": handlers.compare,
    }
    stages = {}
    for name, stated in ARROW.items():
        stages[name] = add_configured(name, stated.does, handler_of.get(name, handlers.stage))
        stages[name].set_defaults(stage=name)
    stages["cohort"].add_argument(
        "--redraw",
        default="",
        metavar="REASON",
        help="draw all parts anew, as long as no model has looked at the test part",
    )
    stages["drift"].add_argument(
        "--accept-drift", default="", metavar="REASON", help="go on in spite of a drift stop"
    )
    where = add_configured("where", "say where the report lies", handlers.where)
    where.add_argument(
        "--generation", default="", metavar="NUMBER", help="of this one, after a look at its seal"
    )
    add_configured("config", "print the configuration with all defaults", handlers.defaults)


def _add_ways_to_files(add_configured: Add) -> None:
    files = add_configured("files", "show the files of RAW with their state and reason", handlers.files)
    files.add_argument(
        "--state", choices=("accepted", "excluded", "quarantined", "failed"), help="only these"
    )
    case = add_configured("case", "show the files of a case or patient, or the case of a file", handlers.case)
    case.add_argument(
        "named", metavar="ID", help="a pseudonym as a table or report has it, or its beginning; or a path"
    )


def _add_look(add_configured: Add) -> None:
    look = add_configured("look", "show the cases in a browser of this machine", handlers.look)
    look.add_argument("--port", type=int, default=8600, metavar="NUMBER", help="where it listens (8600)")
    review = add_configured("review", "accept that no pixel names a patient", handlers.review)
    review.add_argument("--reviewer", default="", metavar="NAME", help="who looked through them (needed)")
    review.add_argument(
        "--seen", default="", metavar="TOKEN", help="what the sheet of `look` calls its scans"
    )
    review.add_argument("--withdraw", default="", metavar="REASON", help="take the acceptance back")


def _add_champion(add_configured: Add) -> None:
    verdict = add_configured(
        "verdict", "print the verdict on the candidate and its reasons", handlers.verdict
    )
    verdict.add_argument("--exit-code", action="store_true", help="exit with 5 on KEEP, 6 on INCONCLUSIVE")
    promote = add_configured("promote", "make the candidate the champion", handlers.promote)
    promote.add_argument("--approver", default="", metavar="NAME", help="who answers for it (needed)")
    promote.add_argument(
        "--override", default="", metavar="REASON", help="promote on INCONCLUSIVE, for this reason"
    )
    rollback = add_configured("rollback", "go back to the champion before", handlers.rollback)
    rollback.add_argument("--approver", default="", metavar="NAME", help="who answers for it (needed)")
    rollback.add_argument("--reason", default="", metavar="REASON", help="why (needed)")
    add_configured("generations", "list what was promoted, when and by whom", handlers.generations)
    prune = add_configured("prune", "say which models of generations can go, or remove them", handlers.prune)
    prune.add_argument(
        "--generation", default="", metavar="NUMBER", help="the one to remove, or all that can go"
    )


def _add_predict(add_configured: Add) -> None:
    predict = add_configured(
        "predict", "score new scans with the champion, else the candidate", handlers.predict
    )
    predict.add_argument("new", metavar="NEW", help="a folder of scans without labels, or one file")
    predict.add_argument(
        "--generation", default="", metavar="NUMBER", help="by this one in place of the champion"
    )
    predict.add_argument(
        "--shadow",
        default="",
        metavar="NUMBER",
        help="beside it a table by this generation, or by `candidate`",
    )
    predict.add_argument(
        "--paths", action="store_true", help="write the path beside each row: the table then names patients"
    )
    predict.add_argument(
        "--out",
        type=Path,
        default=Path("predictions.csv"),
        metavar="FILE",
        help="the table to write (predictions.csv)",
    )
    predict.add_argument(
        "--seg",
        choices=("binary", "labelmap", "none"),
        default="binary",
        help="what voxels are marked in, of DICOM scans: a DICOM SEG of this form, or none (binary)",
    )


def _add_score(add: Add) -> None:
    score = add("score", "write the same statistics and report for any table of predictions", handlers.score)
    score.add_argument("table", metavar="TABLE", help="one row a case (CSV, TSV or XLSX); docs/GUIDE.md")
    for name, metavar, text in SCORE_OPTIONS:
        score.add_argument(f"--{name}", default="", metavar=metavar, help=text)
    score.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="for metrics.json, report.html and report.json (score/ and the table's name)",
    )


def _add_folds(add_configured: Add) -> None:
    folds = add_configured("folds", "write an analysis for each fold of a cross-validation", handlers.folds)
    folds.add_argument(
        "--of", default="", metavar="NUMBER", help="how many folds there are, 3 to 20 (needed)"
    )
    folds.add_argument(
        "--score", action="store_true", help="once all have predictions: score their test parts together"
    )


def _add_export(add_configured: Add) -> None:
    export = add_configured("export", "write the cases as NIfTI, or the model as ONNX", handlers.export)
    export.add_argument("out", metavar="FOLDER", help="where the files go")
    what = export.add_mutually_exclusive_group()
    what.add_argument(
        "--model", action="store_true", help="the champion, else the candidate, as ONNX in place of the cases"
    )
    what.add_argument(
        "--layout", choices=("nnunet",), help="the cohort with its masks and parts as nnU-Net reads them"
    )


def _add_phantom(add: Add) -> None:
    phantom = add(
        "phantom", "write invented patients as DICOM files with a table of labels", handlers.phantom
    )
    phantom.add_argument("out", type=Path, metavar="FOLDER", help="an empty one, or one that phantom wrote")
    phantom.add_argument(
        "--seed", type=int, default=1, metavar="NUMBER", help="other patients for another number (1)"
    )
    phantom.add_argument(
        "--patients",
        type=int,
        metavar="NUMBER",
        help="how many (300; 80 with --later, 120 with --volumes, 60 with --masks)",
    )
    phantom.add_argument(
        "--later", action="store_true", help="a second delivery: new patients, another scanner"
    )
    phantom.add_argument("--volumes", action="store_true", help="series of slices instead of single slices")
    planted = phantom.add_mutually_exclusive_group()
    for word, help_text in (
        ("nodules", "a nodule in every chest, to be measured"),
        ("findings", "several findings, some of them unknown"),
        ("masks", "volumes with masks of lungs and nodules beside them"),
    ):
        planted.add_argument(
            f"--{word}", dest="planted", action="store_const", const=word, default="usual", help=help_text
        )
