"""Looks at pages as they are: axe in both themes and at two widths, and nothing to scroll sideways."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, Request, ViewportSize

WIDE, NARROW, NARROWEST = 1280, 360, 320
SEVERE = ("serious", "critical")
# Dark changes nothing but colours: the other rules would find the same as in light.
_RULES = {"target-size": {"enabled": True}}
_LOOKS: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {"rules": _RULES},
    "dark": {"runOnly": ["color-contrast", "link-in-text-block"]},
}
_IS_THERE = "document.documentElement && document.readyState === 'complete'"
_MOMENT_MS = 20
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Scan:
    """What was looked at, by the names of the URLs, and what axe calls serious or critical there."""

    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Count what the page loads, itself or as a fragment, as seen."""
        page.on("requestfinished", self._on_request)

    def look(self, page: Page) -> None:
        """Look at the page, and at what lies over it; the window stays as wide and light as it was."""
        _wait_until_there(page)
        with suppress(Resolver404):  # of the page that says there is none
            self.seen.add(str(resolve(urlsplit(page.url).path).url_name))
        before = page.viewport_size
        for width in (WIDE, NARROW):
            _resize(page, width)
            self._measure(page, width)
            for theme, options in _LOOKS.items():
                if theme == "dark" and width == NARROW:
                    continue  # colours are the same at every width
                page.emulate_media(color_scheme=theme)
                for violation in _axe(page, options):
                    if violation["impact"] in SEVERE:
                        self.faults.append(f"{page.url} {theme} {width}: {_told(violation)}")
        _resize(page, NARROWEST)
        self._measure(page, NARROWEST)
        page.emulate_media(color_scheme="light")
        if before:
            page.set_viewport_size(before)

    def _measure(self, page: Page, width: int) -> None:
        _wait_until_there(page)
        pixels = page.evaluate(_OVERFLOW)
        if pixels > 0:
            self.faults.append(f"{page.url} {width}: scrolls sideways by {pixels} px")

    def _on_request(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if request.method == "GET" and not path.startswith("/static/"):
            self.seen.add(str(resolve(path).url_name))


def _wait_until_there(page: Page) -> None:
    """Wait for the page that a click may just have begun to load.

    Playwright's own waiting for an expression evaluates it in the page, which the page's policy forbids.
    """
    page.wait_for_load_state()
    while not page.evaluate(_IS_THERE):
        page.wait_for_timeout(_MOMENT_MS)


def _resize(page: Page, width: int) -> None:
    page.set_viewport_size(ViewportSize(width=width, height=900))


def _axe(page: Page, options: dict[str, Any]) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **options}
    answer = page.evaluate(f"axe.run({json.dumps(options)})")
    violations: list[dict[str, Any]] = answer["violations"]
    return violations


def _told(violation: dict[str, Any]) -> str:
    nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {nodes}"
