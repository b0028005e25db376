"""Every attribute of old and new patients compared, with p-values corrected over all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.drift.distances import (
    Numbers,
    binned,
    cross_table,
    independence,
    kolmogorov_smirnov,
    largest_share_difference,
    stability_index,
    standardised_difference,
)
from pipeline.drift.rule import Difference
from pipeline.records import Attribute
from pipeline.statistics.multiple import holm

Patients = Sequence[Mapping[str, Attribute]]
"""What is known of each patient, by the attribute's name."""

Columns = dict[str, list[Attribute]]
"""The values of each attribute, one for each patient who has it."""


def columns(old: Patients, new: Patients) -> tuple[Columns, Columns]:
    """Both groups by attribute; "NAME recorded" (yes, no) is added where some patients lack NAME."""
    names = sorted({name for patient in (*old, *new) for name in patient})
    partial = [name for name in names if any(name not in patient for patient in (*old, *new))]
    return _columns(old, names, partial=partial), _columns(new, names, partial=partial)


def differences(old: Columns, new: Columns, *, generator: np.random.Generator) -> list[Difference]:
    """One Difference for each attribute that both groups have, by name; `p_holm` over all of them."""
    names = sorted(name for name in old if old[name] and new.get(name))
    uncorrected = [_difference(name, old[name], new=new[name], generator=generator) for name in names]
    corrected = holm([difference.p for difference in uncorrected])
    return [dataclasses.replace(d, p_holm=p) for d, p in zip(uncorrected, corrected, strict=True)]


def _columns(patients: Patients, names: Sequence[str], *, partial: Sequence[str]) -> Columns:
    values: Columns = {name: [patient[name] for patient in patients if name in patient] for name in names}
    for name in partial:
        values[f"{name} recorded"] = ["yes" if name in patient else "no" for patient in patients]
    return values


def _difference(
    name: str, old: Sequence[Attribute], *, new: Sequence[Attribute], generator: np.random.Generator
) -> Difference:
    if any(isinstance(value, str) for value in (*old, *new)):
        words = [str(value) for value in old]
        return _categorical(name, words, new=[str(value) for value in new], generator=generator)
    return _numeric(name, np.array(old, dtype=np.float64), new=np.array(new, dtype=np.float64))


def _numeric(name: str, old: Numbers, *, new: Numbers) -> Difference:
    psi, expected = stability_index(binned(old, new))
    return Difference(
        name=name,
        kind="numeric",
        p=kolmogorov_smirnov(old, new),
        p_holm=1.0,
        smd=standardised_difference(old, new),
        psi=psi,
        psi_expected=expected,
        unseen=(),
        n_old=len(old),
        n_new=len(new),
    )


def _categorical(name: str, old: list[str], *, new: list[str], generator: np.random.Generator) -> Difference:
    table = cross_table(old, new)
    psi, expected = stability_index(table)
    return Difference(
        name=name,
        kind="categorical",
        p=independence(table, generator),
        p_holm=1.0,
        smd=largest_share_difference(table),
        psi=psi,
        psi_expected=expected,
        unseen=tuple(sorted(set(new) - set(old))),
        n_old=len(old),
        n_new=len(new),
    )
