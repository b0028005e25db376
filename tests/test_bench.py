"""What the benchmarks say to somebody who mistypes one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_a_benchmark_that_is_none_is_told_with_those_that_there_are() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bench.pipelines", "dmeo"], cwd=PROJECT, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("There is no benchmark dmeo here (known: demo, demo-3d, ")
