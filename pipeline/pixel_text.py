"""Whether a picture of a scan may be shown: text about the patient can be burned into pixels.

Original CT, MR and PET slices hold none; other kinds of image may, and a header that says
"no burned-in annotation" proves nothing for them.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.printed import make, page
from pipeline.records import Case

# Ultrasound, projections and photographs often have the name in the pixels (PS3.15 E.3.1); secondary captures
# and screen saves of any modality can (PS3.3 C.7.6.1.1.2).
SHOWN_MODALITIES = ("CT", "MR", "PT")
_RISK_WORDS = ("SECONDARY", "SCREEN", "SAVE")
_UNTIL = "shown once a person has looked for it"


def hidden_because(case: Case, *, reviewed: bool) -> str | None:
    """Why no picture of the case may be shown; None when it may.

    `reviewed` says that a person looked through the pixels of all scans (pixel_review.py): it opens every
    kind of image but those whose header says that text is burned in.
    """
    if str(case.attributes.get("burned_in_annotation", "")).upper() == "YES":
        return "the header says that text is burned into the pixels"
    if reviewed:
        return None
    if case.modality not in SHOWN_MODALITIES:
        return f"{case.modality} pixels can carry text about the patient; {_UNTIL}"
    kind = str(case.attributes.get("image_type", "")).upper()
    if "ORIGINAL" not in kind or any(word in kind for word in _RISK_WORDS):
        return f"not an original image of the scanner, so text can be in its pixels; {_UNTIL}"
    return None


def way_to_see(reasons: Iterable[str | None]) -> str:
    """What opens the pictures hidden for these reasons, with its commands; "" where nothing would."""
    if not any(reason and reason.endswith(_UNTIL) for reason in reasons):
        return ""
    look = make("look", place=page())
    return (
        f'Look through the pixels of these scans: `{look}`, under "Review of pixels for text". If none names '
        "a patient, the command that stands there accepts what it shows, and the next report shows them."
    )
