"""Which scans lie below a folder of RAW, also inside archives and as identical copies."""

from __future__ import annotations

import zipfile

import pytest
from dicom_files import encoded
from ingesting import cases, config, scan, write_all

from pipeline.commands.folders import scans_below
from pipeline.ingest import run as ingest
from pipeline.workspace import Workspace

SETTINGS = config(unit="series", modalities=["CT", "DX"])

pytestmark = pytest.mark.usefixtures("own_key")


@pytest.fixture
def sources(workspace: Workspace, own_key: object) -> None:
    """Five patients with a scan each: one in A, one in B, one in both, one in an archive in B, one in B2."""
    folder = workspace.root / "raw"
    who = {number: scan(number, PatientID=f"PAT{number}") for number in range(1, 6)}
    write_all(
        folder,
        {"A/1.dcm": who[1], "B/2.dcm": who[2], "A/3.dcm": who[3], "B/3.dcm": who[3], "B2/5.dcm": who[5]},
    )
    with zipfile.ZipFile(folder / "B/more.zip", "w") as archive:
        archive.writestr("inside/4.dcm", encoded(who[4]))
    ingest(SETTINGS, workspace)


@pytest.mark.usefixtures("sources")
def test_a_folder_has_its_files_those_in_its_archives_and_copies_of_others(workspace: Workspace) -> None:
    everything = {case.case_id for case in cases(workspace)}
    found = scans_below(SETTINGS, workspace, ("A", "B/", "./B2", "C"))
    assert {folder: len(ids) for folder, ids in found.items()} == {"A": 2, "B/": 3, "./B2": 1, "C": 0}
    assert len(found["A"] & found["B/"]) == 1
    assert set().union(*found.values()) == everything
    assert len(everything) == 5


def test_no_folder_walks_nothing(workspace: Workspace) -> None:
    assert scans_below(SETTINGS, workspace, ()) == {}
