from __future__ import annotations

import pickle
import re
from pathlib import Path

import pipeline.ingest
from pipeline.ingest.reasons import NOTES, REASONS, Refusal

SOURCE = "\n".join(path.read_text() for path in Path(pipeline.ingest.__file__).parent.glob("*.py"))


def test_every_reason_that_the_code_gives_is_of_the_closed_list() -> None:
    given = re.findall(r'(?:Refusal|Outcome)\(\s*"([a-z_0-9]+)"|reason="([a-z_0-9]+)"', SOURCE)
    assert {one or other for one, other in given} <= REASONS.keys()


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
