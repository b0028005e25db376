"""Which files make which case: on headers alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from planes import saying

from pipeline.ingest.cases.case_plan import CasePlan, Plan
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.cases.planning import Wanted, plan
from pipeline.ingest.header.header import Header
from pipeline.ingest.series.frames import Frame, Rules

SERIES = Wanted(Rules(unit="series"))


def case_id(names: Iterable[str]) -> str:
    return "case " + " ".join(names)


def never(token: str, index: int) -> str:
    raise AssertionError("no pixels need to be compared")


def of(frame: Frame, **changes: object) -> Header:
    own = {
        "digest": f"digest of {frame.source}",
        "series_id": frame.series_id,
        "patient_id": frame.patient_id,
    }
    return Header(1, 1, image=True, sop_id=frame.source, frames=(frame,), **{**own, **changes})  # type: ignore[arg-type]


def stack(plane: Frame, count: int) -> dict[str, Header]:
    slices = [replace(plane, source=f"s{i}", position_mm=(0.0, 0.0, 5.0 * i)) for i in range(count)]
    return {f"t{i}": of(frame) for i, frame in enumerate(slices)}


def reasons(made: Plan) -> dict[str, str]:
    return {token: outcome.reason for token, outcome in sorted(made.outcomes.items())}


def test_a_volume_is_one_case_of_all_its_files(plane: Frame) -> None:
    made = plan(stack(plane, 4), SERIES, pixel_digest=never, case_id=case_id)
    assert [case.case_id for case in made.cases] == ["case s0/0 s1/0 s2/0 s3/0"]
    assert dict(made.cases[0].tokens) == {f"s{i}": f"t{i}" for i in range(4)}
    assert set(reasons(made).values()) == {"ok"}


def test_the_plan_does_not_depend_on_the_order_of_the_files(plane: Frame) -> None:
    headers = stack(plane, 4)
    turned = dict(reversed(headers.items()))
    first, second = (plan(h, SERIES, pixel_digest=never, case_id=case_id) for h in (headers, turned))
    assert (first.cases, dict(first.outcomes)) == (second.cases, dict(second.outcomes))


def test_single_images_are_cases_of_their_own(plane: Frame) -> None:
    made = plan(stack(plane, 3), Wanted(Rules(unit="image")), pixel_digest=never, case_id=case_id)
    assert [case.case_id for case in made.cases] == ["case s0/0", "case s1/0", "case s2/0"]


def test_a_broken_slice_at_the_end_spoils_the_volume_as_one_in_the_middle_does(plane: Frame) -> None:
    headers = stack(plane, 4)
    headers["t3"] = replace(headers["t3"], reason="truncated_pixel_data", detail="1 of 2")
    made = plan(headers, SERIES, pixel_digest=never, case_id=case_id)
    assert made.cases == ()
    assert reasons(made) == {
        "t0": "missing_slices",
        "t1": "missing_slices",
        "t2": "missing_slices",
        "t3": "truncated_pixel_data",
    }
    assert made.outcomes["t0"] == Outcome("missing_slices", "1 of 4 slices could not be read")
    single = plan(headers, Wanted(Rules(unit="image")), pixel_digest=never, case_id=case_id)
    assert len(single.cases) == 3


def test_equal_bytes_are_one_image_without_a_look_at_the_pixels(plane: Frame) -> None:
    headers = stack(plane, 3) | {"copy": of(replace(plane, source="s0"))}
    made = plan(headers, SERIES, pixel_digest=never, case_id=case_id)
    assert sorted(reasons(made).values()) == ["duplicate_identical", "ok", "ok", "ok"]
    assert len(made.cases) == 1


@pytest.mark.parametrize(
    ("same", "reason"), [(True, "duplicate_identical"), (False, "duplicate_uid_conflict")]
)
def test_other_bytes_with_the_same_identity_are_compared_by_their_pixels(
    plane: Frame, same: bool, reason: str
) -> None:
    headers = stack(plane, 3) | {"copy": of(replace(plane, source="s0"), digest="other")}
    made = plan(headers, SERIES, pixel_digest=lambda token, index: "" if same else token, case_id=case_id)
    if same:
        assert sorted(reasons(made).values()) == [reason, "ok", "ok", "ok"]
    else:
        assert set(reasons(made).values()) == {reason}  # the whole volume


def test_copies_that_lie_elsewhere_in_space_are_a_conflict_whatever_their_pixels(plane: Frame) -> None:
    moved = of(replace(plane, source="s0", position_mm=(1.0, 0.0, 0.0)), digest="other")
    made = plan(
        {"a": of(replace(plane, source="s0")), "b": moved},
        Wanted(Rules(unit="image")),
        pixel_digest=never,
        case_id=case_id,
    )
    assert set(reasons(made).values()) == {"duplicate_uid_conflict"}


def test_a_series_exported_twice_is_kept_whole_from_one_of_the_exports(plane: Frame) -> None:
    headers = stack(plane, 3)
    again = {
        f"u{i}": of(replace(h.frames[0], series_id="second"), digest=f"0{i}")
        for i, h in enumerate(headers.values())
    }
    made = plan(headers | again, SERIES, pixel_digest=lambda token, index: "same", case_id=case_id)
    assert len(made.cases) == 1
    assert {made.outcomes[token].reason for token in headers} in ({"ok"}, {"duplicate_identical"})


def test_one_series_of_two_patients_is_refused_but_broken_files_keep_their_own_reason(plane: Frame) -> None:
    headers = stack(plane, 4)
    headers["t1"] = of(replace(headers["t1"].frames[0], patient_id="other"))
    headers["t2"] = replace(headers["t2"], reason="truncated_pixel_data")
    made = plan(headers, SERIES, pixel_digest=never, case_id=case_id)
    assert reasons(made) == {
        "t0": "patient_conflict",
        "t1": "patient_conflict",
        "t2": "truncated_pixel_data",
        "t3": "patient_conflict",
    }


def test_cine_is_left_out_and_slices_of_one_file_are_not(plane: Frame) -> None:
    frames = tuple(replace(plane, index=i, position_mm=(0.0, 0.0, 5.0 * i)) for i in range(3))
    enhanced = replace(of(plane), frames=frames)
    cine = replace(of(plane), frames=tuple(replace(frame, modality="XA", sop_class="xa") for frame in frames))
    made = plan({"file": enhanced}, Wanted(Rules(unit="image")), pixel_digest=never, case_id=case_id)
    assert len(made.cases) == 3 and reasons(made) == {"file": "ok"}
    assert reasons(
        plan({"file": cine}, Wanted(Rules(unit="image")), pixel_digest=never, case_id=case_id)
    ) == {"file": "rule_not_selected"}


def test_a_file_with_one_usable_stack_is_accepted(plane: Frame) -> None:
    stacks = [
        saying(plane, index=i, position_mm=(0.0, 0.0, 5.0 * i), stack_id="1" if i < 3 else "2")
        for i in range(4)
    ]
    made = plan(
        {"file": replace(of(plane), frames=tuple(stacks))}, SERIES, pixel_digest=never, case_id=case_id
    )
    assert len(made.cases) == 1
    assert reasons(made) == {"file": "ok"}


def test_volumes_told_apart_by_their_times_alone_know_their_rank(plane: Frame) -> None:
    frames = [
        replace(
            plane,
            source=f"{moment} {z}",
            position_mm=(0.0, 0.0, 5.0 * z),
            acquisition_time=100.0 * moment + z,
        )
        for moment in range(3)
        for z in range(3)
    ]
    headers = {frame.source: of(frame) for frame in reversed(frames)}
    made = plan(headers, SERIES, pixel_digest=never, case_id=case_id)
    ranks = {case.case_id: case.attributes["time_index"] for case in made.cases}
    assert ranks == {f"case {moment} 0/0 {moment} 1/0 {moment} 2/0": moment for moment in range(3)}


def test_what_the_planes_of_a_volume_have_in_common_is_told(plane: Frame) -> None:
    frames = [
        saying(
            plane,
            source=f"s{z}",
            position_mm=(0.0, 0.0, 5.0 * z),
            kernel="Dr. Who",
            b_value=1000.0,
            flip_angle=80.0 + z,
        )
        for z in range(3)
    ]
    (case,) = plan({f.source: of(f) for f in frames}, SERIES, pixel_digest=never, case_id=case_id).cases
    assert dict(case.attributes) == {
        "b_value": 1000.0,
        "convolution_kernel": "OTHER",
        "patient_orientation": "L\\P",
    }


def saying_of_themselves(plane: Frame, *said: dict[str, object]) -> CasePlan:
    """The case of a stack whose headers have these attributes, one after the other."""
    headers = {
        token: replace(header, attributes=own)
        for (token, header), own in zip(stack(plane, len(said)).items(), said, strict=True)
    }
    (case,) = plan(headers, SERIES, pixel_digest=never, case_id=case_id).cases
    return case


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("patient_sex", "F", "M"),
        ("patient_age", 44, 45),
        ("manufacturer", "SIEMENS", "OTHER"),
        ("magnetic_field_strength", 1.5, 3.0),
        ("view_position", "AP", "PA"),
        ("laterality", "L", "R"),
        ("study_day", 7, 8),
    ],
)
def test_what_the_files_of_a_scan_contradict_each_other_in_is_not_kept(
    plane: Frame, name: str, first: object, second: object
) -> None:
    for one, other in ((first, second), (second, first)):
        case = saying_of_themselves(plane, {name: one, "kvp": 90.0}, {name: one}, {name: other})
        assert name not in case.attributes
        assert case.attributes["kvp"] == 90.0
        assert case.volume.notes == ("headers_differ",)


def test_a_file_that_is_silent_contradicts_nobody(plane: Frame) -> None:
    case = saying_of_themselves(plane, {}, {"patient_sex": ""}, {"patient_sex": "F"})
    assert (case.attributes["patient_sex"], case.volume.notes) == ("F", ())


def test_a_scan_has_text_in_its_pixels_as_soon_as_one_file_says_so(plane: Frame) -> None:
    case = saying_of_themselves(plane, *({"burned_in_annotation": word} for word in ("NO", "NO", "YES")))
    assert case.attributes["burned_in_annotation"] == "YES"
