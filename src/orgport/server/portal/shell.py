"""What stands around every page: rail, bell, account and theme, as a context processor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from orgport.server.portal.access import READS_DATA_HUB, READS_IMPORTS, Viewer
from orgport.server.records.models import Role

THEME_COOKIE = "theme"
THEMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class RailLink:
    """One link of the rail."""

    name: str
    url: str
    icon: str
    is_current: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """The theme for every page; rail, notices and initials for pages with a viewer."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    context: dict[str, Any] = {"theme": theme if theme in THEMES else "system", "themes": THEMES}
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is not None:
        context |= {
            "viewer": viewer,
            "rail": _work_links(viewer, request.path),
            "rail_administration": _administration_links(viewer, request.path),
            "rail_help": _help_link(request.path),
            "initials": _initials(viewer),
            "new_notice_count": viewer.new_notices().count(),
        }
    return context


def home_of(viewer: Viewer) -> str:
    """The first page that the viewer may open."""
    links = _work_links(viewer, "") + _administration_links(viewer, "")
    return links[0].url if links else reverse("notices")


def _work_links(viewer: Viewer, path: str) -> list[RailLink]:
    links = []
    if viewer.may(*READS_DATA_HUB):
        links.append(_link("Data hub", "data-hub", "gauge", path))
    if viewer.may(*READS_IMPORTS):
        links.append(
            _link("Organizational data", "data-connections", "network", path, also="/imports/")
        )
    elif viewer.may(Role.ANALYST):
        links.append(_link("Organizational data", "data-quality", "network", path))
    return links


def _administration_links(viewer: Viewer, path: str) -> list[RailLink]:
    if not viewer.may(Role.TENANT_ADMIN):
        return []
    return [_link("App registrations", "app-registrations", "key-round", path)]


def _help_link(path: str) -> RailLink:
    return _link("Help and rules", "help", "circle-question-mark", path)


def _link(name: str, view: str, icon: str, path: str, *, also: str = "") -> RailLink:
    url = reverse(view)
    inside = path == url or (url != "/" and path.startswith(url))
    return RailLink(name, url, icon, inside or bool(also and path.startswith(also)))


def _initials(viewer: Viewer) -> str:
    words = (viewer.account.name or viewer.account.email.split("@")[0]).replace(".", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"
