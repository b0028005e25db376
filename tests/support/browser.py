"""A page as a browser shows it: what axe-core finds, numbers over each other, and if it must be moved sideways.

A copy of the page is opened in headless Chromium without a driver: axe.min.js (a development dependency) lies
beside it, and a script at its end writes what it found into the page, which Chromium prints. In the copy every
`<details>` is open, and it isn't loaded anew by itself; it must stand alone, without a policy against scripts.
"""

from __future__ import annotations

import html
import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WIDTHS = (390, 1280)
"""CSS pixels: a telephone, and a desktop."""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_FRAME = """<!doctype html><html lang="en"><head><title>Frame</title></head><body>
<iframe title="page" src="page.html" style="width: {width}px; height: 900px; border: 0"></iframe><pre id="found"></pre>
<script>addEventListener("message", event => document.getElementById("found").textContent = event.data)</script>
</body></html>"""
_SCRIPT = """<script src="axe.min.js"></script><script>
addEventListener("load", async () => {{
  const content = document.scrollingElement.scrollWidth;
  const said = await axe.run(document, {{runOnly: {rules}}});
  const why = node => [...node.any, ...node.all, ...node.none].map(check => check.message).join("; ");
  const faults = said.violations.flatMap(
    rule => rule.nodes.map(node => `${{rule.id}}: ${{node.target.join(" ")}}: ${{why(node)}}`));
  for (const axis of document.querySelectorAll(".ticks")) {{
    const boxes = [...axis.children].map(tick => {{
      const words = document.createRange();
      words.selectNodeContents(tick);
      return words.getBoundingClientRect();
    }});
    if (boxes.some((box, at) => at && box.width && boxes[at - 1].right > box.left))
      faults.push(`the numbers of an axis lie over each other: ${{axis.textContent}}`);
  }}
  parent.postMessage(JSON.stringify({{faults, content, window: innerWidth, rules_kept: said.passes.length}}), "*");
}});
</script>"""


def against(page: str, folder: Path, *, width: int) -> list[str]:
    """What axe-core has against a page in a window so wide, and whether it must be moved sideways.

    Skips the test where there is no browser.
    """
    found = _found(page, folder, width)
    assert found["window"] == width and found["rules_kept"], "the page was not read"
    wide = found["content"] > found["window"]
    return found["faults"] + ([f"{found['content']} px wide in a window of {width}"] if wide else [])


def _found(page: str, folder: Path, width: int) -> dict[str, Any]:
    browser = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip("there is no Chromium here")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(_axe(), folder)
    (folder / "page.html").write_text(_copy(page), encoding="utf-8")
    (folder / "frame.html").write_text(_FRAME.format(width=width), encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=600000", "--dump-dom",
        (folder / "frame.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    told = re.search(r'<pre id="found">(.+?)</pre>', done.stdout, re.DOTALL)
    assert told, done.stderr
    found: dict[str, Any] = json.loads(html.unescape(told[1]))
    return found


def _axe() -> Path:
    """Where axe.min.js lies; the package's own code, which wants a driver, is not imported."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        pytest.skip("axe-core is not here: `make .venv/dev.ready` installs it")
    return Path(package.origin).with_name("axe.min.js")


def _copy(page: str) -> str:
    still = re.sub(r'<meta http-equiv="refresh"[^>]*>', "", page)
    opened = re.sub(r"<details(?! open)", "<details open", still)
    before, body, after = opened.rpartition("</body>")
    return before + _SCRIPT.format(rules=json.dumps(_RULES)) + body + after
