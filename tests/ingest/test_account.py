"""The account of files for pages: a row for each way out of a reason, adding up to its files."""

from __future__ import annotations

import pytest
from ingesting import config, ingested, scan, write_all
from ways_out import frames

from pipeline import printed
from pipeline.catalogue import Catalogue
from pipeline.ingest.account import advised, counts
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_a_reason_has_a_row_for_each_way_out_and_they_add_up(workspace: Workspace) -> None:
    raw = {number: scan(number, PresentationIntentType="FOR PROCESSING") for number in (1, 2)}
    files = {f"{number}.dcm": ds for number, ds in raw.items()}
    write_all(workspace.root / "raw", {**files, "film.dcm": frames(4), "good.dcm": scan(9)})
    ingested(workspace, config(modalities=["DX", "US"]))
    with Catalogue(workspace.catalogue) as catalogue:
        rows = advised(catalogue, printed.page())
        assert counts(catalogue) == [("accepted", "ok", 1), ("excluded", "rule_not_selected", 3)]
    assert [(state, reason, files) for state, reason, _, files in rows] == [
        ("accepted", "ok", 1),
        ("excluded", "rule_not_selected", 2),
        ("excluded", "rule_not_selected", 1),
    ]
    assert "`for_processing`" in rows[1][2]
    assert "single images" in rows[2][2]
