"""The factor from becquerels per millilitre to the standardised uptake value by body weight.

SUVbw = activity concentration * weight / injected dose, the dose decayed to the moment that the image
is corrected to (PS3.3 C.8.9.1). Inputs are used in memory; only the factor gets any further.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.ingest.attributes import date_of, optional_number
from pipeline.ingest.dataset import Dataset

_MOST_HOURS_BEFORE_SCAN = 24


@dataclass(frozen=True)
class Uptake:
    """What the SUV needs: grams, becquerels, seconds."""

    weight_grams: float
    dose_becquerels: float
    half_life_seconds: float
    seconds_to_scan: float
    decay_correction: str

    def factor(self) -> float:
        """The number that a value in Bq/mL is multiplied with.

        >>> Uptake(70_000, 370e6, 6586.2, 3600, "ADMIN").factor() * 5000  # doctest: +ELLIPSIS
        0.9459...
        """
        if self.decay_correction == "ADMIN":
            return self.weight_grams / self.dose_becquerels
        left = self.dose_becquerels * 2.0 ** (-self.seconds_to_scan / self.half_life_seconds)
        return float(self.weight_grams / left)


def uptake_of(dataset: Dataset) -> Uptake | None:
    """The inputs of the SUV, None where one is missing, zero or contradictory."""
    correction = dataset.text("DecayCorrection")
    if correction not in ("START", "ADMIN") or not {"ATTN", "DECY"} <= set(dataset.words("CorrectedImage")):
        return None
    drugs = dataset.items("RadiopharmaceuticalInformationSequence")
    if len(drugs) != 1:
        return None
    weight = optional_number(dataset, "PatientWeight")
    dose = optional_number(drugs[0], "RadionuclideTotalDose")
    half_life = optional_number(drugs[0], "RadionuclideHalfLife")
    seconds = _seconds_to_scan(dataset, drugs[0])
    if not weight or not dose or not half_life or seconds is None or min(weight, dose, half_life) <= 0:
        return None
    return Uptake(1000 * weight, dose, half_life, seconds, correction)


def moment_of(day: str, time: str) -> datetime | None:
    """The moment of a DA and a TM value, None when malformed."""
    date, digits = date_of(day), time.partition(".")[0]
    if date is None or len(digits) not in (2, 4, 6) or not digits.isdigit():
        return None
    padded = digits.ljust(6, "0")
    try:
        moment = datetime(
            date.year, date.month, date.day, int(padded[:2]), int(padded[2:4]), int(padded[4:6])
        )
    except ValueError:
        return None
    fraction = time.partition(".")[2][:6]
    return moment + timedelta(microseconds=int(fraction.ljust(6, "0")) if fraction.isdigit() else 0)


def moment_of_datetime(text: str) -> datetime | None:
    """The moment of a DT value without its zone, None when malformed."""
    plain = text.split("+")[0].split("-")[0]
    return moment_of(plain[:8], plain[8:])


def _seconds_to_scan(dataset: Dataset, drug: Dataset) -> float | None:
    """From the injection to the start of the scan; None when unknown or not within a day."""
    scan = moment_of(dataset.text("SeriesDate"), dataset.text("SeriesTime"))
    acquired = moment_of(dataset.text("AcquisitionDate"), dataset.text("AcquisitionTime"))
    if scan is None or (acquired is not None and acquired < scan):  # a series made later than its images
        return None
    injected = moment_of_datetime(drug.text("RadiopharmaceuticalStartDateTime"))
    if injected is None:
        injected = moment_of(dataset.text("SeriesDate"), drug.text("RadiopharmaceuticalStartTime"))
        if injected is not None and injected > scan:
            injected -= timedelta(days=1)
    if injected is None:
        return None
    seconds = (scan - injected).total_seconds()
    return seconds if 0 <= seconds <= 3600 * _MOST_HOURS_BEFORE_SCAN else None
