"""Notices: the list behind the bell, and putting one or all of them away."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.records.models import Notice, NoticeDismissal

SHOWN = 100


@require_safe
@for_roles()
def notice_list(request: PortalRequest) -> HttpResponse:
    """The last hundred notices, those not yet put away first marked as new."""
    notices = list(request.viewer.notices()[:SHOWN])
    dismissed = set(
        NoticeDismissal.objects.filter(
            account=request.viewer.account, notice__in=notices
        ).values_list("notice_id", flat=True)
    )
    rows = [(notice, notice.id not in dismissed) for notice in notices]
    return render(request, "portal/notices.html", {"rows": rows})


@require_POST
@for_roles()
def dismiss(request: PortalRequest, notice_id: UUID) -> HttpResponse:
    """Put one notice away; the answer to htmx is the next toast and the bell."""
    notice = get_object_or_404(request.viewer.notices(), id=notice_id)
    NoticeDismissal.objects.get_or_create(notice=notice, account=request.viewer.account)
    if not getattr(request, "htmx", False):
        return redirect("notices")
    left = request.viewer.new_notices()
    context = {
        "toast": left.first(),
        "more_notices": max(0, left.count() - 1),
        "with_bell": True,
        "swap": True,
    }
    return render(request, "portal/parts/toast.html", context)


@require_POST
@for_roles()
def dismiss_all(request: PortalRequest) -> HttpResponse:
    """Put every notice away."""
    new: list[Notice] = list(request.viewer.new_notices())
    account = request.viewer.account
    NoticeDismissal.objects.bulk_create(
        [NoticeDismissal(notice=notice, account=account) for notice in new], ignore_conflicts=True
    )
    return redirect("notices")
