"""Candidates to report on."""

from __future__ import annotations

from collections.abc import Callable

import invented_candidate
import pytest
from invented_candidate import Candidate

from pipeline.page.artifacts import Artifacts
from pipeline.report import reading


@pytest.fixture(scope="session")
def make_candidate() -> Callable[..., Candidate]:
    """Writes a candidate of so many patients with these classes under a folder."""
    return invented_candidate.make


@pytest.fixture(scope="session")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    """A candidate of a binary task with a champion; tests that write must make their own."""
    return invented_candidate.make(tmp_path_factory.mktemp("binary"))


@pytest.fixture(scope="session")
def read(candidate: Candidate) -> Artifacts:
    """What the report reads of that candidate."""
    workspace = candidate.workspace
    return reading.read(
        candidate.config,
        candidate=workspace.candidate,
        ledgers=workspace.candidate.parent / "ledger",
        champion=workspace.generations / "0001",
    )
