"""What the words of ImageType mean for voxels: a kind of image, a detail, or something not known here.

(PS3.3 C.7.6.1.1.2, C.8.3.1.1.1, C.8.13.3.1.1; the rest are words that makers write.)
"""

from __future__ import annotations

import re

from pipeline.ingest.series.frames import Frame

__all__ = ["VOLUME_WORDS", "meaning", "spelled", "unknown_words"]

VOLUME_WORDS = frozenset({"RECON TOMO", "RECON GATED TOMO"})
"""Value 3 of ImageType in nuclear medicine where frames are slices, not projections (C.8.4.9.1.3)."""

_SYNONYMS = {
    "MAGNITUDE": "M M_FFE M_IR M_SE M_TSE MAG MAGNITUDE",
    "PHASE": "P P_FFE P_IR P_SE PHASE PHASE_MAP VELOCITY_MAP",
    "REAL": "R R_FFE R_IR R_SE REAL",
    "IMAGINARY": "I I_FFE I_IR I_SE IMAGINARY",
    "WATER": "W WATER",
    "FAT": "F FAT",
    "IN_PHASE": "IP IN_PHASE INPHASE",
    "OUT_PHASE": "OP OUT_PHASE OUTPHASE OPP_PHASE OPPOSED_PHASE",
    "FRACTIONAL_ANISOTROPY": "FA FRACTIONAL_ANISOTROPY",
    "TRACE": "TRACE TRACEW",
}
_MEANINGS = {word: name for name, words in _SYNONYMS.items() for word in words.split()}
_KINDS = frozenset(
    word
    for words in (
        "ADC EADC DIFFUSION PERFUSION CBF CBV MTT TTP TMAX LABEL CONTROL VELOCITY",
        "T1 T2 T2_STAR T1_MAP T2_MAP R1 R2 R2_STAR B0 B1 FAT_FRACTION FFE SE IR",
        "MIP MINIP MAX_IP MIN_IP MPR SUBTRACTION SUB MEAN STDDEV POST_CONTRAST PRE_CONTRAST",
        "MONOENERGETIC VMI VNC IODINE Z_EFF EFF_Z STATIC DYNAMIC GATED EMISSION TRANSMISSION",
    )
    for word in words.split()
)
_DETAIL = re.compile(
    "AXIAL|CSA.*|CT_SOM.*|DERIVED|DIS2D|DIS3D|FM[0-9].*|HELICAL|HELIX|MFSPLIT|ND|NONE|NORM|ORIGINAL|OTHER|"
    "PRIMARY|SECONDARY|SEQ|SPI|SPIRAL|STD|VOLUME"
)


def spelled(frame: Frame) -> tuple[str, ...]:
    """The values of ImageType in capitals, with one space where writers put several, and none around."""
    return tuple(" ".join(value.upper().split()) for value in frame.image_type)


def meaning(frame: Frame) -> str:
    """What kind of image the words of value 3 and on say it is, sorted; "" where they say none.

    A complex component that is told apart counts as one of the words.

    >>> from types import SimpleNamespace as Plane
    >>> silent = Plane(component=None)
    >>> meaning(Plane(image_type=("ORIGINAL", "PRIMARY", "m_ffe", "M", "NORM"), acquisition=silent))
    'MAGNITUDE'
    """
    values = (*spelled(frame)[2:], (frame.acquisition.component or "").upper())
    return "\\".join(sorted({kind for value in values for kind in _kinds(value)}))


def unknown_words(frame: Frame) -> str:
    """The words of value 3 and on that are neither a kind of image nor a known detail, sorted."""
    words = {word for value in spelled(frame)[2:] if not _kinds(value) for word in value.split()}
    return "\\".join(sorted(word for word in words if not _DETAIL.fullmatch(word)))


def _kinds(value: str) -> set[str]:
    words = {value.replace(" ", "_"), *value.split()}
    return {_MEANINGS.get(word, word) for word in words if word in _MEANINGS or word in _KINDS}
