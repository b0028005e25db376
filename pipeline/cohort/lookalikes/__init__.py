"""Near copies: images that are one image, cut, squeezed, inverted, mirrored or windowed otherwise.

Reads the likenesses of scans. Gives pairs of scans of two persons. Guarantees: in two stages, so that a set
of very many costs minutes; pure, and the same pairs in any order of the scans.
"""

from pipeline.cohort.lookalikes.pairs import Pair, find_pairs

__all__ = ["Pair", "find_pairs"]
