"""The local page, asked over a socket as a browser and as a stranger would."""

from __future__ import annotations

import doctest
import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_rules import problems

from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.commands.look import gate, run, serving
from pipeline.commands.look.answers import Looker
from pipeline.commands.look.table import Row, ordered, rows_of
from pipeline.config import Config
from pipeline.errors import RetryError, UsageError
from pipeline.records import Case, Geometry
from pipeline.workspace import Workspace

TOKEN = "one-time"
AFFINE = ((0.0, 0.0, -1.0, 0.0), (0.0, -1.0, 0.0, 0.0), (2.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
PREDICTIONS = """case_id,patient_id,part,truth,predicted,score_ill,score_well,status,reason
a,p,test,ill,well,1.2345e-05,0.99998765,ok,
b,q,test,well,well,0.4,0.6349,ok,
"""


def _config() -> Config:
    return Config.model_validate(
        {"name": "demo", "ingest": {"raw": "data/raw/demo", "modalities": ("CT", "DX")},
         "cohort": {"labels": "l.csv", "target": "t", "positive": "ill"}, "normalize": ({"z_score": {}},), "train": {}, "report": {"title": "t"}}
    )  # fmt: skip


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("look"), "demo")
    volume = np.arange(4 * 6 * 5, dtype=np.int16).reshape(4, 6, 5)
    workspace.cases.mkdir(parents=True)
    with ShardWriter(workspace.cases / "shard-1.npy") as writer:
        stored = [writer.append(volume), writer.append(volume[0])]
    kinds = ("CT", "DX")
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        for name, modality, at in zip("ab", kinds, stored, strict=True):
            spacing = (2.0, 1.0, 1.0)[3 - len(at.shape) :]
            geometry = Geometry(spacing, affine=AFFINE if modality == "CT" else None)
            case = Case(name, "p", "st", "se", modality, "HU" if modality == "CT" else "arbitrary", 1, geometry,
                        at, "d", {"image_type": "ORIGINAL\\PRIMARY"})  # fmt: skip
            catalogue.put_cases([(case, ())])
    workspace.candidate.mkdir(parents=True)
    (workspace.candidate / "predictions.csv").write_text(PREDICTIONS, encoding="utf-8")
    return workspace


@pytest.fixture(scope="module")
def port(space: Workspace) -> Iterator[int]:
    with serving(Looker(_config(), space), TOKEN, port=0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def _get(port: int, path: str, *, host: str = "", method: str = "GET") -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read(), dict(answer.getheaders())


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(gate).failed == 0


def test_the_wrong_answer_stands_first_and_the_page_keeps_the_rules(port: int) -> None:
    status, body, headers = _get(port, f"/{TOKEN}/")
    page = body.decode()
    assert status == 200
    assert page.index("/case/a") < page.index("/case/b")
    assert problems(page) == []
    assert ("<td>1.000</td>" in page, "<td>0.635</td>" in page) == (True, True)  # rounded, not cut
    assert "well</b> with 0.635," in _get(port, f"/{TOKEN}/case/b")[1].decode()
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/wrong/", "/one-timex/", "/one-time/..%2f..%2fetc", "/one-time/case/.."]
)
def test_without_the_token_or_with_a_way_upwards_nothing_is_answered(path: str, port: int) -> None:
    status, body, _ = _get(port, path)
    assert (status, body.decode()) == (403, gate.REFUSED)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1"])
def test_a_foreign_name_is_refused_though_the_token_is_right(host: str, port: int) -> None:
    assert _get(port, f"/{TOKEN}/", host=host)[0] == 403
    assert _get(port, f"/{TOKEN}/", host=f"localhost:{port}")[0] == 200


def test_only_reading_is_answered(port: int) -> None:
    assert _get(port, f"/{TOKEN}/", method="POST")[0] == 501


def test_a_case_shows_its_slice_window_and_sides(port: int) -> None:
    page = _get(port, f"/{TOKEN}/case/a?slice=2&low=0&high=60")[1].decode()
    assert "Slice 2 of 4" in page
    assert '<span class="side left">R</span>' in page
    assert "reference: <b>ill</b>, answer: <b>well</b>" in page
    assert problems(page) == []
    status, picture, headers = _get(port, f"/{TOKEN}/slice/a?slice=2&low=0&high=60")
    assert (status, headers["Content-Type"], picture[:4]) == (200, "image/png", b"\x89PNG")


@pytest.mark.parametrize(
    "asked", ["slice=99", "slice=-3", "slice=nan", "slice=x&low=&high=1e400", "low=5&high=5"]
)
def test_what_cannot_be_asked_for_is_kept_within_bounds(asked: str, port: int) -> None:
    assert _get(port, f"/{TOKEN}/case/a?{asked}")[0] == 200
    assert _get(port, f"/{TOKEN}/slice/a?{asked}")[0] == 200


@pytest.mark.parametrize("path", ["case/none", "case", "slice/none", "heat/a", "unknown", "case/a/b"])
def test_what_is_not_there_is_not_found(path: str, port: int) -> None:
    assert _get(port, f"/{TOKEN}/{path}")[0] == 404


def test_the_review_shows_the_images_that_may_carry_text_and_no_others(port: int) -> None:
    page = _get(port, f"/{TOKEN}/review")[1].decode()
    assert f"/{TOKEN}/tile/b" in page
    assert f"/{TOKEN}/tile/a" not in page
    assert "make review REVIEWER=" in page
    assert problems(page) == []
    assert _get(port, f"/{TOKEN}/tile/b")[1][:4] == b"\x89PNG"


def test_a_file_without_the_key_is_told_in_a_sentence_not_a_crash(port: int) -> None:
    status, body, _ = _get(port, f"/{TOKEN}/files/a")
    assert status == 409
    assert body


def test_a_port_in_use_says_which_to_take(port: int, space: Workspace) -> None:
    with pytest.raises(RetryError, match=f"Port {port} can't be had .*PORT={port + 1}"):
        serving(Looker(_config(), space), TOKEN, port=port)


def test_before_the_first_ingest_the_message_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="make ingest"):
        run(_config(), Workspace(tmp_path, "demo"), port=0)


def test_numbers_are_wrong_by_how_far_they_are_off_and_words_by_how_sure_they_were() -> None:
    case: Any = Case("a", "p", "s", "e", "CT", "HU", 1, Geometry((1.0, 1.0)), None, "d")  # type: ignore[arg-type]

    def wrong(**told: str) -> float:
        return rows_of({"a": case}, [{"case_id": "a", **told}])[0].wrong

    assert wrong(truth="12.5", predicted="10") == 2.5
    assert wrong(truth="ill", predicted="well", score_well="0.75") == 1.75
    assert wrong(truth="ill", predicted="ill", score_ill="0.75") == 0
    assert wrong(truth="", predicted="ill") == -1


def test_a_column_of_numbers_is_sorted_as_numbers_and_an_unknown_one_by_how_wrong() -> None:
    rows = [Row("a", "CT", score="9", wrong=0), Row("b", "CT", score="10", wrong=1)]
    assert [row.case_id for row in ordered(rows, "score", falling=False)] == ["a", "b"]
    assert [row.case_id for row in ordered(rows, "__class__", falling=True)] == ["b", "a"]
