"""What a result was made with: versions, code, machine. No path, no user name."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pipeline
from pipeline import digests

_PACKAGES = (
    "imagecodecs", "keras", "numpy", "pandas", "pydicom", "scikit-learn", "scipy",
    "tensorflow", "tensorflow-cpu",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Scanloom, Python and the packages that numbers depend on."""
    installed = {"scanloom": pipeline.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def framework(installed: Mapping[str, str]) -> str:
    """What `versions` say of the packages that read and write models, as people name them.

    >>> framework({"keras": "3.15.1", "tensorflow-cpu": "2.21.0", "numpy": "2.4.6"})
    'Keras 3.15.1 with TensorFlow 2.21.0'
    """
    backend = installed.get("tensorflow") or installed.get("tensorflow-cpu")
    return f"Keras {installed.get('keras', 'of an unknown version')}" + (
        f" with TensorFlow {backend}" if backend else ""
    )


@functools.cache
def code_digest(*covered: str) -> str:
    """The digest of the product's Python source: equal code, equal digest, with or without git.

    `covered` names packages ("models") and files ("backend.py") of the product; without names, all count.
    """
    root = Path(pipeline.__file__).parent
    places = [root / name for name in covered] or [root]
    files = {path for place in places for path in ([place] if place.is_file() else place.rglob("*.py"))}
    return digests.of_json({path.relative_to(root).as_posix(): digests.of_file(path) for path in files})


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, str | int]:
    """Processor, cores and system, as far as numbers depend on them."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
