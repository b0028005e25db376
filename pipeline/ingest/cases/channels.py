"""Cases of several channels: files that a layout names as channels of one case. Pure.

Whether they lie on one grid is seen when they are read, in the orientation that all are turned to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.ingest.cases.case_plan import CasePlan
from pipeline.ingest.header.header import Header
from pipeline.ingest.series.frames import Refused

__all__ = ["joined"]


def joined(
    cases: Sequence[CasePlan],
    headers: Mapping[str, Header],
    *,
    resamples: bool,
    case_id: Callable[[Iterable[str]], str],
) -> tuple[list[CasePlan], list[Refused]]:
    """The cases with those that are channels of one joined, and the planes of those that can't be."""
    whole = [case for case in cases if not _is_channel(case, headers)]
    sets: defaultdict[tuple[str, int], list[CasePlan]] = defaultdict(list)
    for case in cases:
        if _is_channel(case, headers):
            # Where each plane is a case, those of one number belong together.
            first = -1 if case.volume.is_stack else case.volume.frames[0].index
            sets[headers[_token(case)].series_id, first].append(case)
    wanted = _wanted(headers)
    refused = []
    for (series, _), channels in sorted(sets.items()):
        channels.sort(key=lambda case: _number(case, headers))
        numbers = [_number(case, headers) for case in channels]
        told = _refusal(channels, numbers, wanted[series])
        if told is not None:
            frames = tuple(frame for case in channels for frame in case.frames)
            refused.append(Refused(frames, *told))
        else:
            whole.append(replace(_one_case(channels, case_id), resamples_channels=resamples))
    return whole, refused


def _is_channel(case: CasePlan, headers: Mapping[str, Header]) -> bool:
    return len(case.tokens) == 1 and headers[_token(case)].channel is not None


def _token(case: CasePlan) -> str:
    return next(iter(case.tokens.values()))


def _number(case: CasePlan, headers: Mapping[str, Header]) -> int:
    channel = headers[_token(case)].channel
    return channel.number if channel else 0


def _wanted(headers: Mapping[str, Header]) -> dict[str, set[int]]:
    """The numbers of channels that each case is to have: those that are announced, and those that came."""
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for header in headers.values():
        if header.channel is not None:
            numbers[header.series_id] |= {header.channel.number, *range(header.channel.announced)}
    return numbers


def _refusal(
    channels: Sequence[CasePlan], numbers: Sequence[int], wanted: set[int]
) -> tuple[str, str] | None:
    if numbers != sorted(wanted):
        return "channels_incomplete", f"{len(channels)} of {len(wanted)} channels"
    if len(channels) > 1 and any(frame.samples != 1 for case in channels for frame in case.frames):
        return "channels_differ", "a channel of colours"
    return None


def _one_case(channels: Sequence[CasePlan], case_id: Callable[[Iterable[str]], str]) -> CasePlan:
    first, *others = channels
    if not others:
        return first
    names = sorted(f"{frame.source}/{frame.index}" for case in channels for frame in case.frames)
    return replace(
        first,
        case_id=case_id(names),
        channels=tuple(case.volume for case in others),
        tokens={source: token for case in channels for source, token in case.tokens.items()},
        notes=tuple(sorted({note for case in channels for note in case.notes})),
    )
