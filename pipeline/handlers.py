"""What each command of the command line calls, and what it prints.

Stages and commands are imported when they are called: `scanloom --help` imports none of them.
"""

from __future__ import annotations

import argparse
import gc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Config
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

_VERDICT_CODES = {"KEEP": 5, "INCONCLUSIVE": 6}


def configure(options: argparse.Namespace) -> None:
    """Writes the sections of the YAML that changed."""
    from pipeline import locking
    from pipeline.commands.configure import run

    config, space = _load(options)
    with locking.lock(space):
        _show(run(config, space))
        (space.sections / "checked").touch()


def stage(options: argparse.Namespace) -> None:
    """Runs the stage `options.stage`."""
    from pipeline import locking, stages

    config, space = _load(options)
    with locking.lock(space):
        _show(stages.run(options.stage, config, space))


def ingest(options: argparse.Namespace) -> None:
    """Runs ingest on a sound catalogue, without the patients who withdrew; its page follows."""
    from pipeline.workspace import Workspace

    if not Workspace(Path(), options.config.stem).catalogue.is_file():  # later there is often nothing to read
        from pipeline.executors import local

        local.prepare("pipeline.ingest.header.survey", "pipeline.ingest.cases.batch_reading", "imagecodecs")
    gc.disable()  # the records of very many files stay to the end and hold no cycles
    try:
        _ingest(options)
    finally:
        gc.enable()


def _ingest(options: argparse.Namespace) -> None:
    from pipeline import locking, stages
    from pipeline.commands import withdrawn
    from pipeline.commands.ingest_page import run as write_page
    from pipeline.commands.repair import run as repair
    from pipeline.errors import DataError

    config, space = _load(options)
    with locking.lock(space):
        _show(repair(space))
        _show(withdrawn.run(config, space))
        try:
            _show(stages.run("ingest", config, space))
        except DataError:
            if space.catalogue.is_file():  # what is wrong with the scans is what the page tells
                _show(write_page(config, space))
            raise
        _show(write_page(config, space))


def cohort(options: argparse.Namespace) -> None:
    """Runs cohort, with the reason to draw all parts anew if one is given."""
    from pipeline import locking, stages
    from pipeline.cohort import run
    from pipeline.commands.folders import scans_below

    def work(config: Config, space: Workspace) -> Summary:
        return run(config, space, redraw=options.redraw, below=partial(scans_below, config, space))

    config, space = _load(options)
    with locking.lock(space):
        _show(stages.run("cohort", config, space, work))


def drift(options: argparse.Namespace) -> None:
    """Runs drift, with the reason to go on in spite of it if one is given."""
    from pipeline import locking, normalize, stages
    from pipeline.drift import run

    def work(config: Config, space: Workspace) -> Summary:
        accept = options.accept_drift or None
        return run(config, space, accept=accept, in_unit=normalize.reader(config, space))

    config, space = _load(options)
    with locking.lock(space):
        _show(stages.run("drift", config, space, work))


def evaluate(options: argparse.Namespace) -> None:
    """Runs evaluate."""
    from pipeline.evaluate import run

    _run_showing("evaluate", run, options)


def compare(options: argparse.Namespace) -> None:
    """Runs compare."""
    from pipeline.compare import run_shortly

    _run_showing("compare", run_shortly, options)


def _run_showing(stage: str, run: Callable[..., Summary], options: argparse.Namespace) -> None:
    """Runs a stage whose pictures show scans in their own unit."""
    from pipeline import locking, normalize, stages

    def work(config: Config, space: Workspace) -> Summary:
        return run(config, space, normalize.reader(config, space))

    config, space = _load(options)
    with locking.lock(space):
        _show(stages.run(stage, config, space, work))


def where(options: argparse.Namespace) -> None:
    """Says where the report lies, or what writes it; of a generation once its seal was checked."""
    from pipeline.contracts.report import PAGE
    from pipeline.printed import make
    from pipeline.workspace import Workspace

    space = Workspace(Path(), options.config.stem)
    if options.generation:
        from pipeline import champion

        name = champion.named_generation(space, options.generation)
        champion.check_generation(space, name)
        report = PAGE.path(space.generations / name)
        gone = f"Generation {name} has no report: none was promoted with it, or `forget` removed it."
        print(f"Report: {report}" if report.is_file() else gone)
        return
    report = PAGE.path(space.candidate)
    print(f"Report: {report}" if report.is_file() else f"No report yet: `{make('report')}` writes it.")


def defaults(options: argparse.Namespace) -> None:
    """Prints the configuration with all defaults."""
    from pipeline.config import dump

    print(dump(_load(options)[0]), end="")


def files(options: argparse.Namespace) -> None:
    """Prints the files of RAW in the state asked for, one a line."""
    from pipeline.ingest.stage import list_files

    config, space = _load(options)
    for row in list_files(config, space, options.state or ""):
        print("\t".join(row))


def case(options: argparse.Namespace) -> None:
    """Prints the files of a case or patient, or the case of a file."""
    from pipeline.commands.case import run

    config, space = _load(options)
    for line in run(config, space, options.named):
        print(line)


def look(options: argparse.Namespace) -> None:
    """Serves the cases to a browser of this machine until it is interrupted."""
    from pipeline.commands.look import run

    config, space = _load(options)
    run(config, space, port=options.port)


def review(options: argparse.Namespace) -> None:
    """Writes down that a person accepted the pixels of the scans, or took that back."""
    from pipeline import locking
    from pipeline.commands.review import run

    _, space = _load(options)
    with locking.lock(space):
        _show(run(space, reviewer=options.reviewer, seen=options.seen, withdraw=options.withdraw))


def verdict(options: argparse.Namespace) -> int:
    """Prints the verdict and its reasons; the exit code that stands for it, if asked for."""
    from pipeline.compare import read_verdict

    word, lines = read_verdict(_load(options)[1])
    for line in lines:
        print(line)
    return _VERDICT_CODES.get(word, 0) if options.exit_code else 0


def promote(options: argparse.Namespace) -> None:
    """Makes the candidate the champion; the index follows."""
    from pipeline import champion, locking, report

    config, space = _load(options)
    named = partial(report.name_generation, approver=options.approver.strip())
    with locking.lock(space):
        done = champion.promote(
            space, approver=options.approver, override=options.override or None, named=named
        )
        _show(done)
        report.write_index(config, space)


def rollback(options: argparse.Namespace) -> None:
    """Goes back to the champion before; the index follows."""
    from pipeline import champion, locking, report

    config, space = _load(options)
    with locking.lock(space):
        _show(champion.rollback(space, approver=options.approver, reason=options.reason))
        report.write_index(config, space)


def generations(options: argparse.Namespace) -> None:
    """Prints a table of the generations; then says, with its exit code, whose seal is damaged."""
    from pipeline import champion
    from pipeline.errors import DamageError
    from pipeline.printed import YOUR_NAME, make

    space = _load(options)[1]
    rows = champion.generations(space)
    if not rows:
        promote = make("promote", {"APPROVER": YOUR_NAME})
        print(f"No generation yet: `{promote}` makes the candidate the first.")
        return
    widths = {key: max(len(key), *(len(row[key]) for row in rows)) for key in rows[0]}
    for row in [{key: key for key in widths}, *rows]:
        print("  ".join(row[key].ljust(width) for key, width in widths.items()).rstrip())
    if wrong := champion.damaged_seals(space):
        raise DamageError("\n".join(wrong))


def prune(options: argparse.Namespace) -> None:
    """Says which models of generations can go, or removes them."""
    from pipeline import champion, locking

    space = _load(options)[1]
    with locking.lock(space):
        _show(champion.prune(space, options.generation))


def predict(options: argparse.Namespace) -> None:
    """Scores new scans."""
    from pipeline.commands.predict import Wanted, run

    config, space = _load(options)
    wanted = Wanted(options.paths, options.seg, generation=options.generation, shadow=options.shadow)
    _show(run(config, space, new=options.new, out=options.out, wanted=wanted))


def score(options: argparse.Namespace) -> None:
    """Measures a table of predictions and writes its page."""
    from pipeline import report
    from pipeline.errors import UsageError
    from pipeline.evaluate import score as measuring
    from pipeline.foreign import Columns, read
    from pipeline.printed import make

    if not options.table:
        raise UsageError(f"No table is named. Name one: `{make('score', {'TABLE': 'predictions.csv'})}`.")
    models = tuple(name for part in options.models.split(",") if (name := part.strip()))
    given = (options.truth, options.patient, options.case, options.score, options.positive)
    columns = Columns(*given, models, options.fold)
    foreign = read(Path(options.table), columns)
    out = options.out or Path("score") / foreign.path.stem
    measuring.require_own(foreign, out)
    _show(measuring.score(foreign, out))
    _show(report.run_table(foreign, out))


def folds(options: argparse.Namespace) -> None:
    """Writes the YAML of each fold; once all have their predictions, scores them together."""
    from pipeline import report
    from pipeline.commands import folds as command
    from pipeline.evaluate.score import score as measure
    from pipeline.foreign import Columns, read
    from pipeline.printed import make, page

    config, space = _load(options)
    if not options.score:
        _show(command.write(config, options.config, space.root, options.of))
        return
    table, out = command.joined(options.config, Path(), options.of)  # told as all paths are
    foreign = read(table, Columns(positive=config.cohort.positive or ""))
    _show(measure(foreign, out, config.evaluate))
    title, again = f"{config.report.title}: cross-validation", make("folds", {"OF": options.of}, place=page())
    _show(report.run_table(foreign, out, title=title, command=again))
    report.write_analyses(out.parent)


def export(options: argparse.Namespace) -> None:
    """Writes the cases as NIfTI or in a layout, or the model as ONNX."""
    from pipeline.errors import UsageError
    from pipeline.export import run, run_model, run_nnunet
    from pipeline.printed import make

    if not options.out:
        raise UsageError(f"No folder to write to is named. Name one: `{make('export', {'OUT': 'folder'})}`.")
    config, space = _load(options)
    write = run_model if options.model else run_nnunet if options.layout else run
    _show(write(config, space, Path(options.out)))


def doctor(options: argparse.Namespace) -> None:
    """Shows the machine and its decoders."""
    from pipeline.commands.doctor import run

    _show(run())


def listing(options: argparse.Namespace) -> None:
    """Prints what there is of an axis."""
    from pipeline.commands.listing import run

    _show(run(options.axis))


def verify(options: argparse.Namespace) -> None:
    """Checks the digests of all stored artifacts."""
    from pipeline.commands.verify import run

    _show(run(_load(options)[1]))


def audit(options: argparse.Namespace) -> None:
    """Computes the numbers of the report anew."""
    from pipeline.audit import run

    _show(run(_load(options)[1]))


def clean(options: argparse.Namespace) -> None:
    """Removes the derived files; the index follows."""
    from pipeline import report
    from pipeline.commands.clean import run

    config, space = _load(options)
    summary = run(space)
    if summary.changed:
        report.write_index(config, space)
    _show(summary)


def forget(options: argparse.Namespace) -> None:
    """Removes a patient everywhere; the index follows."""
    from pipeline import locking, report
    from pipeline.commands.forget import run

    config, space = _load(options)
    with locking.lock(space):
        _show(run(config, space, options.patient))
        report.write_index(config, space)


def phantom(options: argparse.Namespace) -> None:
    """Writes invented patients."""
    from pipeline.phantom import write

    usual = 60 if options.planted == "masks" else 120 if options.volumes else 300
    patients = (80 if options.later else usual) if options.patients is None else options.patients
    _show(
        write(
            options.out,
            seed=options.seed,
            patients=patients,
            later=options.later,
            volumes=options.volumes,
            planted=options.planted,
        )
    )


def _load(options: argparse.Namespace) -> tuple[Config, Workspace]:
    from pipeline.checks import load_checked, require_apart
    from pipeline.workspace import Workspace

    config, space = load_checked(options.config), Workspace(Path.cwd(), options.config.stem)
    require_apart(config, space)
    return config, space


def _show(summary: Summary) -> None:
    for line in summary.lines:
        print(line)
