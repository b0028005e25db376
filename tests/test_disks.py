from pathlib import Path

from pipeline.disks import is_network

MOUNTS = """\
/dev/sda / ext4 rw 0 0
server:/scans /mnt/scans nfs4 rw 0 0
/dev/sdb /mnt/scans/fast xfs rw 0 0
//server/x /mnt/my\\040share cifs rw 0 0
"""


def test_a_folder_is_on_the_network_if_its_nearest_mount_is(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert is_network(Path("/mnt/scans/study"), mounts)
    assert is_network(Path("/mnt/my share"), mounts)
    assert not is_network(Path("/mnt/scans/fast/study"), mounts)
    assert not is_network(Path("/mnt/scansfast"), mounts)
    assert not is_network(Path("/mnt/scans"), tmp_path / "absent")
