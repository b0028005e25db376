"""A network that marks voxels, asked about scans of any size; what it marks is kept on their own grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from pipeline import scoring
from pipeline.arrays import Shards
from pipeline.bits import Bits, of_bit
from pipeline.contracts import predicted_masks
from pipeline.contracts.normalized import grids_of
from pipeline.errors import DamageError
from pipeline.models import tiling
from pipeline.models.tiling import Tiling
from pipeline.places import Place, onto_native
from pipeline.progress import bar
from pipeline.records import Case, Mask
from pipeline.statistics.vectors import Flags
from pipeline.tasks.segmentation import structures
from pipeline.tasks.segmentation.structures import Structures

if TYPE_CHECKING:
    import keras

NO_PLACE = "where its array lies on the scan isn't known"
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Marked:
    """What a network marked in a case, and what the case's masks mark; both are read when asked for.

    `masks` are those of declared structures, by name; `kept` is None of a case without an answer: it has
    nothing marked, so that what its masks hold was missed.
    """

    case: Case
    question: Structures
    kept: Path | None
    masks: Mapping[str, Mask]
    native: Path

    @property
    def spacing_mm(self) -> tuple[float, ...] | None:
        """The spacing, one number a spatial axis; None where the scan tells none in millimetres."""
        geometry = self.case.geometry
        return None if geometry.spacing_kind == "pixels" else geometry.spacing

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the scan's own grid."""
        return _space(self.case)

    def predicted(self) -> Bits:
        """What the network marked, `(*space,)` on the scan's own grid. Raises DamageError."""
        if self.kept is None:
            return np.zeros(self.shape, self.question.bits)
        bits = predicted_masks.read(self.kept, self.case.case_id)
        if bits.shape != self.shape:
            raise DamageError(
                f"What was marked in case {self.case.case_id} is of shape {bits.shape}, and the scan of "
                f"{self.shape}. Remove the folder {predicted_masks.FOLDER}/ and evaluate again."
            )
        return bits

    def truth(self, name: str) -> Flags:
        """The voxels of a target by the case's masks: those of any of its parts. Raises DamageError."""
        marked = np.zeros(self.shape, np.bool_)
        for part in self.question.regions.get(name, (name,)):
            if part in self.masks:
                marked |= Shards(self.native).sound(self.case.case_id, self.masks[part].stored) != 0
        return marked


def ask(
    scorer: scoring.Scorer, case_ids: Sequence[str], scans: scoring.Scans, *, shown: str
) -> scoring.Answers:
    """What the network marks in each case, kept as files and given as `Marked`; None of no scan.

    Raises DamageError when an array's bytes are not those that were written.
    """
    question = structures.read(scorer.record)
    places = _places(scans, case_ids)
    outputs: NDArray[np.object_] = np.full(len(case_ids), None, dtype=object)
    reasons = []
    with bar(shown, len(case_ids), "cases") as progress:
        for at, case_id in enumerate(case_ids):
            reason, bits = _bits(scorer, question, scans, case_id=case_id, place=places.get(case_id))
            if bits is not None:
                predicted_masks.write(scans.kept, case_id, bits)
            if case_id in scans.cases:
                masks = {mask.structure: mask for mask in scans.masks.get(case_id, ())}
                kept = None if bits is None else scans.kept
                outputs[at] = Marked(scans.cases[case_id], question, kept, masks, scans.native)
            reasons.append(reason)
            progress.advance()
    return scoring.Answers(outputs, tuple(reasons))


def network_bits(
    model: keras.Model, scan: NDArray[Any], question: Structures, tile: Sequence[int]
) -> Bits | None:
    """What a compiled model marks in an array `(*space, channels)`; None where its output isn't finite.

    A voxel has the likeliest of targets that exclude each other, else those that are likelier than not.
    """
    finite = True

    def said(tiles: NDArray[np.float32]) -> NDArray[Any]:
        nonlocal finite
        logits = np.array(model.predict_on_batch(tiles), dtype=np.float32)  # a copy, to be worked on in place
        finite = finite and bool(np.isfinite(logits).all())
        if question.exclusive:
            _softmax(logits)
        else:
            expit(logits, out=logits)
            logits -= np.float32(_HALF)
        return np.nan_to_num(logits, copy=False)

    def decide(sums: NDArray[np.int32]) -> NDArray[Any]:
        if question.exclusive:
            return np.asarray(_of_class(question)[np.argmax(sums, axis=-1)])
        told = np.zeros(sums.shape[:-1], question.bits)
        for bit in range(len(question.names)):
            told |= (sums[..., bit] > 0).astype(told.dtype) << told.dtype.type(bit)
        return told

    bits = np.zeros(scan.shape[:-1], question.bits)
    for first, slab in tiling.decided(scan, said, question.channels, Tiling(tuple(tile)), decide):
        bits[first : first + len(slab)] = slab
    return bits if finite else None


def _softmax(logits: NDArray[np.float32]) -> None:
    """Makes shares of the last axis of logits in place: of many classes a tile's answer is large."""
    logits -= logits.max(axis=-1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=-1, keepdims=True)


def without_strays(bits: Bits, question: Structures, cleaned: Sequence[str]) -> Bits:
    """The bits with only the largest connected piece of each target of `cleaned`."""
    result = bits.copy()
    for bit, name in enumerate(question.names):
        if name in cleaned:
            stray = of_bit(bits, bit) & ~largest_piece(of_bit(bits, bit))
            result[stray] &= result.dtype.type(~(1 << bit) & np.iinfo(result.dtype).max)
    return result


def largest_piece(mask: Flags) -> Flags:
    """The largest piece of a mask that is connected over faces; of equal ones the first in array order."""
    from scipy.ndimage import find_objects, label

    box = find_objects(mask.astype(np.uint8))
    if not box:
        return mask
    pieces, count = label(mask[box[0]])
    if count < 2:
        return mask
    result = np.zeros_like(mask)
    result[box[0]] = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return result


def _bits(
    scorer: scoring.Scorer, question: Structures, scans: scoring.Scans, *, case_id: str, place: Place | None
) -> tuple[str, Bits | None]:
    """What is marked in a case on its own grid; else why not."""
    stored = scans.arrays.get(case_id)
    if stored is None or case_id not in scans.cases:
        return scoring.NO_ARRAY, None
    if place is None:
        return NO_PLACE, None
    tile, channels = scorer.input_shape[:-1], scorer.input_shape[-1]
    if len(stored.shape) != len(scorer.input_shape) or stored.shape[-1] != channels:
        return scoring.OTHER_SHAPE, None
    bits = network_bits(scorer.model, scoring.sound(scans, case_id), question, tile)
    if bits is None:
        return scoring.NOT_FINITE, None
    return "", onto_native(bits, place, _space(scans.cases[case_id]))


def _places(scans: scoring.Scans, case_ids: Sequence[str]) -> dict[str, Place]:
    """Where the array of each case lies on the scan's own grid."""
    shards = {scans.arrays[case_id].shard for case_id in case_ids if case_id in scans.arrays}
    return {
        case_id: grid.place
        for shard in sorted(shards)
        for case_id, grid in grids_of(scans.normalized / shard).read(scans.normalized).arrays.items()
    }


def _of_class(question: Structures) -> NDArray[Any]:
    """The bits of each class of a softmax: none of the background, then one target each."""
    return np.array([0, *(1 << bit for bit in range(len(question.names)))], question.bits)


def _space(case: Case) -> tuple[int, ...]:
    return case.stored.shape[: len(case.geometry.spacing)]
