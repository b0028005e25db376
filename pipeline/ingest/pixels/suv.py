"""The factor from becquerels per millilitre to the standardised uptake value by body weight.

SUVbw = activity concentration * weight / injected dose, the dose decayed to the moment that the image
is corrected to (PS3.3 C.8.9.1). Inputs are used in memory; only the factor gets any further.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from pipeline.ingest.dicom.dataset import Dataset, date_of, optional_number

_MOST_HOURS_BEFORE_SCAN = 24  # a choice: a later scan is more often a day mistaken than a day waited
_MOST_HALF_LIVES = 10  # later than that a thousandth is left, and a half-life in minutes looks so
_LEAST_DOSE_BECQUERELS, _MOST_DOSE_BECQUERELS = 1e6, 1e10
_LEAST_WEIGHT_KG, _MOST_WEIGHT_KG = 1.0, 400.0
_ZONE_STEP_SECONDS = 900  # zones differ by quarters of an hour
_DATETIME = re.compile(r"(\d{8})(\d*(?:\.\d+)?)([+-].*)?")
_ZONE = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)")


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
    """The inputs of the SUV, None where one is missing, zero, contradictory or of a wrong unit.

    370 stands for a dose in MBq, 70 000 for a weight in grams: no injection is below 1 MBq, no patient
    above 400 kg.
    """
    correction = dataset.word("DecayCorrection")
    if correction not in ("START", "ADMIN") or not {"ATTN", "DECY"} <= set(dataset.words("CorrectedImage")):
        return None
    drugs = dataset.items("RadiopharmaceuticalInformationSequence")
    # Of two injections nobody can say which activity is in the voxels.
    if len(drugs) != 1:
        return None
    weight = optional_number(dataset, "PatientWeight")
    dose = optional_number(drugs[0], "RadionuclideTotalDose")
    half_life = optional_number(drugs[0], "RadionuclideHalfLife")
    seconds = _seconds_to_scan(dataset, drugs[0])
    if weight is None or dose is None or half_life is None or seconds is None:
        return None
    plausible = (
        _LEAST_WEIGHT_KG <= weight <= _MOST_WEIGHT_KG
        and _LEAST_DOSE_BECQUERELS <= dose <= _MOST_DOSE_BECQUERELS
        and half_life > 0
        and seconds <= _MOST_HALF_LIVES * half_life
    )
    return Uptake(1000 * weight, dose, half_life, seconds, correction) if plausible else None


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
    """The moment of a DT value by the clock that it was written from, None when malformed."""
    match = _DATETIME.fullmatch(text)
    return None if match is None else moment_of(match[1], match[2])


def _seconds_to_scan(dataset: Dataset, drug: Dataset) -> float | None:
    """From the injection to the start of the scan; None when unknown or not within a day."""
    scan = moment_of(dataset.text("SeriesDate"), dataset.text("SeriesTime"))
    acquired = moment_of(dataset.text("AcquisitionDate"), dataset.text("AcquisitionTime"))
    if scan is None or (acquired is not None and acquired < scan):  # a series made later than its images
        return None
    injected = _injected(dataset, drug, scan)
    if injected is None:
        return None
    seconds = (scan - injected).total_seconds()
    return seconds if 0 <= seconds <= 3600 * _MOST_HOURS_BEFORE_SCAN else None


def _injected(dataset: Dataset, drug: Dataset, scan: datetime) -> datetime | None:
    """The injection by the clock of the series' time, None when unknown."""
    written = drug.text("RadiopharmaceuticalStartDateTime")
    by_clock = moment_of_datetime(written)
    at_time = moment_of(dataset.text("SeriesDate"), drug.text("RadiopharmaceuticalStartTime"))
    if at_time is not None and at_time > scan:
        at_time -= timedelta(days=1)
    match = _DATETIME.fullmatch(written)
    if by_clock is None or match is None:
        return at_time
    if match[3] is None:
        # Two clocks that contradict each other, by a shift of dates or of zones, tell no time.
        return by_clock if at_time is None or abs((by_clock - at_time).total_seconds()) < 60 else None
    zone_of_injection, zone_of_series = _zone_of(match[3]), _zone_of(dataset.text("TimezoneOffsetFromUTC"))
    if zone_of_injection is not None and zone_of_series is not None:
        return by_clock.replace(tzinfo=zone_of_injection).astimezone(zone_of_series).replace(tzinfo=None)
    # The TM value is by the clock of the series: it holds if a zone can lie between the two.
    between = 0.0 if at_time is None else abs((by_clock - at_time).total_seconds()) % _ZONE_STEP_SECONDS
    return at_time if min(between, _ZONE_STEP_SECONDS - between) < 1 else None


def _zone_of(text: str) -> timezone | None:
    """The zone of an offset as +0100, None when malformed (PS3.5 6.2, DT)."""
    match = _ZONE.fullmatch(text)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)
