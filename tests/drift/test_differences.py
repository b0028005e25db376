"""All attributes together, and how often the rule is right on simulated patients."""

from __future__ import annotations

from collections import Counter

import numpy as np

from pipeline.config import Drift
from pipeline.drift.differences import columns, differences
from pipeline.drift.rule import level_of, overall

RULE = Drift()


def random():
    return np.random.default_rng(1)


def test_numbers_are_compared_as_numbers_and_words_as_words():
    old = {"kvp": [100.0, 120.0, 120.0], "maker": ["A", "A", "B"]}
    new = {"kvp": [120, 140, 140], "maker": ["A", "C", "C"]}
    kvp, maker = differences(old, new, generator=random())
    assert (kvp.name, kvp.kind, kvp.unseen) == ("kvp", "numeric", ())
    assert (maker.name, maker.kind, maker.unseen) == ("maker", "categorical", ("C",))
    assert (maker.n_old, maker.n_new) == (3, 3)


def test_p_values_are_corrected_over_all_attributes():
    generator = random()
    old = {name: list(generator.normal(size=100)) for name in "abcd"}
    new = {name: list(generator.normal(loc=(name == "a") * 0.6, size=100)) for name in "abcd"}
    found = {difference.name: difference for difference in differences(old, new, generator=generator)}
    assert found["a"].p_holm == 4 * found["a"].p
    assert all(found[name].p_holm >= found[name].p for name in "bcd")


def test_an_attribute_that_some_lack_is_also_compared_by_whether_it_is_recorded():
    old, new = columns([{"age": 40, "sex": "F"}] * 30, [{"sex": "F"}] * 30)
    found = {difference.name: difference for difference in differences(old, new, generator=random())}
    assert set(found) == {"age recorded", "sex"}
    assert found["age recorded"].unseen == ("no",)
    assert found["age recorded"].p < 1e-3


def levels(generator, *, new_patients, shift=0.0, attributes=30):
    """The levels that the rule gives to normal attributes of which the first one is shifted."""
    old = {f"a{i:02d}": list(generator.normal(size=500)) for i in range(attributes)}
    new = {
        f"a{i:02d}": list(generator.normal(loc=shift if i == 0 else 0.0, size=new_patients))
        for i in range(attributes)
    }
    found = differences(old, new, generator=generator)
    judged = [level_of(d, warn=RULE.warn, stop=RULE.stop, min_patients=RULE.min_patients) for d in found]
    return overall(judged, new_patients=new_patients, min_patients=RULE.min_patients), found


def test_unchanged_patients_seldom_warn_and_hardly_ever_stop():
    generator = random()
    drawn = [levels(generator, new_patients=50) for _ in range(60)]
    told = Counter(level for level, _ in drawn)
    assert told["warn"] <= 6  # 3 to 4 % of draws expected
    assert told["stop"] <= 2
    # without both conditions, nearly every draw would be flagged
    assert sum(any(d.p < 0.05 for d in found) for _, found in drawn) > 30


def test_a_shift_of_eight_tenths_of_a_standard_deviation_is_nearly_always_seen():
    generator = random()
    told = Counter(levels(generator, new_patients=50, shift=0.8)[0] for _ in range(40))
    assert told["warn"] + told["stop"] >= 30  # 91 % expected
    assert told["stop"] >= 20  # 79 % expected


def test_a_trifle_in_very_many_patients_is_not_drift():
    generator = random()
    old, new = {"a": list(generator.normal(size=20000))}, {"a": list(generator.normal(loc=0.08, size=20000))}
    (found,) = differences(old, new, generator=generator)
    assert found.p_holm < 0.01
    assert level_of(found, warn=RULE.warn, stop=RULE.stop, min_patients=20) == "none"
