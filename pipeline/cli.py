"""The command `scanloom`: parses, calls one thing, turns errors into sentences and exit codes.

Stages are imported when they run: `scanloom --help` imports none of them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import Interrupted, ScanloomError

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

STAGES = {
    "ingest": "read every file of RAW into cases, with a state and a reason for each",
    "cohort": "join the table of labels, divide patients into parts",
    "normalize": "write model-ready arrays by the recipe",
    "drift": "compare new scans with the champion's",
    "train": "fit the network",
    "evaluate": "predictions and metrics, thresholds from validation only",
    "compare": "candidate against champion, with a verdict",
    "report": "write the HTML report, report.json and the model card",
}
_INTERRUPTED = 130
_VERDICT_CODES = {"KEEP": 5, "INCONCLUSIVE": 6}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of the command (errors.py lists them)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.umask(0o077)
    options = _parser().parse_args(arguments)
    try:
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

    add_configured("configure", "write each section of the YAML to its own file when it changed", _configure)
    for name, text in STAGES.items():
        stage = add_configured(name, text, _stage)
        stage.set_defaults(stage=name)
        if name == "drift":
            stage.add_argument(
                "--accept-drift", default="", metavar="REASON", help="go on in spite of a drift stop"
            )
    add_configured("where", "say where the report lies", _where)
    add_configured("config", "print the configuration with all defaults", _config)
    files = add_configured("files", "show the files of RAW with their state and reason", _files)
    files.add_argument("--state", choices=("accepted", "excluded", "quarantined", "failed"))
    verdict = add_configured("verdict", "print the verdict on the candidate and its reasons", _verdict)
    verdict.add_argument("--exit-code", action="store_true", help="exit with 5 on KEEP, 6 on INCONCLUSIVE")
    promote = add_configured("promote", "make the candidate the champion", _promote)
    promote.add_argument("--approver", default="", metavar="NAME")
    promote.add_argument(
        "--override", default="", metavar="REASON", help="promote on INCONCLUSIVE, for this reason"
    )
    rollback = add_configured("rollback", "go back to the champion before", _rollback)
    rollback.add_argument("--approver", default="", metavar="NAME")
    rollback.add_argument("--reason", default="", metavar="REASON")
    add_configured("generations", "list what was promoted, when and by whom", _generations)
    predict = add_configured("predict", "score new scans with the champion, else the candidate", _predict)
    predict.add_argument("new", metavar="NEW", help="a folder of scans without labels")
    predict.add_argument("--out", type=Path, default=Path("predictions.csv"), metavar="FILE")
    score = add("score", "the same statistics and report for any table of predictions", _score)
    score.add_argument("table", type=Path, metavar="TABLE")
    score.add_argument("--out", type=Path, default=Path("score"), metavar="FOLDER")
    export = add_configured("export", "write the cases as NIfTI", _export)
    export.add_argument("out", metavar="FOLDER")
    add("doctor", "show the machine, its devices and decoders", _doctor)
    add_configured("verify", "check the digests of all stored artifacts", _verify)
    add_configured("clean", "remove the derived files of an analysis, after saying which", _clean)
    forget = add_configured("forget", "remove a patient's data everywhere", _forget)
    forget.add_argument("patient", metavar="ID", help="the patient ID as in the scans")
    phantom = add("phantom", "write invented patients as DICOM files with a table of labels", _phantom)
    phantom.add_argument("out", type=Path, metavar="FOLDER")
    phantom.add_argument("--seed", type=int, default=1)
    phantom.add_argument("--patients", type=int, help="how many (300; 80 with --later, 120 with --volumes)")
    phantom.add_argument(
        "--later", action="store_true", help="a second delivery: new patients, another scanner"
    )
    phantom.add_argument("--volumes", action="store_true", help="series of slices instead of single slices")
    return parser


def _load(options: argparse.Namespace) -> tuple[Config, Workspace]:
    from pipeline.checks import load_checked
    from pipeline.workspace import Workspace

    return load_checked(options.config), Workspace(Path.cwd(), options.config.stem)


def _show(summary: Summary) -> None:
    for line in summary.lines:
        print(line)


def _configure(options: argparse.Namespace) -> None:
    from pipeline import workspace
    from pipeline.commands import configure

    config, space = _load(options)
    with workspace.lock(space):
        _show(configure.run(config, space))
        (space.sections / "checked").touch()


def _stage(options: argparse.Namespace) -> None:
    from pipeline import stages, workspace

    config, space = _load(options)
    work: stages.Run | None = None
    if options.stage == "drift":
        from pipeline import drift

        accepted = options.accept_drift or None

        def work(config: Config, space: Workspace) -> Summary:
            return drift.run(config, space, accept=accepted)

    with workspace.lock(space):
        _show(stages.run(options.stage, config, space, work))


def _where(options: argparse.Namespace) -> None:
    print(f"Report: reports/{options.config.stem}/candidate/report.html")


def _config(options: argparse.Namespace) -> None:
    from pipeline.config import dump

    print(dump(_load(options)[0]), end="")


def _files(options: argparse.Namespace) -> None:
    from pipeline.ingest.stage import list_files

    config, space = _load(options)
    for row in list_files(config, space, options.state or ""):
        print("\t".join(row))


def _verdict(options: argparse.Namespace) -> int:
    from pipeline.compare import read_verdict

    verdict, lines = read_verdict(_load(options)[1])
    for line in lines:
        print(line)
    return _VERDICT_CODES.get(verdict, 0) if options.exit_code else 0


def _promote(options: argparse.Namespace) -> None:
    from pipeline import champion, workspace

    _, space = _load(options)
    with workspace.lock(space):
        _show(champion.promote(space, approver=options.approver, override=options.override or None))


def _rollback(options: argparse.Namespace) -> None:
    from pipeline import champion, workspace

    _, space = _load(options)
    with workspace.lock(space):
        _show(champion.rollback(space, approver=options.approver, reason=options.reason))


def _generations(options: argparse.Namespace) -> None:
    from pipeline import champion

    rows = champion.generations(_load(options)[1])
    if not rows:
        print("No generation yet: `make promote APPROVER=name` makes the candidate the first.")
        return
    widths = {key: max(len(key), *(len(row[key]) for row in rows)) for key in rows[0]}
    for row in [{key: key for key in widths}, *rows]:
        print("  ".join(row[key].ljust(width) for key, width in widths.items()).rstrip())


def _predict(options: argparse.Namespace) -> None:
    from pipeline.commands import predict

    config, space = _load(options)
    _show(predict.run(config, space, new=options.new, out=options.out))


def _score(options: argparse.Namespace) -> None:
    from pipeline import report
    from pipeline.evaluate.score import score

    _show(score(options.table, options.out))
    _show(report.run_table(options.table, options.out))


def _export(options: argparse.Namespace) -> None:
    from pipeline import export

    config, space = _load(options)
    _show(export.run(config, space, Path(options.out)))


def _doctor(options: argparse.Namespace) -> None:
    from pipeline.commands import doctor

    _show(doctor.run())


def _verify(options: argparse.Namespace) -> None:
    from pipeline.commands import verify

    _show(verify.run(_load(options)[1]))


def _clean(options: argparse.Namespace) -> None:
    from pipeline.commands import clean

    _show(clean.run(_load(options)[1]))


def _forget(options: argparse.Namespace) -> None:
    from pipeline import workspace
    from pipeline.commands import forget

    config, space = _load(options)
    with workspace.lock(space):
        _show(forget.run(config, space, options.patient))


def _phantom(options: argparse.Namespace) -> None:
    from pipeline import phantom

    usual = 80 if options.later else 120 if options.volumes else 300
    patients = usual if options.patients is None else options.patients
    _show(
        phantom.write(
            options.out, seed=options.seed, patients=patients, later=options.later, volumes=options.volumes
        )
    )


if __name__ == "__main__":
    sys.exit(main())
