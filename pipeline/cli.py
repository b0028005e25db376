"""The command `scanloom`: parses, calls one thing, turns errors into sentences and exit codes.

What each command calls is in handlers.py.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline import handlers, printed
from pipeline.errors import Interrupted, ScanloomError

STAGES = {
    "ingest": "read every file of RAW into cases, with a state and a reason for each",
    "cohort": "join the table of labels and divide patients into parts",
    "normalize": "write model-ready arrays by the recipe",
    "drift": "compare new scans with the champion's",
    "train": "fit the network",
    "evaluate": "predict and measure, with thresholds from validation only",
    "compare": "judge the candidate against the champion, with a verdict",
    "report": "write the HTML report, report.json and the model card",
}
_INTERRUPTED, _TERMINATED = 130, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of the command (errors.py lists them)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.umask(0o077)
    options = _parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with printed.about(getattr(options, "config", None)):
            return int(options.command(options) or 0)
    except Interrupted as error:
        return _tell(str(error), error.exit_code)
    except ScanloomError as error:
        return _tell(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _tell("Interrupted. Nothing was lost: run the same command again.", _INTERRUPTED)
    except MemoryError:
        return _tell("Out of memory. Close other programs or lower ingest.workers, and run again.", 75)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        from pipeline.workspace import retry_error

        told = retry_error(error, Path(str(error.filename or ".")))
        return _tell(str(told), told.exit_code) if isinstance(told, ScanloomError) else _fault(error)
    except Exception as error:  # noqa: BLE001 - told as a fault of ours, with its place in our code
        if options.debug:
            _show_traceback(error)
        return _fault(error)
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: object) -> None:
    raise Interrupted("Stopped. Nothing was lost: run the same command again.", exit_code=_TERMINATED)


def _tell(message: str, code: int) -> int:
    sys.stdout.flush()
    print(message, file=sys.stderr, flush=True)
    return code


def _fault(error: BaseException) -> int:
    """Tells a bug by its type and place in our code, never by a message that may quote a scan."""
    from pipeline.faults import places

    return _tell(
        f"A fault of Scanloom ({type(error).__name__}) at {places(error)}. Nothing was lost. "
        "Please report this line; it names no patient and no path of yours.",
        1,
    )


def _show_traceback(error: BaseException) -> None:
    import traceback

    print(
        "Warning: what follows can quote names, numbers and paths of your scans.",
        file=sys.stderr,
    )
    traceback.print_exception(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scanloom",
        description="From a folder of DICOM scans and a table of labels to a model you can defend.",
    )
    parser.add_argument(
        "--debug", action="store_true", help="show a fault's whole traceback, which can quote your scans"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, text: str, command: Callable[..., int | None]) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(command=command)
        return sub

    def add_configured(name: str, text: str, command: Callable[..., int | None]) -> argparse.ArgumentParser:
        sub = add(name, text, command)
        sub.add_argument(
            "config", type=Path, metavar="CONFIG", help="the analysis' YAML, e.g. configs/demo.yaml"
        )
        return sub

    add_configured(
        "configure", "write each section of the YAML to its own file when it changed", handlers.configure
    )
    own = {"ingest": handlers.ingest, "cohort": handlers.cohort, "drift": handlers.drift}
    for name, text in STAGES.items():
        stage = add_configured(name, text, own.get(name, handlers.stage))
        stage.set_defaults(stage=name)
        if name == "cohort":
            stage.add_argument(
                "--redraw",
                default="",
                metavar="REASON",
                help="draw all parts anew, as long as no model has looked at the test part",
            )
        if name == "drift":
            stage.add_argument(
                "--accept-drift", default="", metavar="REASON", help="go on in spite of a drift stop"
            )
    add_configured("where", "say where the report lies", handlers.where)
    add_configured("config", "print the configuration with all defaults", handlers.defaults)
    _add_ways_to_files(add_configured)
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
    predict = add_configured(
        "predict", "score new scans with the champion, else the candidate", handlers.predict
    )
    predict.add_argument("new", metavar="NEW", help="a folder of scans without labels, or one file")
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
    score = add("score", "write the same statistics and report for any table of predictions", handlers.score)
    score.add_argument(
        "table",
        type=Path,
        metavar="TABLE",
        help="a CSV with case_id, patient_id, truth and score_CLASS for each class",
    )
    score.add_argument(
        "--out",
        type=Path,
        default=Path("score"),
        metavar="FOLDER",
        help="for metrics.json, report.html and report.json (score)",
    )
    export = add_configured("export", "write the cases as NIfTI", handlers.export)
    export.add_argument("out", metavar="FOLDER", help="where the files go")
    add("doctor", "show the machine, its devices and decoders", handlers.doctor)
    add_configured("verify", "check the digests of all stored artifacts", handlers.verify)
    add_configured("clean", "remove the derived files of an analysis, after saying which", handlers.clean)
    forget = add_configured("forget", "remove a patient's data everywhere", handlers.forget)
    forget.add_argument("patient", metavar="ID", help="the patient ID as in the scans")
    phantom = add(
        "phantom", "write invented patients as DICOM files with a table of labels", handlers.phantom
    )
    phantom.add_argument("out", type=Path, metavar="FOLDER", help="an empty one, or one that phantom wrote")
    phantom.add_argument(
        "--seed", type=int, default=1, metavar="NUMBER", help="other patients for another number (1)"
    )
    phantom.add_argument(
        "--patients", type=int, metavar="NUMBER", help="how many (300; 80 with --later, 120 with --volumes)"
    )
    phantom.add_argument(
        "--later", action="store_true", help="a second delivery: new patients, another scanner"
    )
    phantom.add_argument("--volumes", action="store_true", help="series of slices instead of single slices")
    return parser


def _add_ways_to_files(add_configured: Callable[..., argparse.ArgumentParser]) -> None:
    files = add_configured("files", "show the files of RAW with their state and reason", handlers.files)
    files.add_argument(
        "--state", choices=("accepted", "excluded", "quarantined", "failed"), help="only these"
    )
    case = add_configured("case", "show the files of a case or patient, or the case of a file", handlers.case)
    case.add_argument(
        "named", metavar="ID", help="a pseudonym as a table or report has it, or its beginning; or a path"
    )


if __name__ == "__main__":
    sys.exit(main())
