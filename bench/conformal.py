"""How often a set holds a new patient's class, and an interval the number, over 200 cohorts drawn anew.

Run as `python -m bench.conformal [NAME PROJECT]`: demo and demo-diameter are made once each, or one of them
is taken from a project where its `make` was run. New patients are invented for every cohort by the phantom's
own generator, as many as the demo's validation and test parts have; validation calibrates by the function
that `evaluate` calls, and the test part tells who is held. Nobody is in two cohorts, nor in the demo.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.project import fresh, make, row
from pipeline import scoring
from pipeline.config import Evaluate
from pipeline.contracts import cohort as cohorts
from pipeline.contracts.predictions import nine_digits
from pipeline.errors import ConfigError
from pipeline.normalize.image import Image
from pipeline.normalize.recipe import apply, parse, to_storage
from pipeline.phantom.plan import FIRST, Study, plan
from pipeline.phantom.scans import MEASURED_SLICE, SINGLE_SLICE, Protocol, diameter_mm, scan_of
from pipeline.tasks.classification import answers as classes
from pipeline.tasks.registry import task_of
from pipeline.tasks.regression import answers as numbers
from pipeline.workspace import Workspace

COHORTS: Final = 200
SEED: Final = 20_261_130  # not the demo's, so that the network has learned from none of them
LEVEL: Final = 0.9
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Scans of a part: whose each is, its truth in words, and the network's outputs, a row a scan."""

    patients: Sequence[str]
    truth: Sequence[str]
    outputs: Numbers


@dataclass(frozen=True)
class Demo:
    """A demo whose promise is tried: how its scans are invented, and what a set or an interval holds.

    `held` gives for each scan whether its truth is held, None where validation was too small for a promise;
    `group` says of a truth to whom the promise is made.
    """

    protocol: Protocol
    study: Callable[[Study], Study]
    truth: Callable[[Study], str]
    group: Callable[[str], str]
    held: Callable[[Any, Any, Rows], NDArray[np.bool_] | None]


def _in_set(question: Any, fixed: Any, rows: Rows) -> NDArray[np.bool_] | None:
    if not fixed.sets.least:
        return None
    holds = fixed.sets.holds(classes.probabilities(rows.outputs, fixed))
    return np.asarray(holds[np.arange(len(holds)), [question.names.index(word) for word in rows.truth]])


def _in_interval(question: Any, fixed: Any, rows: Rows) -> NDArray[np.bool_] | None:
    if fixed.interval is None:
        return None
    said = numbers.predicted(rows.outputs, fixed)
    off = np.abs(said - np.array([float(word) for word in rows.truth]))
    return np.asarray(off <= fixed.interval.width.half(said))


DEMOS: Final[Mapping[str, Demo]] = {
    "demo": Demo(SINGLE_SLICE, lambda study: study, lambda study: study.finding, str, _in_set),
    "demo-diameter": Demo(
        MEASURED_SLICE,
        lambda study: replace(study, finding="nodule"),
        lambda study: f"{diameter_mm(study, MEASURED_SLICE):.1f}",
        lambda word: "all",
        _in_interval,
    ),
}


def measure(name: str, project: Path) -> None:
    """Prints how many new patients are held, by group."""
    demo, workspace = DEMOS[name], Workspace(project, name)
    scorer = scoring.load(workspace.candidate)
    task = task_of(scorer.task)
    question = task.target.question_of(scorer.record)
    cases = cohorts.cases(workspace.candidate)
    sizes = [cases[cases["part"] == part][cohorts.PERSON].nunique() for part in ("validation", "test")]
    shares: dict[str, list[float]] = defaultdict(list)
    meant: dict[str, list[float]] = defaultdict(list)
    unpromised = 0
    for validation, test in _cohorts(demo, scorer, sizes):
        chosen = task.choices.choose(
            validation.truth, validation.outputs, validation.patients, question=question, plan=Evaluate()
        )
        held = demo.held(question, chosen.fixed, test)
        if held is None:
            unpromised += 1
            continue
        told = by_group(demo, validation, np.ones(len(validation.truth), np.bool_))
        for group, patients in by_group(demo, test, held).items():
            size = len(told[group])
            shares[group].append(sum(patients) / len(patients))
            meant[group].append(min(math.ceil(round((size + 1) * LEVEL, 9)), size) / (size + 1))
    print(
        f"{name}: {sizes[0]} validation and {sizes[1]} test patients; {unpromised} cohorts without a promise"
    )
    for group, found in shares.items():
        _say(f"{name}, {group}", np.array(found), float(np.mean(meant[group])))


def _say(what: str, found: Numbers, meant: float) -> None:
    """The mean of the shares that are held, beside the level that is promised and the one that ranks give."""
    mean, error = float(found.mean()), float(found.std(ddof=1) / math.sqrt(found.size))
    shown = f"{mean:.4f} (s.e. {error:.4f})"
    row(f"{what}: held", shown, f"{LEVEL} within 2 s.e.", abs(mean - LEVEL) <= 2 * error)
    row(f"{what}: held, at least", shown, f">= {LEVEL} - 2 s.e.", mean >= LEVEL - 2 * error)
    exact = f"{meant:.4f}, the exact level of its ranks, within 2 s.e."
    row(f"{what}: held, of so few patients", shown, exact, abs(mean - meant) <= 2 * error)


def _cohorts(demo: Demo, scorer: scoring.Scorer, sizes: Sequence[int]) -> Iterator[tuple[Rows, Rows]]:
    """Cohort by cohort the rows of both parts, of so many patients."""
    people = COHORTS * sum(sizes)
    invented = plan(SEED, patients=people, delivery=FIRST, volumes=False)
    studies = [demo.study(study) for study in invented]
    outputs = nine_digits(scoring.logits(scorer, _arrays(studies, demo.protocol, scorer)))
    of: dict[str, list[int]] = defaultdict(list)
    for at, study in enumerate(studies):
        of[study.person.patient_id].append(at)
    # Every eighth person comes twice: shuffled, so that both parts have as many of them by chance.
    shuffled = np.random.default_rng(SEED).permutation(sorted(of)).tolist()
    for first in range(0, people, sum(sizes)):
        middle = first + sizes[0]
        parts = shuffled[first:middle], shuffled[middle : first + sum(sizes)]
        validation, test = (
            _rows(demo, studies, outputs, [at for person in part for at in of[person]]) for part in parts
        )
        yield validation, test


def _arrays(studies: Sequence[Study], protocol: Protocol, scorer: scoring.Scorer) -> Iterator[NDArray[Any]]:
    """The scans as the model reads them, one after the other, without a file."""
    recipe = parse(scorer.record.recipe, lambda keys, message: ConfigError(message))
    for study in studies:
        scan = scan_of(study, protocol)
        values = scan.hu[0].astype(np.float32)[..., None]
        yield to_storage(recipe, apply(recipe, Image(values, (scan.grid.spacing_mm,) * 2, "patient", "HU")))


def _rows(demo: Demo, studies: Sequence[Study], outputs: Numbers, at: Sequence[int]) -> Rows:
    chosen = [studies[each] for each in at]
    patients = [study.person.patient_id for study in chosen]
    return Rows(patients, [demo.truth(study) for study in chosen], outputs[list(at)])


def by_group(demo: Demo, rows: Rows, held: NDArray[np.bool_]) -> dict[str, list[bool]]:
    """Of each group, for each patient whether all of the patient's scans are held."""
    every: dict[tuple[str, str], bool] = {}
    for patient, word, kept in zip(rows.patients, rows.truth, held.tolist(), strict=True):
        key = demo.group(word), patient
        every[key] = every.get(key, True) and kept
    grouped: dict[str, list[bool]] = defaultdict(list)
    for (group, _), kept in every.items():
        grouped[group].append(kept)
    return grouped


def main(arguments: list[str]) -> None:
    """Measures one demo in a project that has it, or makes both."""
    if arguments:
        name, project = arguments
        measure(name, Path(project))
        return
    with tempfile.TemporaryDirectory(prefix="scanloom bench ") as folder:
        for name in DEMOS:
            project = fresh(Path(folder) / name)
            make(project, name)
            measure(name, project)


if __name__ == "__main__":
    main(sys.argv[1:])
