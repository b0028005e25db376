from pipeline.draws import new_draws, standing


def place(patient: str, part: str) -> dict:
    return {"patient_id": patient, "part": part, "why": "first_draw"}


def draw(reason: str) -> dict:
    return {"patient_id": "", "part": None, "why": "new_draw", "reason": reason}


TOMBSTONE = {"patient_id": "gone", "part": None, "why": "tombstone"}


def test_without_a_new_draw_every_line_holds() -> None:
    records = [place("a", "train"), TOMBSTONE, place("b", "test")]
    assert standing(records) == records
    assert new_draws(records) == []


def test_the_last_draw_holds_and_the_tombstones_of_all() -> None:
    second, third = place("a", "test"), place("a", "validation")
    records = [place("a", "train"), TOMBSTONE, draw("one"), second, draw("two"), third]
    assert standing(records) == [TOMBSTONE, third]
    assert [record["reason"] for record in new_draws(records)] == ["one", "two"]
