"""Dialogs: a fragment over the page where there is a script, else a page of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from orgport.server.portal.access import PortalRequest


def render_dialog(
    request: PortalRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The dialog's template; it extends whatever `frame` names."""
    is_fragment = bool(getattr(request, "htmx", False))
    frame = "portal/frames/fragment.html" if is_fragment else "portal/frames/page.html"
    return render(request, template, {**context, "frame": frame}, status=status)


def confirm(
    request: PortalRequest,
    *,
    title: str,
    consequences: list[str],
    act: str,
    cancel: str,
    crumbs: list[tuple[str, str]],
    status: int = 200,
    is_possible: bool = True,
    is_removal: bool = True,
) -> HttpResponse:
    """Ask before something is removed, or done again: what follows, and the way back.

    The form posts to the address of the dialog itself. With `is_possible` false there is only
    the reason and the way back.
    """
    context = {
        "title": title,
        "consequences": consequences,
        "act": act,
        "cancel": cancel,
        "crumbs": crumbs,
        "action": request.path,
        "is_possible": is_possible,
        "is_removal": is_removal,
    }
    return render_dialog(request, "portal/confirm.html", context, status=status)
