"""The gate between new scans and training: what drift said of them, and whether a person accepted them."""

from __future__ import annotations

from pipeline.contracts.drift import FILE
from pipeline.errors import GateError
from pipeline.printed import WHY, make
from pipeline.workspace import Workspace


def require_no_stop(workspace: Workspace) -> None:
    """Nothing, if the last comparison of new scans with the champion's let them pass or was accepted.

    Raises GateError where it said stop and nobody accepted the scans.
    """
    drift = FILE.find(workspace.candidate)
    if drift and drift.level == "stop" and not drift.accepted:
        raise GateError(
            "Nothing is trained on these scans: `drift` found the new ones too different from the "
            "champion's. See whether they belong here. If they do, "
            f"`{make('drift', {'ACCEPT_DRIFT': WHY})}` with your reason in place of '{WHY}' accepts and "
            "records them; then run the same command again."
        )
