"""Planes that say other things than the one at hand, and what became of a group of them."""

from __future__ import annotations

from dataclasses import fields, replace

from pipeline.ingest.series.acquisition import Acquisition
from pipeline.ingest.series.frames import Frame, Group, Refused

OF_ACQUISITION = frozenset(field.name for field in fields(Acquisition))


def saying(plane: Frame, **values: object) -> Frame:
    """The plane with these fields, be they its own or its acquisition's."""
    acquired = {name: value for name, value in values.items() if name in OF_ACQUISITION}
    own = {name: value for name, value in values.items() if name not in OF_ACQUISITION}
    return replace(plane, acquisition=replace(plane.acquisition, **acquired), **own)


def silenced(plane: Frame) -> Frame:
    """The plane without anything that tells volumes of its series apart."""
    return replace(
        plane, acquisition=Acquisition(), acquisition_number=None, acquisition_time=None, instance_number=None
    )


def reason_of(group: Group) -> str:
    """The reason that the group's files get."""
    return group.reason if isinstance(group, Refused) else "ok"


def verdict_of(group: Group) -> tuple[str, str]:
    """Reason and detail."""
    return (group.reason, group.detail) if isinstance(group, Refused) else ("ok", "")
