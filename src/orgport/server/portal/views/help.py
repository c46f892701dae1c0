"""Help: the list of rules by code, searched and filtered, and one page for each."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orgport.finding import Severity
from orgport.rulebook.pages import pages
from orgport.server.portal.access import PortalRequest, for_roles

_MOST_WORDS = 100  # characters of a search


@require_safe
@for_roles()
def help_list(request: PortalRequest) -> HttpResponse:
    """All rules, or those that have the words and the severity."""
    words = request.GET.get("q", "")[:_MOST_WORDS]
    severity = request.GET.get("severity", "")
    known = [one.value for one in Severity]
    found = [
        page
        for page in pages().values()
        if page.says(words) and (severity not in known or page.rule.severity.value == severity)
    ]
    context = {
        "found": found,
        "total": len(pages()),
        "words": words,
        "severity": severity,
        "severities": known,
    }
    return render(request, "portal/help.html", context)


@require_safe
@for_roles()
def rule_page(request: PortalRequest, code: str) -> HttpResponse:
    """What one rule means, why it is there, and how to mend what breaks it."""
    page = pages().get(code.upper())
    if page is None:
        raise Http404("There is no rule of this code.")
    examples = [
        ("An example that breaks it", page.explanation.fails),
        ("An example that is fine", page.explanation.passes),
    ]
    context = {
        "page": page,
        "examples": examples,
        "crumbs": [("Help and rules", reverse("help"))],
    }
    return render(request, "portal/help_rule.html", context)
