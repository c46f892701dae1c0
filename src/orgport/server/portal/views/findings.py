"""The findings of an import line by line, of a rule and a column when the address names them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orgport.errors import Gone, WrongState
from orgport.server.portal.access import READS_IMPORTS, PortalRequest, for_roles
from orgport.server.portal.causes import title_of, verdict_of
from orgport.server.portal.finding_filters import FindingFilters
from orgport.server.portal.import_page import (
    correcting,
    crumbs_of,
    import_of,
    may_correct_rows,
    refused_page,
)
from orgport.server.portal.stretch import Stretch
from orgport.server.records.models import ImportRecord
from orgport.server.wiring import imports as wiring
from orgport.server.wiring.cell_edits import Typed
from orgport.server.wiring.corrections import mended_by

A_PAGE = 50


@require_safe
@for_roles(*READS_IMPORTS)
def findings(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """A page of the findings in the order of the file, with fields for who may correct them."""
    return findings_page(request, import_of(request, import_id), refused={})


def findings_page(
    request: PortalRequest, record: ImportRecord, *, refused: Mapping[Typed, str]
) -> HttpResponse:
    """The same with the reasons at those fields whose text is refused."""
    verdict = verdict_of(record)
    counts = verdict.counts if verdict else ()
    filters = FindingFilters.of(request.GET, counts)
    chosen = filters.narrow(counts)
    stretch = Stretch(filters.page, A_PAGE, sum(one.count for one in chosen))
    try:
        found = wiring.findings(
            record,
            code=filters.code or None,
            column=filters.column,
            offset=stretch.offset,
            limit=A_PAGE,
        )
    except (Gone, WrongState) as failure:
        return refused_page(request, record, failure)
    later = mended_by(record)
    may_correct = later is None and may_correct_rows(request, record)
    corrected = correcting(record, refused) if may_correct else {}
    fields = corrected.get("fields")
    context = {
        "record": record,
        "crumbs": crumbs_of(record),
        "findings": [(one, fields.of_finding(one) if fields else None) for one in found],
        "filters": filters,
        "stretch": stretch,
        "mended_by": later,
        "cause": title_of(chosen[0]) if len(chosen) == 1 and filters.code else "",
        **corrected,
    }
    status = 400 if refused else 200
    return render(request, "portal/import_findings.html", context, status=status)
