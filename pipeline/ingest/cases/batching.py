"""Cuts the cases of a run into batches by a rule on the cases alone.

A batch ends after a case whose id says so, the more likely the larger the case is. So the batches, and
the bytes of their shards, depend neither on the workers nor on what an earlier, interrupted run did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipeline import digests
from pipeline.ingest.cases.batch_reading import bundles
from pipeline.ingest.cases.case_plan import CasePlan

# Enough for a disk to write in one go, little enough that a run that is killed loses little.
_MEAN_BYTES, _MEAN_CASES, _MEAN_FILES = 32 << 20, 256, 512
# Of int16, in which most scans are kept.
_BYTES_A_SAMPLE = 2


def batches(cases: Iterable[CasePlan]) -> Iterator[tuple[CasePlan, ...]]:
    """The cases in batches, sorted by case_id; cases that share a file are never parted."""
    batch: list[CasePlan] = []
    for bundle in bundles(cases):
        batch += bundle
        if _ends_batch(bundle):
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)


def shard_name(cases: Iterable[CasePlan], digest_of: Mapping[str, str]) -> str:
    """The name of a batch's shard, by what goes into it: the cases and the digests of their files."""
    content = [
        [case.case_id, case.unit, case.volume.geometry.to_json(),
         sorted(digest_of[token] for token in case.files), *([repr(case.structures)] if case.masks else []),
         *sorted([digest_of[token], name] for token, name in case.marking.items())]
        for case in cases
    ]  # fmt: skip
    return f"shard-{digests.of_json(content)[:16]}.npy"


def uniform_draw(name: str) -> float:
    """A number from 0 to below 1 that is drawn by the name alone, so that it falls alike everywhere."""
    return int(digests.of_bytes(name.encode())[:8], 16) / 2**32


def _ends_batch(bundle: tuple[CasePlan, ...]) -> bool:
    files = {token for case in bundle for token in case.files}
    size = sum(map(_size, bundle))
    # Drawn by the name, with the chance that gives batches of the mean size.
    share = max(size / _MEAN_BYTES, len(bundle) / _MEAN_CASES, len(files) / _MEAN_FILES)
    return uniform_draw(bundle[0].case_id) < share


def _size(case: CasePlan) -> int:
    samples = 1
    for length in case.volume.shape:
        samples *= length
    return samples * case.volume.frames[0].samples * _BYTES_A_SAMPLE
