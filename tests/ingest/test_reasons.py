from __future__ import annotations

import pickle
import re
from pathlib import Path

import pipeline
from pipeline.ingest.reasons import ARCHIVE, NOTES, OWN_TABLE, REASONS, Refusal

ROOT = Path(pipeline.__file__).parent
REASONS_FILE = ROOT / "ingest/reasons.py"
SOURCE = "\n".join(path.read_text() for path in (ROOT / "ingest").rglob("*.py"))
ELSEWHERE = "\n".join(path.read_text() for path in ROOT.rglob("*.py") if path != REASONS_FILE)
CONSTANTS = frozenset({ARCHIVE, OWN_TABLE})


def test_every_reason_that_the_code_gives_is_of_the_closed_list() -> None:
    given = re.findall(
        r'(?:Refusal|Outcome|Unlisted)\(\s*"(\w+)"|(?:Refused|_refused)\([^"]*?,\s*"(\w+)"|reason="(\w+)"',
        SOURCE,
    )
    codes = {code for one in given for code in one if code}
    assert len(codes) > 30
    assert codes <= REASONS.keys()


def test_no_reason_and_no_note_is_one_that_nothing_gives() -> None:
    for code in (REASONS.keys() | NOTES.keys()) - CONSTANTS:
        assert f'"{code}"' in ELSEWHERE, code


def test_every_reason_tells_what_it_means_and_failures_what_to_do() -> None:
    for code, reason in REASONS.items():
        assert reason.sentence.endswith("."), code
        if reason.state == "failed" and code != "internal_error":
            assert reason.next_step.endswith("."), code


def test_every_note_has_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence in NOTES.values())


def test_a_refusal_comes_through_from_a_child_process() -> None:
    copy = pickle.loads(pickle.dumps(Refusal("decode_error", "detail")))
    assert (copy.reason, copy.detail) == ("decode_error", "detail")
