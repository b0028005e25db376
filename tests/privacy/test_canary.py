"""Nothing that a scan, a table or a name says passes the ingest: no planted word is found behind it."""

import base64
import io
import re
import stat
from collections.abc import Iterator

import numpy as np
import pytest
from canary import HIDDEN, SHOWN, SIDE, drawn
from numpy.typing import NDArray
from PIL import Image
from sweep import files_below, find

from pipeline.catalogue import Catalogue

pytestmark = pytest.mark.slow

ALIKE = 0.8


def outputs(everything) -> Iterator[tuple[str, bytes]]:
    yield "stdout", everything.said.stdout
    yield "stderr", everything.said.stderr
    project = everything.project
    yield from files_below(project, except_for=[everything.raw, project / "configs"])
    yield from files_below(everything.before, project.with_name("project.tmp"))


def test_every_command_ended_as_it_should(everything) -> None:
    assert everything.said.codes == [0] * (len(everything.said.codes) - 2) + [3, 2], everything.said.stderr


def test_the_words_are_in_the_scans_that_were_read(everything) -> None:
    named = [
        (path.relative_to(everything.raw).as_posix(), b"" if path.is_dir() else path.read_bytes())
        for path in everything.raw.rglob("*")
    ]
    elsewhere = {"comment in the config", "broken line in the config", "an ID that nobody has"}
    found = {kind_of(hit.planted) for hit in find(everything.canary.words, named)}
    assert found == {kind_of(place) for place in everything.canary.words} - elsewhere
    assert len(found) > 60


def kind_of(place: str) -> str:
    """The place without the number and the fault of the file."""
    return re.sub(r" of .*| \d+$", "", place)


def test_the_words_stand_in_files_of_every_state(everything) -> None:
    with Catalogue(everything.project / "data/study/catalogue.sqlite") as catalogue:
        states = catalogue.query("SELECT state, count(DISTINCT reason) FROM files GROUP BY state")
    assert dict(states).keys() == {"accepted", "excluded", "quarantined", "failed"}
    assert all(reasons >= 4 for state, reasons in states if state in ("excluded", "failed"))


def test_no_planted_word_is_written_or_said(everything) -> None:
    assert find(everything.canary.words, outputs(everything)) == []


def test_no_output_says_where_on_the_machine_it_was_made(everything) -> None:
    assert find({"project": f"{everything.project}/"}, outputs(everything)) == []


def test_no_folder_or_file_can_be_read_by_others(everything) -> None:
    project = everything.project
    written = [
        path
        for folder in (project / "data/study", project / "reports", project / "exported")
        for path in (folder, *folder.rglob("*"))
    ]
    assert len(written) > 50
    assert [
        path for path in (*written, project / "predictions.csv") if stat.S_IMODE(path.stat().st_mode) & 0o077
    ] == []


def test_a_word_drawn_into_a_radiograph_reaches_no_picture(everything) -> None:
    pictures = list(pictures_of(everything))
    shown, hidden = drawn(SHOWN), drawn(HIDDEN)
    assert any(likeness(picture, shown) > ALIKE for picture in pictures)
    assert all(likeness(picture, hidden) < ALIKE for picture in pictures)
    assert likeness(hidden, shown) < ALIKE


def pictures_of(everything) -> Iterator[NDArray[np.float64]]:
    """All grey planes of the stored pictures and of the pages."""
    for path in everything.before.rglob("insights.npz"):
        with np.load(path) as stored:
            arrays = [stored[name] for name in stored.files]
        yield from (array.astype(np.float64) for array in arrays if array.ndim == 2)
    for path in everything.before.rglob("*.html"):
        for match in re.finditer(rb"data:image/\w+;base64,([A-Za-z0-9+/=]+)", path.read_bytes()):
            with Image.open(io.BytesIO(base64.b64decode(match[1]))) as picture:
                yield np.asarray(picture.convert("L"), dtype=np.float64)


def likeness(picture: NDArray[np.float64], template: NDArray[np.float64]) -> float:
    """Pearson's correlation at the template's size, whatever the window or its sign."""
    resized = np.asarray(Image.fromarray(picture.astype(np.float32)).resize((SIDE, SIDE)), dtype=np.float64)
    if resized.std() == 0:
        return 0.0
    return abs(float(np.corrcoef(resized.reshape(-1), template.reshape(-1))[0, 1]))
