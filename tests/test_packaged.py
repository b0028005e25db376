"""What is no Python and yet of the program comes with it, when it is installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_every_template_and_style_sheet_is_packaged() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]
    packaged = {
        path
        for package, globs in patterns.items()
        for pattern in globs
        for path in (PROJECT / package.replace(".", "/")).glob(pattern)
        if path.is_file()
    }
    there = {path for path in (PROJECT / "pipeline").rglob("*") if path.is_file()}
    assert {path for path in there if path.suffix not in (".py", ".pyc")} == packaged
