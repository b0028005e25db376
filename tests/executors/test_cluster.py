"""A real cluster of two worker processes on this machine."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import distributed
import handed_on
import numpy as np
import pytest
from dicom_files import image, write
from faulty_work import kills_its_worker, kills_its_worker_once, work
from small_project import contents

from pipeline import ingest, normalize
from pipeline.catalogue import Catalogue
from pipeline.config import Cohort, Config, Ingest, Report
from pipeline.contracts import cohort
from pipeline.errors import RetryError, UsageError
from pipeline.executors import ChildLimits, Executor, Failure, cluster, run
from pipeline.ingest.cases import batching
from pipeline.workspace import Workspace

LIMITS = ChildLimits(seconds=600, memory_mb=2048)
SHORT = ChildLimits(seconds=1.5, memory_mb=2048)
PASSING = re.compile(r"^catalogue|\.tmp-")
"""The database's own files, and what a killed worker left half-written: the next command removes it."""
PROJECT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def workers() -> Iterator[distributed.LocalCluster]:
    with (
        # On a busy machine a worker that was killed needs long to come back, and is given up otherwise.
        dask.config.set(
            {"distributed.scheduler.allowed-failures": 1, "distributed.comm.timeouts.connect": "600s"}
        ),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as started,
    ):
        yield started


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is lost to a machine that is slow to start a worker."""
    monkeypatch.setattr(cluster, "_WORKERLESS_SECONDS", 600)


@pytest.fixture
def executor(workers: distributed.LocalCluster, tmp_path: Path) -> Executor:
    return Executor(tmp_path, scheduler=workers.scheduler_address)


def test_a_child_that_dies_or_grows_costs_its_own_batch_alone_on_a_worker_too(
    workers: distributed.LocalCluster, executor: Executor
) -> None:
    assert list(run(work, [1, 2, 4, 5, 6, 7], executor=executor, limits=LIMITS)) == [
        (1, 1),
        (2, Failure("died", "exit code -6")),
        (4, Failure("memory", "more than 2048 MB")),
        (5, Failure("error", "KeyError")),
        (6, 36),
        (7, 49),
    ]
    assert "secret" not in str(workers.get_logs())  # what an exception says may be about a patient
    assert list(executor.folder.iterdir()) == []  # the file that proves the shared folder is gone


def test_a_child_that_hangs_costs_its_own_batch_alone_on_a_worker_too(executor: Executor) -> None:
    assert list(run(work, [3], executor=executor, limits=SHORT)) == [(3, Failure("hung", "more than 1.5 s"))]


def test_the_batch_of_a_worker_that_dies_is_done_by_another(executor: Executor) -> None:
    markers = [executor.folder / name for name in "abc"]
    results = list(run(kills_its_worker_once, markers, executor=executor, limits=LIMITS))
    assert results == [(marker, marker.name) for marker in markers]
    assert all(marker.exists() for marker in markers)  # each killed the first worker it came to


def test_a_batch_that_kills_every_worker_fails_and_the_others_go_on(executor: Executor) -> None:
    result_of = dict(run(kills_its_worker, [1, 2, 3], executor=executor, limits=LIMITS))  # 2 kills
    assert result_of[2] == Failure("died", "KilledWorker")
    assert (result_of[1], result_of[3]) == (1, 3)


def test_a_worker_with_other_versions_or_another_folder_is_told(tmp_path: Path) -> None:
    versions, proof = cluster._versions(), tmp_path / "proof"
    elsewhere = cluster.work_in_child(b"", versions=versions, proof=proof)
    assert isinstance(elsewhere, UsageError)
    assert str(tmp_path) in str(elsewhere)
    proof.touch()
    other = cluster.work_in_child(b"", versions={**versions, "numpy": "1.0"}, proof=proof)
    assert isinstance(other, UsageError)
    assert "another version of numpy than" in str(other)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.5)
    executor = Executor(tmp_path, scheduler="tcp://127.0.0.1:9")  # the discard port: nobody listens
    with pytest.raises(RetryError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 "):
        list(run(work, [1], executor=executor, limits=LIMITS))


def test_a_scheduler_without_workers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_WORKERLESS_SECONDS", 0.5)
    with distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=False
    ) as empty:
        executor = Executor(tmp_path, scheduler=empty.scheduler_address)
        with pytest.raises(RetryError, match="has no workers"):
            list(run(work, [1], executor=executor, limits=LIMITS))


def test_without_the_extra_the_way_to_install_it_is_told() -> None:
    code = """
        import sys
        from pathlib import Path
        sys.modules["distributed"] = None
        from pipeline.errors import UsageError
        from pipeline.executors import ChildLimits, Executor, run
        try:
            run(len, ["a"], executor=Executor(Path(), scheduler="tcp://127.0.0.1:9"), limits=ChildLimits(1, 512))
        except UsageError as error:
            print(error)
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "setup DASK=1`" in told.stdout


# Whole stages -------------------------------------------------------------------------------------


def write_scans(raw: Path) -> None:
    """10 good images of 5 patients, and a file that no decoder can read."""
    for number in range(10):
        pixels = np.random.default_rng(number).integers(0, 4096, (16, 12), dtype=np.uint16)
        own = {
            "SOPInstanceUID": f"2.25.{number}",
            "PatientID": f"PAT{number // 2}",
            "StudyInstanceUID": f"2.25.1{number}",
            "SeriesInstanceUID": f"2.25.2{number}",
        }
        write(raw / f"{number:02d}.dcm", image("DX", pixels=pixels, **own))
    (raw / "cut.dcm").write_bytes((raw / "00.dcm").read_bytes()[:-100])


def config(raw: Path, scheduler: str | None) -> Config:
    executor = "dask" if scheduler else "local"
    return Config(
        name="study",
        ingest=Ingest(raw=str(raw), workers=2, executor=executor, scheduler=scheduler),
        cohort=Cohort(labels="labels.csv", target="label"),
        normalize=({"resize": {"shape": [8, 8]}}, {"z_score": {}}),
        report=Report(title="A study"),
    )


def ingest_and_normalize(root: Path, raw: Path, scheduler: str | None = None) -> dict[str, object]:
    """What both stages left: digests of all files but the catalogue's, and its rows."""
    workspace, settings = Workspace(root, "study"), config(raw, scheduler)
    ingest.run(settings, workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        rows = [(case.case_id, case.patient_id, "train", 1, "a") for case in catalogue.cases()]
    workspace.candidate.mkdir(parents=True)
    with (workspace.candidate / "cohort.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("case_id", "patient_id", "part", "era", "target"), *rows])
    cohort.FILE.write(workspace.candidate, handed_on.COHORT)
    normalize.run(settings, workspace)
    tables = ("files", "cases", "case_files", "identifiers", "arrays")
    with Catalogue(workspace.catalogue) as catalogue:
        stored = {table: sorted(map(repr, catalogue.query(f"SELECT * FROM {table}"))) for table in tables}
    files = {name: digest for name, digest in contents(workspace.data).items() if not PASSING.search(name)}
    return {**stored, **files}


class Killer(threading.Thread):
    """Kills a worker that is at work, once in each stage: when its first shard is being written."""

    def __init__(self, workers: distributed.LocalCluster, workspace: Workspace) -> None:
        super().__init__(daemon=True)
        self.workers = workers
        self.folders = [workspace.cases, workspace.normalized]
        self.killed: list[int] = []

    def run(self) -> None:
        for folder in self.folders:
            while not folder.is_dir():
                time.sleep(0.005)
            while not (busy := self._busy()):
                time.sleep(0.005)
            os.kill(busy[0], signal.SIGKILL)
            self.killed.append(busy[0])

    def _busy(self) -> list[int]:
        states = self.workers.scheduler.workers
        nannies = {nanny.worker_address: nanny.pid for nanny in self.workers.workers.values()}
        return [nannies[address] for address, state in list(states.items()) if state.processing]


def test_a_cluster_gives_the_same_bytes_and_rows_as_local_children_even_when_workers_are_killed_midway(
    workers: distributed.LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "keys"))
    monkeypatch.setattr(batching, "_MEAN_CASES", 2)  # so that these few cases are several batches
    write_scans(tmp_path / "raw")
    expected = ingest_and_normalize(tmp_path / "local", tmp_path / "raw")
    assert sum(name.startswith("cases/shard-") for name in expected) > 2
    assert len(expected["arrays"]) == 10
    killer = Killer(workers, Workspace(tmp_path / "cluster", "study"))
    killer.start()
    found = ingest_and_normalize(tmp_path / "cluster", tmp_path / "raw", workers.scheduler_address)
    assert len(set(killer.killed)) == 2
    assert found == expected
    again = ingest.run(
        config(tmp_path / "raw", workers.scheduler_address), Workspace(tmp_path / "local", "study")
    )
    assert not again.changed  # where the work is done makes no result stale
