from datetime import date

import numpy as np
import pytest

from pipeline.phantom.people import (
    HARBOUR,
    NORTH,
    OLDEST,
    SOUTH,
    YOUNGEST,
    Person,
    Site,
    age_in_years,
    draw_person,
)


def test_people_are_adults_of_both_sexes_some_of_them_over_89() -> None:
    rng, day = np.random.default_rng(0), date(2016, 2, 29)
    people = [draw_person(rng, str(number), first_scan=day) for number in range(400)]
    ages = [age_in_years(person, day) for person in people]
    assert min(ages) >= YOUNGEST
    assert 89 < max(ages) <= OLDEST
    assert 0.4 < sum(person.sex == "F" for person in people) / len(people) < 0.6


@pytest.mark.parametrize(
    ("day", "age"),
    [(date(2015, 5, 9), 64), (date(2015, 5, 10), 65), (date(2015, 12, 1), 65), (date(2016, 1, 1), 65)],
)
def test_age_is_counted_in_whole_years_from_birthday_to_birthday(day: date, age: int) -> None:
    assert age_in_years(Person("1", "Nobody^No", "F", date(1950, 5, 10)), day) == age


@pytest.mark.parametrize("site", [NORTH, SOUTH, HARBOUR])
def test_the_scanners_of_a_site_share_all_its_patients(site: Site) -> None:
    assert sum(share for _, share in site.scanners) == pytest.approx(1.0)
