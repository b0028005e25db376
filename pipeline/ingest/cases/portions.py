"""Cuts the files of a run into portions that can be planned one after the other. Pure.

Files of one series, and copies of one image, are never parted. Which portion they fall into is drawn by
their name: so it depends neither on the order of the files, nor on which of the others an earlier,
interrupted run has left to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from pipeline.ingest.cases.batching import uniform_draw

# So many headers are planned in memory at once, however large RAW is.
_MEAN_FILES = 8192


def portions(names: Mapping[str, tuple[str, ...]], *, files: int) -> Iterator[list[str]]:
    """The tokens of files in portions; those that are of no image come last.

    `names` are the pseudonyms of the series and images that a file is or was of, "" where it doesn't say;
    `files` is the number of all files of RAW, of which some may be known already.
    """
    joined, apart = _sets(names)
    count = max(1, -(-files // _MEAN_FILES))
    tokens_of: defaultdict[int, list[str]] = defaultdict(list)
    for name, tokens in joined.items():
        tokens_of[int(uniform_draw(name) * count)] += tokens
    for number in sorted(tokens_of):
        yield tokens_of[number]
    for start in range(0, len(apart), _MEAN_FILES):
        yield apart[start : start + _MEAN_FILES]


def _sets(names: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, list[str]], list[str]]:
    """Tokens that share names, directly or by others, under the first of their names; those without any.

    A union-find: each name leads to another of its set, and at last to the first of them.
    """
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parents.setdefault(name, name)) != name:
            parents[name] = name = parents[above]
        return name

    for shared in set(names.values()):
        roots = sorted({root(name) for name in shared if name})
        for other in roots[1:]:
            parents[other] = roots[0]
    joined: defaultdict[str, list[str]] = defaultdict(list)
    apart = []
    for token, shared in sorted(names.items()):
        if any(shared):
            joined[root(next(name for name in shared if name))].append(token)
        else:
            apart.append(token)
    return joined, apart
