"""The page `reports/NAME/ingest.html`: follows every ingest, also a refused one; stays while right."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from numpy.typing import NDArray

from pipeline import digests, printed, provenance
from pipeline.arrays import Shards
from pipeline.catalogue import INGEST_STAMP, Catalogue
from pipeline.config import Config
from pipeline.contracts.objects import plain
from pipeline.ingest.account import advised, contents, noted
from pipeline.ingest.reasons import NOTES, REASONS
from pipeline.pixel_review import is_reviewed, told
from pipeline.records import Case, Summary
from pipeline.report.ingest import Account, Line, html
from pipeline.workspace import Workspace
from pipeline.writing import write_text


def run(config: Config, workspace: Workspace) -> Summary:
    """Where the page lies, now that it tells of the cases and files as they are.

    Raises DamageError when the catalogue or the voxels of a case are damaged.
    """
    path, stamp = workspace.ingest_page, workspace.stamp("ingest")
    with Catalogue(workspace.catalogue) as catalogue:
        account = _account(catalogue, workspace.name)
        cases = catalogue.meta(INGEST_STAMP) or digests.of_json(plain(contents(catalogue, "")))
        made_of = digests.of_json([cases, asdict(account), told(config, workspace), provenance.code_digest()])
        changed = not (path.is_file() and made_of in path.read_text(encoding="utf-8"))
        if changed:
            from pipeline.report.environment import dated

            shards = Shards(workspace.cases)

            def read(case: Case) -> NDArray[Any]:
                return shards.read(case.stored)  # a slice of it is shown: no checksum of the whole

            everything = catalogue.cases()
            reviewed = is_reviewed(config, workspace, everything)
            undated = html(account, everything, read, reviewed=reviewed, made_of=made_of)
            ended = stamp if stamp.is_file() else workspace.catalogue
            when = datetime.fromtimestamp(ended.stat().st_mtime, UTC).isoformat(timespec="seconds")
            write_text(path, dated(undated, when))
    return Summary((f"Page on the scans: {workspace.shown(path)}",), changed)


def _account(catalogue: Catalogue, name: str) -> Account:
    reasons = [
        Line(state, code, files, REASONS[code].sentence, step)
        for state, code, step, files in advised(catalogue, printed.page())
    ]
    notes = [Line("accepted", code, files, NOTES[code]) for code, files in noted(catalogue)]
    place = printed.page()
    commands = {
        state: printed.scanloom("files", "--state", state, place=place) for state in ("quarantined", "failed")
    }
    return Account(name, reasons, notes, commands)
