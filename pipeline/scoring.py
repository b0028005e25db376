"""A saved model as the stages use it: checked, loaded, and asked for logits in batches of one size.

Keras is imported when a model is loaded, not with this file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline import backend, digests, provenance
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.catalogue import masks as stored_masks
from pipeline.contracts import model_record, operating
from pipeline.contracts.model_record import FIRST_FIT_FILE, MODEL_FILE, ModelRecord
from pipeline.contracts.operating import Operating
from pipeline.contracts.predictions import nine_digits
from pipeline.errors import DamageError, DataError, ScanloomError, UsageError
from pipeline.printed import make
from pipeline.progress import Bar, bar
from pipeline.records import Case, Mask, Stored
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import keras

BATCH_SIZE = 32  # a choice; the same for all scoring, as sums in batches of another size differ in last bits
NO_ARRAY = "no array under this model's recipe"
OTHER_SHAPE = "the array is of another shape than the model takes"
NOT_FINITE = "the network's output is not finite"


@dataclass(frozen=True)
class Scorer:
    """A model ready to score, with what `model.json` and `operating.json` say of it.

    `operating` is None until the model was evaluated.
    """

    model: keras.Model
    record: ModelRecord
    operating: Operating | None

    @property
    def task(self) -> str:
        """The kind of question that the model answers."""
        return self.record.task

    @property
    def outputs(self) -> int:
        """How many numbers the network gives for a scan."""
        return int(self.model.output_shape[-1])

    @property
    def input_shape(self) -> tuple[int, ...]:
        """`(rows, columns, channels)` or `(slices, rows, columns, channels)` of one scan."""
        return self.record.input_shape


@dataclass(frozen=True)
class Scans:
    """Where the scans lie that a model is asked about, and where answers too large for a table are kept.

    `arrays` are those of the model's recipe in `normalized`, by case_id; `cases` and their `masks` have their
    voxels in `native`. `changed` makes of a case_id and its array what the model is asked about; None: the
    array as it is.
    """

    arrays: Mapping[str, Stored]
    normalized: Path
    cases: Mapping[str, Case]
    masks: Mapping[str, tuple[Mask, ...]]
    native: Path
    kept: Path
    changed: Callable[[str, NDArray[Any]], NDArray[Any]] | None = None


@dataclass(frozen=True)
class Answers:
    """The network's answers for cases, an entry a case, and the reasons; empty where there is an answer.

    Where a scan has one answer, the outputs are numbers of the shape (cases, outputs), nan where there is
    none, with the nine digits with which they are written; else they are the task's own records.
    """

    outputs: NDArray[Any]
    reasons: tuple[str, ...]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which cases have an answer, shape (cases,)."""
        return np.array([not reason for reason in self.reasons], dtype=np.bool_)


def marked(kept: Path, case_id: str, *, question: Any, fixed: Any) -> None:
    """None: of a scan with one answer no voxel is marked."""
    return


def load(folder: Path) -> Scorer:
    """The model of a candidate's or a generation's folder.

    Raises DataError when there is none, DamageError when a file isn't the one that was written, UsageError
    when it was saved by another version of Keras that this one can't read.
    """
    if not model_record.FILE.path(folder).is_file():
        raise _no_model(model_record.FILE.path(folder))
    record = model_record.FILE.read(folder)
    return _scorer(folder, MODEL_FILE, record, digest=record.model_sha256)


def before_refit(folder: Path) -> Scorer:
    """The model that was fitted on the training part alone, where that of the folder was refitted.

    Raises as `load`.
    """
    record = model_record.FILE.read(folder)
    return _scorer(folder, FIRST_FIT_FILE, record, digest=record.first_fit_sha256)


def _scorer(folder: Path, name: str, record: ModelRecord, *, digest: str) -> Scorer:
    path = folder / name
    if not path.is_file():
        raise _no_model(path)
    if digests.of_file(path) != digest:
        raise DamageError(
            f"{folder.name}/{name} is not the file that {model_record.FILE.name} describes, so nothing is "
            "predicted with it. Restore the folder from a backup, roll back, or train again."
        )
    return Scorer(_load_model(path, record.versions), record, operating.FILE.find(folder))


def _no_model(path: Path) -> DataError:
    return DataError(
        f"There is no model here: {path.parent.name}/{path.name} is missing. Run `{make('train')}`."
    )


def with_model(scorer: Scorer, path: Path) -> Scorer:
    """The scorer with the network in another file of the same training. Raises as `load`."""
    return replace(scorer, model=_load_model(path, scorer.record.versions))


def logits(scorer: Scorer, arrays: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
    """Shape (scans, outputs): the model's answer to normalized arrays, each of `scorer.input_shape`.

    Arrays are taken one batch at a time, so a generator may read them from disk.
    """
    return predict(scorer.model, arrays, outputs=scorer.outputs, batch_size=BATCH_SIZE)


def scans(workspace: Workspace, recipe_id: str, *, kept: Path) -> Scans:
    """The scans of an analysis under a recipe."""
    marked: dict[str, list[Mask]] = defaultdict(list)
    with Catalogue(workspace.catalogue) as catalogue:
        arrays = catalogue.arrays(recipe_id)
        cases = {case.case_id: case for case in catalogue.cases()}
        for mask in stored_masks.all_of(catalogue):
            marked[mask.case_id].append(mask)
    masks = {case_id: tuple(those) for case_id, those in marked.items()}
    return Scans(arrays, workspace.normalized, cases, masks, workspace.cases, kept)


def sound(scans: Scans, case_id: str) -> NDArray[Any]:
    """What a model is asked about of a case that has an array. Raises DamageError as `ask`."""
    array = Shards(scans.normalized).sound(case_id, scans.arrays[case_id])
    return scans.changed(case_id, array) if scans.changed else array


def ask(scorer: Scorer, case_ids: Sequence[str], scans: Scans, *, shown: str) -> Answers:
    """The answers for the cases, in their order; `shown` names the work to the person who waits.

    A scan of another shape has none: a network would repeat one channel into several and answer all the same.
    Raises DamageError when an array's bytes are not those that were written.
    """
    lacking = {case_id: _lacking(scorer, scans.arrays.get(case_id)) for case_id in case_ids}
    ready = [case_id for case_id in case_ids if not lacking[case_id]]
    with bar(shown, len(ready), "cases") as progress:
        answered = logits(scorer, _sound(ready, scans, progress))
    answers = np.full((len(case_ids), scorer.outputs), np.nan)
    answers[[index for index, case_id in enumerate(case_ids) if not lacking[case_id]]] = answered
    finite = np.isfinite(answers).all(axis=1)
    answers[~finite] = np.nan
    reasons = [
        "" if good else lacking[case_id] or NOT_FINITE
        for case_id, good in zip(case_ids, finite.tolist(), strict=True)
    ]
    return Answers(nine_digits(answers), tuple(reasons))


def _lacking(scorer: Scorer, array: Stored | None) -> str:
    """Why a case can't be asked about; "" where it can."""
    if array is None:
        return NO_ARRAY
    return "" if tuple(array.shape) == tuple(scorer.input_shape) else OTHER_SHAPE


def predict(
    model: keras.Model, arrays: Iterable[NDArray[Any]], *, outputs: int, batch_size: int
) -> NDArray[np.float64]:
    """Shape (scans, outputs): a compiled model's answers, by one traced function.

    The last batch is filled up with copies of its first scan, so that every batch has one shape.
    """
    parts = [np.empty((0, outputs), dtype=np.float64)]
    for scans in _batches(arrays, batch_size):
        filling = [scans[0]] * (batch_size - len(scans))
        batch = np.stack(scans + filling).astype(np.float32)
        parts.append(np.asarray(model.predict_on_batch(batch), dtype=np.float64)[: len(scans)])
    return np.concatenate(parts)


def _sound(case_ids: Sequence[str], scans: Scans, progress: Bar) -> Iterator[NDArray[Any]]:
    for case_id in case_ids:
        yield sound(scans, case_id)
        progress.advance()


def _batches(arrays: Iterable[NDArray[Any]], size: int) -> Iterator[list[NDArray[Any]]]:
    remaining = iter(arrays)
    while scans := list(islice(remaining, size)):
        yield scans


def _load_model(path: Path, saved_by: Mapping[str, str]) -> keras.Model:
    backend.load()
    import keras

    try:
        model = keras.saving.load_model(path, compile=False)
    except MemoryError:
        raise
    except Exception as error:  # Keras has no error of its own for a model that it can't read
        raise _unreadable(path, saved_by, error) from error
    model.compile(jit_compile=backend.device().compiles)
    return model


def _unreadable(path: Path, saved_by: Mapping[str, str], error: Exception) -> ScanloomError:
    """What is told of a model that has the right bytes and yet can't be loaded."""
    name, ours = f"{path.parent.name}/{path.name}", provenance.framework(provenance.versions())
    by = provenance.framework(saved_by)
    if by != ours:
        return UsageError(
            f"{name} was saved by {by}, and {ours} can't read it here ({type(error).__name__}). Use an "
            "environment with the versions that saved it, or train again with these."
        )
    return DamageError(
        f"{name} can't be read by the versions that saved it, {ours} ({type(error).__name__}). Restore the "
        "folder from a backup, roll back, or train again."
    )
