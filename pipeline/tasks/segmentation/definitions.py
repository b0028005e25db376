"""Every metric of a segmentation, once, and what the rules by which they are made stand for."""

from __future__ import annotations

from typing import Final

from pipeline.tasks.metric import UNBOUNDED, Metric, by_id

BORDERS: Final = "borders"
OVERLAP: Final = "overlap"
PRESENCE: Final = "presence"
VOLUMES: Final = "volumes"

RULES: Final = {
    OVERLAP: "Dice of each scan whose reference holds the structure, 0 where the prediction is empty or "
    "failed; mean over a patient's scans, then over patients, with Student's interval on the logit scale. "
    "Over structures: first the mean over those that a patient's reference holds (Maier-Hein & Reinke 2024).",
    BORDERS: "From voxels at the border of both masks (with a neighbour outside over a face, or at the edge "
    "of the image), between their centres in mm. HD95 is the larger of the two directed 95th percentiles, HD "
    "the largest distance, NSD the share of both borders within the tolerance. Where the prediction is empty "
    "or failed, NSD is 0 and a distance the diagonal of the image. Means as those of overlap, of distances "
    "on the log scale.",
    PRESENCE: "Missed: patients whose reference holds the structure where a prediction holds none of it. "
    "Invented: patients whose reference says that it isn't there where a prediction holds it. Exact interval "
    "(Clopper & Pearson 1934); where patients recur, resampled by patient.",
    VOLUMES: "Predicted less reference volume where the reference holds the structure: mean with Student's "
    "interval, and limits of agreement, bias -+ 1.96 SD (Bland & Altman 1999); where patients recur, "
    "resampled by patient.",
    "resampled patients": "Percentile interval over resamples of whole patients; one resample serves all "
    "metrics.",
    "Holm": "Subgroup against all others, or models by pairs; p values corrected by Holm within one metric.",
}

MM, ML = "mm", "mL"

METRICS: Final = by_id(
    Metric("dice", "Dice", "Dice", OVERLAP, reading="1 is the same mask, 0 no voxel in common"),
    Metric(
        "nsd", "Normalized surface distance", "NSD", BORDERS,
        reading="share of the border within the tolerance",
    ),
    Metric(
        "hd95", "HD95", "HD95", BORDERS, -1, high=UNBOUNDED, measured_in=MM,
        reading="19 of 20 places of the border are no further off",
    ),
    Metric("hd", "Largest border distance", "HD", BORDERS, -1, high=UNBOUNDED, measured_in=MM),
    Metric(
        "false_components", "Stray pieces a scan", "stray pieces", BORDERS, -1, high=UNBOUNDED,
        reading="connected pieces of the prediction that touch nothing true",
    ),
    Metric("missed", "Missed", "missed", PRESENCE, -1, reading="there, and nothing was marked"),
    Metric("invented", "Invented", "invented", PRESENCE, -1, reading="not there, and something was marked"),
    Metric(
        "invented_ml", "Volume where invented", "invented volume", PRESENCE, -1, high=UNBOUNDED,
        measured_in=ML,
    ),
    Metric(
        "volume_bias", "Volume bias", "volume bias", VOLUMES, 0, -UNBOUNDED, UNBOUNDED, ML,
        reading="0 is right; above 0 volumes are too large on the whole",
    ),
    Metric(
        "volume_limit_low", "Lower limit of agreement", "lower limit", VOLUMES, 0, -UNBOUNDED, UNBOUNDED, ML
    ),
    Metric(
        "volume_limit_high", "Upper limit of agreement", "upper limit", VOLUMES, 0, -UNBOUNDED, UNBOUNDED, ML
    ),
    Metric(
        "hd95_over_diameter", "HD95 over the diameter", "HD95 over the diameter", BORDERS, -1, high=UNBOUNDED
    ),
    Metric(
        "volume_error", "Size of the volume bias", "size of the volume bias over the volume", VOLUMES, -1,
        high=UNBOUNDED,
    ),
)  # fmt: skip
"""By id; the last two compare two models, as parts of the structure's own size."""

GOALS: Final = tuple(METRICS[name] for name in ("dice", "nsd", "hd95"))
"""What a goal may be about, first what it is about where it doesn't say."""
