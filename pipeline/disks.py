"""What kind of disk a folder lies on."""

from __future__ import annotations

from pathlib import Path

_NETWORK = frozenset(
    [
        *("9p", "afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs", "fuse.sshfs", "gpfs"),
        *("lustre", "nfs", "nfs4", "smb3", "smbfs", "virtiofs"),
    ]
)


def is_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the folder lies on a network file system, as far as the system tells (Linux does)."""
    if not mounts.is_file():
        return False
    kind_of: dict[Path, str] = {}
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        kind_of[Path(point.replace("\\040", " "))] = kind  # a later mount covers an earlier one
    place = folder.resolve()
    return next((kind_of[up] for up in (place, *place.parents) if up in kind_of), "") in _NETWORK
