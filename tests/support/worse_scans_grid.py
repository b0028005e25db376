"""What the tables on worse scans must hold, worked out from `robustness.json`."""

from __future__ import annotations

from html_tables import Grid
from page_grids import Files, Json, interval, number

from pipeline.report.sections.robustness import NAMES

DECISIONS = ["Decisions that flip", "Share (interval)"]


def strongest(files: Files) -> Grid:
    found = files.read("robustness")
    head = ["Change", "From", "to", "Unit", "Leaves the goal at", "Wholly short of it at"]
    rows = [[*head, "AUROC at the strongest", "Interval", *DECISIONS]]
    for curve in _tried(found):
        ends = [_strength(curve, curve["points"][place]["level"], found) for place in (0, -1)]
        goals = [_strength(curve, curve[key], found) for key in ("leaves", "misses")]
        rows.append(
            [
                NAMES[curve["key"]],
                *ends,
                _unit(curve),
                *goals,
                *_numbers(curve["points"][-1], found["patients"]),
            ]
        )
    return rows


def every_level(files: Files) -> Grid:
    found = files.read("robustness")
    rows = [["Change", "Strength", "Unit", "AUROC", "Interval", *DECISIONS]]
    for curve in _tried(found):
        rows += [
            [
                NAMES[curve["key"]],
                _strength(curve, point["level"], found),
                _unit(curve),
                *_numbers(point, found["patients"]),
            ]
            for point in curve["points"]
        ]
    return rows


def _tried(found: Json) -> list[Json]:
    return [curve for curve in found["curves"] if curve["points"]]


def _unit(curve: Json) -> str:
    return "mm" if curve["unit"] == "pixels" else str(curve["unit"])


def _strength(curve: Json, level: float | None, found: Json) -> str:
    if level is None:
        return "at none"
    return f"{level * (found['mm_per_pixel'] if curve['unit'] == 'pixels' else 1):.3g}"


def _numbers(point: Json, patients: int) -> list[str]:
    low, high = (f"{100 * point[f'flipped_{end}']:.0f} %" for end in ("low", "high"))
    share = f"{100 * point['flipped']:.0f} %"
    flips = f"{point['flipped'] * patients:.0f} of {patients}"
    return [number(point), interval(point), flips, f"{share} ({low} to {high})"]
