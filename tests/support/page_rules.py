"""What a page must keep so that everyone can read it, checked without a browser: WCAG 2.2, level AA, in part."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "line", "rect", "circle", "path", "use", "input", "image", "stop"}
LEAST = 4.5
"""The contrast that text needs (WCAG 2.2, 1.4.3)."""


class _Page(HTMLParser):
    """The page as lists of what the rules ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.lang = ""
        self.title = ""
        self.headings: list[int] = []
        self.landmarks: list[str] = []
        self.identifiers: list[str] = []
        self.references: list[str] = []
        self.open: list[tuple[str, dict[str, str]]] = []
        self.names: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.lang = given.get("lang", "")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("main", "nav", "header", "footer"):
            self.landmarks.append(tag)
        if tag == "nav" and not given.get("aria-label"):
            self.found.append("a nav has no name")
        if tag == "img" and "alt" not in given:
            self.found.append("an img has no alt")
        if tag == "th" and given.get("scope") not in ("col", "row", "colgroup", "rowgroup"):
            self.found.append("a th has no scope")
        if given.get("role") == "img" and not given.get("aria-label"):
            self.found.append("a figure has no name")
        if tag == "svg" and given.get("aria-hidden") != "true" and given.get("role") != "img":
            self.found.append("an svg is neither hidden nor named")
        if int(given.get("tabindex", "0")) > 0:
            self.found.append("a tabindex above 0 changes the order of the page")
        if "id" in given:
            self.identifiers.append(given["id"])
        self.references += [
            given[key] for key in ("aria-labelledby", "aria-describedby", "for") if key in given
        ]
        if tag == "img" and self.names and any(each == self.names[-1][0] for each, _ in self.open):
            self._name(given.get("alt", ""))
        if tag not in VOID:
            self.open.append((tag, given))
            if tag in ("a", "button", "summary"):
                self.names.append((tag, given.get("aria-label", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        self.open.pop()
        if tag in ("a", "button", "summary") and not self.names.pop()[1].strip():
            self.found.append(f"a {tag} has no name")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "title":
            self.title += data
        self._name(data)

    def _name(self, words: str) -> None:
        if self.names:
            tag, name = self.names[-1]
            self.names[-1] = tag, name + words


def problems(html: str) -> list[str]:
    """What the page lacks, in words; empty where it keeps all rules."""
    page = _Page()
    page.feed(html)
    found = list(dict.fromkeys(page.found))
    found += [] if page.lang else ["no language"]
    found += [] if page.title.strip() else ["no title"]
    found += [] if page.landmarks.count("main") == 1 else ["not one main"]
    found += [] if page.headings[:1] == [1] and page.headings.count(1) == 1 else ["not one h1 that leads"]
    leaps = [(a, b) for a, b in zip(page.headings, page.headings[1:], strict=False) if b > a + 1]
    found += [f"headings leap from {a} to {b}" for a, b in dict.fromkeys(leaps)]
    if len(set(page.identifiers)) < len(page.identifiers):
        found.append("two elements have one id")
    found += [f"no element has the id {name}" for name in page.references if name not in page.identifiers]
    if ":focus-visible" not in html:
        found.append("focus is not shown")
    return found + contrasts(html)


def contrasts(html: str) -> list[str]:
    """The colours of text whose contrast with a ground that they may lie on is below 4.5 to 1."""
    css = "".join(re.findall(r"<style>(.*?)</style>", html, re.S))
    variables = dict(re.findall(r"(--[a-z]+): (#[0-9a-f]{3,6})", css))
    tones = sorted(set(re.findall(r"--tone: var\((--[a-z]+)\)", css)))
    grounds = ["#fff", *re.findall(r"background: (?:var\((--faint)\)|(#f[0-9a-f]{5}))", css)]
    light = [variables.get(a, b) if isinstance(ground, tuple) else ground for ground in grounds
             for a, b in [ground if isinstance(ground, tuple) else ("", ground)]]  # fmt: skip
    found = []
    for rule, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        told = re.search(r"(?:^|[ ;])color: ([^;]+)", body)
        if not told or "text-shadow" in body:  # white on a picture, with a dark edge of its own
            continue
        own = re.search(r"background: (#[0-9a-f]{3,6})", body)
        colors = tones if told[1] == "var(--tone)" else [told[1].strip()]
        inks = [variables.get(color.removeprefix("var(").removesuffix(")"), color) for color in colors]
        pairs = [
            (ink, ground) for ink in inks if ink.startswith("#") for ground in ([own[1]] if own else light)
        ]
        found += [_weak(rule, *pair) for pair in pairs if ratio(*pair) < LEAST]
    return found


def _weak(rule: str, ink: str, ground: str) -> str:
    return f"{rule.strip()}: {ink} on {ground} has {ratio(ink, ground):.2f} to 1"


def ratio(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
