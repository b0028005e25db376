"""Whatever planes a series has, each is in one group, in any order of the input."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from planes import reason_of, saying
from series_planes import SAGITTAL

from pipeline.ingest.reasons import REASONS
from pipeline.ingest.series.frames import Frame, Refused, Rules
from pipeline.ingest.series.grouping import grouped
from pipeline.ingest.series.traits import KINDS, TEMPORAL_POSITION, sets_of

BASE = Frame("", 0, "p", "t", "r", "CT", "1.2.840.10008.5.1.4.1.1.2", ("ORIGINAL", "PRIMARY"), 8, 8, 1, "M2",
             orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0), spacing_mm=(1.0, 1.0), thickness_mm=1.0)  # fmt: skip


mixtures = st.lists(
    st.builds(
        lambda z, x, changes, values: saying(BASE, position_mm=(x, 0.0, z), **values, **changes),
        st.sampled_from([0.0, 1.0, 2.0, 2.005, 3.0, 4.0, 5.5]),
        st.sampled_from([0.0, 0.0, 0.0, 0.3]),
        st.sampled_from([
            {}, {}, {}, {}, {"rows": 16}, {"series_id": "q"}, {"patient_id": "o", "series_id": "q"},
            {"orientation": SAGITTAL}, {"orientation": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0007)},
            {"spacing_mm": None}, {"modality": "DX"}, {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")},
            {"study_id": "u"}, {"spacing_between_mm": 2.0}, {"thickness_mm": None},
        ]),
        st.fixed_dictionaries({}, optional={
            "echo_time": st.sampled_from([1.0, 2.0]), "acquisition_time": st.floats(0, 10),
            "b_value": st.sampled_from([0.0, 1000.0]), "instance_number": st.integers(0, 9),
            "temporal_position": st.integers(1, 3), "kernel": st.sampled_from(["a", "b"]),
            "kvp": st.sampled_from([80.0, 140.0]), "contrast_given": st.just(True),
            "acquisition_number": st.integers(1, 2), "frame_of_reference": st.sampled_from(["f", "g"]),
            "announced_images": st.integers(0, 9), "stack_id": st.sampled_from(["1", "2"]),
        }),
    ),
    max_size=24,
).map(lambda frames: [replace(frame, source=f"{n:03d}") for n, frame in enumerate(frames)])  # fmt: skip


# A temporal position of its own for every slice counts slices.
OF_ONE_KIND = [trait for trait in KINDS if trait is not TEMPORAL_POSITION]


rules_of_any_kind = st.builds(
    Rules,
    unit=st.sampled_from(["image", "series"]),
    min_slices=st.integers(1, 3),
    resample_z=st.sampled_from(["refuse", "linear"]),
    untilt=st.sampled_from(["refuse", "linear"]),
)


@given(mixtures, rules_of_any_kind, st.integers(1, 4), st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_every_frame_is_in_one_group_and_the_order_of_input_changes_nothing(
    frames: list[Frame], rules: Rules, kinds: int, random
) -> None:
    def digest(frame: Frame) -> str:
        return str(int(frame.source) % kinds)

    groups = grouped(frames, rules, pixel_digest=digest)
    names = sorted(frame.source for made in groups for frame in made.frames)
    assert names == [frame.source for frame in frames]
    assert {reason_of(made) for made in groups} <= set(REASONS)
    for made in groups:
        if isinstance(made, Refused):
            continue
        assert len(made.shape) == len(made.geometry.spacing)
        assert all(len(sets_of(made.frames, trait)) == 1 for trait in OF_ONE_KIND)
    shuffled = list(frames)
    random.shuffle(shuffled)
    assert grouped(shuffled, rules, pixel_digest=digest) == groups
