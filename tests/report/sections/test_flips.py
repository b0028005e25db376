"""Who changes sides, as the page tells and shows it."""

from __future__ import annotations

import zlib
from base64 import b64encode
from dataclasses import replace

import numpy as np

from pipeline.contracts.drift import Area, Domain, OddScan
from pipeline.contracts.scan_pictures import Outline, Pictured, ScanPicture
from pipeline.page.artifacts import Artifacts
from pipeline.report import document, page
from pipeline.report.scan_pictures import card
from pipeline.report.sections import comparison

GREY = b64encode(bytes(range(64))).decode()
SHOWN = ScanPicture("00000003abcdefgh", "p", 8, GREY, (-160.0, 240.0), "HU", 3, 9, ("R", "L"))
HIDDEN = ScanPicture(
    "00000004abcdefgh", "p", hidden="DX pixels can carry text; shown once a person has looked for it"
)


def test_a_scan_has_a_scale_bar_as_long_as_it_says_on_the_square_that_is_shown() -> None:
    """Eight columns of 2.5 mm, in rows twice as high: the square is 40 mm wide, and 10 mm are a quarter of it."""
    known = card(replace(SHOWN, mm_across=2.5, tall=2.0))
    assert (known["bar"].value, known["bar_width"]) == (10, "25.00%")
    assert card(SHOWN)["bar_width"] == ""


def test_shares_are_told_by_class_and_group_but_not_of_fewer_than_five_patients(read: Artifacts) -> None:
    everybody, nodule, few = comparison.build(read).tables["sides"]
    assert (everybody["name"], everybody["negative"].numerator, everybody["negative"].denominator) == (
        "",
        8,
        231,
    )
    assert (nodule["name"], nodule["negative"].value) == ("nodule", 8 / 70)
    assert (few["negative"].value, few["negative"].reason) == (None, "fewer than 5 patients")


def test_the_worst_are_shown_with_truth_and_both_scores_or_with_the_reason_why_not(read: Artifacts) -> None:
    found = replace(read, flips=Pictured((replace(SHOWN, mm_across=2.5), HIDDEN)))
    html = page.html(document.build(found), found.pictures)
    gallery = html[html.index("those whose score moved furthest") : html.index("The new scans beside")]
    assert gallery.count("<figure") == 2
    assert gallery.count("data:image/png") == 1
    assert "reference: <b>nodule</b>" in gallery
    assert "champion 61.0" in gallery and "candidate 22.0" in gallery
    assert "slice 3 of 9" in gallery and "HU" in gallery
    assert gallery.count('class="scalebar"') == 1 and "5 mm" in gallery
    assert "Not shown: DX pixels can carry text" in gallery
    assert "scanloom look" in gallery or "make look" in gallery


def test_outlines_are_drawn_on_the_slice_with_pixels_as_high_as_they_are(read: Artifacts) -> None:
    marks = {who: np.zeros((8, 8), "<u4") for who in ("reference", "champion", "candidate")}
    marks["reference"][1, 2], marks["champion"][1, 2], marks["candidate"][4, 5] = 1, 3, 2
    packed = {who: b64encode(zlib.compress(bits.tobytes())).decode() for who, bits in marks.items()}
    outlines = tuple(Outline(who, bits) for who, bits in packed.items())
    found = replace(read, flips=Pictured((replace(SHOWN, outlines=outlines, tall=0.5),)))
    html = page.html(document.build(found), found.pictures)
    gallery = html[html.index("those whose score moved furthest") : html.index("The new scans beside")]
    assert "where the two models together are wrong in most voxels" in gallery
    assert 'viewBox="0 0 8 8"' in gallery and 'transform="translate(0 2) scale(1 0.5)"' in gallery
    one, other = "M2 1H3V2H2V1Z", "M5 4H6V5H5V4Z"
    drawn = [gallery.count(f'<path class="{who}" d="{way}"/>') for way in (one, other)
             for who in ("truth", "was", "said")]  # fmt: skip
    assert drawn == [1, 2, 0, 0, 0, 1]
    html = page.html(document.build(replace(read, flips=Pictured((SHOWN,)))), found.pictures)
    assert "where the two models together" not in html


def test_the_oddest_new_scans_stand_beside_the_nearest_of_training(read: Artifacts) -> None:
    assert read.drift is not None
    area = Area(0.8, 0.7, 0.9, 60, 40)
    odd = (OddScan(SHOWN.case_id, "p", 2.5, HIDDEN.case_id), OddScan(HIDDEN.case_id, "q", 1.5, "gone"))
    drifted = replace(read.drift, domain=Domain(area, None, 0.95, "features", odd))
    found = replace(read, drift=drifted, odd_scans=Pictured((SHOWN, HIDDEN)))
    html = page.html(document.build(found), found.pictures)
    gallery = html[
        html.index("Left in each pair the odd scan") : html.index("What changed since the champion")
    ]
    assert gallery.count("<figure") == 2
    assert gallery.count("data:image/png") == 1
    assert gallery.count("Not shown: DX pixels can carry text") == 2
    assert 'nearest of training: <span class="code">00000004abcd</span>' in gallery
    assert "it has no array under this recipe any more" in gallery
    assert "Left in each pair the odd scan" not in page.html(
        document.build(replace(found, odd_scans=None)), found.pictures
    )
