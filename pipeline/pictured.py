"""One slice of a scan as a page shows it: in the scan's own unit and window, where text can't name anybody.

Reads model-ready arrays and the ledger of reviews. Guarantees: no picture of a scan whose pixels nobody
looked through, if text about a patient can be in them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.config import Config
from pipeline.contracts.insights import InUnit
from pipeline.contracts.normalized import spacing_of
from pipeline.contracts.scan_pictures import ScanPicture
from pipeline.pixel_review import is_reviewed
from pipeline.pixel_text import hidden_because
from pipeline.records import Case, sides
from pipeline.workspace import Workspace

LARGEST_PIXELS = 256  # a choice: as wide as a card of the page, so that the file stays small
# Choices, in shares of the window: a ground brighter than this is no air, and noise of air is within that.
_DARK, _ALIKE = 0.35, 0.1
_WINDOW_PERCENTILES = (0.5, 99.5)  # a choice: single bright voxels (metal, marks) would else darken the rest

Array = NDArray[np.float32]
Read = Callable[[Case], InUnit | None]
"""What gives a case in its own unit on the network's grid, None where it can't be had."""


@dataclass(frozen=True)
class Picture:
    """One slice: grey values, heat where there is anything to see, both uint8 of one shape, and what it is.

    `window` is the pair of values that became black and white, in `unit` (empty: the network's input);
    `slice_index` and `slices` are None for images.
    """

    grey: NDArray[np.uint8]
    heat: NDArray[np.uint8]
    window: tuple[float, float]
    unit: str
    slice_index: int | None
    slices: int | None
    reduced: int

    def mm_across(self, spacing: tuple[float, ...]) -> float | None:
        """How wide a pixel of it is, of an array with this spacing in mm an axis, None without one."""
        return spacing[-1] * self.reduced if spacing else None


def of_cases(
    case_ids: Collection[str], config: Config, workspace: Workspace, *, recipe_id: str, in_unit: Read
) -> dict[str, ScanPicture]:
    """The picture of each case that has an array of the recipe, or why there is none; by case_id.

    Raises DamageError when an array can't be read.
    """
    with Catalogue(workspace.catalogue) as catalogue:
        arrays = catalogue.arrays(recipe_id)
        cases = {case.case_id: case for case in catalogue.cases()}
    shards, reviewed = Shards(workspace.normalized), is_reviewed(config, workspace, cases.values())
    found = {}
    for name in sorted(set(case_ids) & arrays.keys() & cases.keys()):
        case = cases[name]
        hidden = hidden_because(case, reviewed=reviewed)
        found[name] = (
            ScanPicture(name, case.patient_id, hidden=hidden)
            if hidden
            else _shown(
                case,
                np.asarray(shards.sound(name, arrays[name]), dtype=np.float32),
                in_unit(case),
                spacing=spacing_of(name, arrays[name], workspace.normalized),
            )
        )
    return found


def _shown(case: Case, image: Array, known: InUnit | None, *, spacing: tuple[float, ...]) -> ScanPicture:
    """The middle one of the slices that show anything, as it is handed on."""
    seen = picture(image, np.zeros(image.shape[:-1], dtype=np.float32), known)
    return ScanPicture(
        case.case_id,
        case.patient_id,
        rows=seen.grey.shape[0],
        grey=b64encode(seen.grey.tobytes()).decode(),
        window=seen.window,
        unit=seen.unit,
        slice=None if seen.slice_index is None else seen.slice_index + 1,
        slices=seen.slices,
        sides=sides(case.geometry),
        mm_across=seen.mm_across(spacing),
    )


def picture(image: Array, heat: Array, known: InUnit | None = None) -> Picture:
    """The slice of `image` with the most heat among those that show anything, as the report shows it.

    `image` is `([slices,] rows, columns, channels)`, `heat` `([slices,] rows, columns)` from 0 to 1, `known`
    the same scan in its unit. Colour images are shown by the mean of their channels; sides above
    `LARGEST_PIXELS` are reduced by whole factors.
    """
    if known is None or known.values.shape[:-1] != image.shape[:-1]:
        known = InUnit(image, "")
    index = slices = None
    grey = known.values.mean(axis=-1)
    if grey.ndim == 3:
        index, slices = _telling(grey, heat), len(grey)
        grey, heat = grey[index], heat[index]
    low, high = known.window or _window(grey)
    factor = -(-max(grey.shape) // LARGEST_PIXELS)
    shown = np.clip((grey - low) / max(high - low, 1e-12), 0, 1)  # of an even scan: all black
    heat = np.where(_content(shown), heat, 0)
    return Picture(
        _bytes(_reduced(shown, factor)), _bytes(_reduced(heat, factor)), (low, high), known.unit, index,
        slices, factor,
    )  # fmt: skip


def _telling(grey: Array, heat: Array) -> int:
    """The slice with the most heat of those whose values differ; without heat the middle one of them."""
    differs = np.ptp(grey, axis=(1, 2)) > 0
    places = np.flatnonzero(differs) if differs.any() else np.arange(len(grey))
    sums = heat.sum(axis=(1, 2))[places]
    return int(places[sums.argmax()] if sums.any() else places[len(places) // 2])


def _window(plane: Array) -> tuple[float, float]:
    """The values that become black and white: nearly all of the plane, or all where most are one value."""
    low, high = (float(value) for value in np.percentile(plane, _WINDOW_PERCENTILES))
    return (low, high) if high > low else (float(plane.min()), float(plane.max()))


def _content(shown: Array) -> NDArray[np.bool_]:
    """Where the scan shows anything: all but the dark ground that reaches in from the edge.

    Air inside the body belongs to it. Where the edge isn't dark, as of a film filled by the body, everything
    is content.
    """
    edge = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    level = float(np.median(edge))
    if level > _DARK:
        return np.ones(shown.shape, dtype=np.bool_)
    alike, _ = ndimage.label(np.abs(shown - level) <= _ALIKE)
    touching = np.unique(np.concatenate([alike[0], alike[-1], alike[:, 0], alike[:, -1]]))
    content = ~np.isin(alike, touching[touching > 0])
    return content if content.any() else np.ones(shown.shape, dtype=np.bool_)


def _reduced(plane: Array, factor: int) -> Array:
    rows, columns = (size // factor * factor for size in plane.shape)
    blocks = plane[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _bytes(plane: Array) -> NDArray[np.uint8]:
    return np.asarray(np.rint(plane * 255), dtype=np.uint8)
