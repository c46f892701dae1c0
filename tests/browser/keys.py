"""A person without a mouse: where the focus is, whether it can be seen, and how to get it elsewhere."""

from __future__ import annotations

from playwright.sync_api import Page

MOST_TABS = 80

_NAME = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.innerText || at.getAttribute("aria-label") || at.innerText || "";
  return label.trim().split("\\n")[0];
}"""
_SEEN = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const ring = getComputedStyle(at);
  return {
    ring: ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2,
    inside: box.width > 0 && box.top >= 0 && box.bottom <= innerHeight,
    uncovered: top === at || at.contains(top) || (top?.contains(at) ?? false),
  };
}"""


def focused(page: Page) -> str:
    """The name of what has the focus; empty when nothing has."""
    return str(page.evaluate(_NAME))


def tab(page: Page, key: str = "Tab") -> str:
    """Go on, see where the focus has gone, and the name of what has it now."""
    page.keyboard.press(key)
    name = focused(page)
    if page.evaluate("document.activeElement !== document.body"):
        seen = page.evaluate(_SEEN)
        assert all(seen.values()), f"the focus on {name!r} is not to be seen: {seen}"
    return name


def tab_to(page: Page, name: str) -> list[str]:
    """Press Tab until something of this name has the focus; the names on the way."""
    passed: list[str] = []
    while len(passed) < MOST_TABS:
        passed.append(tab(page))
        if passed[-1] == name:
            return passed
    raise AssertionError(f"Tab does not reach {name!r}, only {passed}")


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Tab to something and press a key on it."""
    tab_to(page, name)
    page.keyboard.press(key)
