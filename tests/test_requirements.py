"""The register of requirements names tests that there are, and tells their results as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.requirements import Requirement, faults, register, results, table

TESTS = Path(__file__).parent
PROVEN = Requirement(
    "Numbers", "N-1", "Ones are counted.", ("test_a.py::test_one", "test_a.py::test_two"), ""
)
RUN = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_one[1]"/>
<testcase classname="tests.test_a" name="test_one[2]"><failure>no</failure></testcase>
<testcase classname="tests.deep.test_b" name="test_three[1]"><skipped/></testcase>
<testcase classname="tests.deep.test_b" name="test_three[2]"/>
<testcase classname="tests.deep.test_b" name="test_four"><skipped/></testcase>
<testcase classname="tests.deep.test_b" name="test_five"><error>no</error></testcase>
</testsuite></testsuites>"""


def test_every_requirement_names_tests_that_there_are_or_says_why_none_does() -> None:
    rows = register()
    assert rows
    assert list(faults(rows, TESTS)) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (PROVEN, "N-1: there is no test test_a.py::test_two"),
        (Requirement("G", "N-2", "s", (), ""), "N-2: name the tests, or say why there is none"),
        (
            Requirement("G", "N-3", "s", ("test_a.py::test_one",), "not built"),
            "N-3: name the tests, or say why there is none",
        ),
        (Requirement("G", "N-4", "s", ("gone.py::test_one",), ""), "N-4: there is no test gone.py::test_one"),
    ],
)
def test_a_wrong_row_is_told(row: Requirement, fault: str, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_one():\n    pass\n", encoding="utf-8")
    assert list(faults([row], tmp_path)) == [fault]


def test_an_id_that_stands_twice_is_told() -> None:
    row = Requirement("G", "N-1", "s", (), "not built")
    assert list(faults([row, row], TESTS)) == ["N-1: there are two of it"]


def test_of_the_examples_of_a_test_the_one_that_failed_counts(tmp_path: Path) -> None:
    run = tmp_path / "tests.xml"
    run.write_text(RUN, encoding="utf-8")
    assert results([run, tmp_path / "never.xml"]) == {
        "test_a.py::test_one": "failed",
        "deep/test_b.py::test_three": "passed",
        "deep/test_b.py::test_four": "skipped",
        "deep/test_b.py::test_five": "failed",
    }


def test_the_table_shows_each_test_with_its_result_and_the_reason_where_there_is_none() -> None:
    rows = [PROVEN, Requirement("Later", "N-2", "Twos are counted.", (), "not built")]
    lines = table(rows, {"test_a.py::test_one": "passed"}).splitlines()
    assert (
        "| N-1 | Ones are counted. | `tests/test_a.py::test_one`<br>`tests/test_a.py::test_two` | passed<br>not run |"
        in lines
    )
    assert "| N-2 | Twos are counted. | not built | no test |" in lines
    assert lines.index("## Numbers") < lines.index("## Later")
