"""A change preview as JSON values, the same for the API and the command line; keys are in camelCase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgport.imports.guard_rails import Breach, sentence

if TYPE_CHECKING:  # the history stands on packages that a mere client does not install
    from orgport.history.listing import Listed
    from orgport.history.proposal import Proposal

_MOST_ORGANIZATIONS = 100


def preview_document(proposal: Proposal) -> dict[str, Any]:
    """The figures of a change preview; organizations are those with the most coming and going."""
    from orgport.history.listing import organizations

    figures, changes = proposal.figures, proposal.figures.changes
    by_organization = organizations(proposal)
    return {
        "persons": {
            "before": figures.persons_before,
            "after": figures.persons_after,
            "joiners": changes.persons_added,
            "leavers": changes.persons_removed,
            "movers": figures.persons_moved,
            "otherChanges": figures.persons_otherwise,
            "unchanged": changes.persons_unchanged,
        },
        "movesByField": dict(figures.moves),
        "periods": {
            "before": changes.periods_before,
            "after": changes.periods_after,
            "split": figures.periods_split,
        },
        "historiesShortened": figures.histories_shortened,
        "changedFrom": dict(figures.changed_from),
        "fields": {"new": list(proposal.fields_new), "dropped": list(proposal.fields_dropped)},
        "cellsByField": dict(changes.cells_changed),
        "joinersByField": dict(figures.brought),
        "blankedByField": {
            name: {"blanked": count, "of": figures.given[name]}
            for name, count in figures.blanked.items()
        },
        "organizationCount": len(by_organization),
        "organizations": [
            {
                "organization": one.name,
                "before": one.before,
                "left": one.left,
                "movedOut": one.moved_out,
                "joined": one.joined,
                "movedIn": one.moved_in,
                "after": one.after,
            }
            for one in by_organization[:_MOST_ORGANIZATIONS]
        ],
    }


def person_document(row: Listed) -> dict[str, Any]:
    """One person of the list."""
    return {
        "person": row.person,
        "personId": row.person_id,
        "change": row.kind.value,
        "organizationBefore": row.organization_before,
        "organizationAfter": row.organization_after,
        "managerBefore": row.manager_before,
        "managerAfter": row.manager_after,
        "beganBefore": row.began_before.isoformat() if row.began_before else None,
        "beganAfter": row.began_after.isoformat() if row.began_after else None,
        "changedFrom": row.changed_from.isoformat() if row.changed_from else None,
        "cells": row.cells,
        "periodsBefore": row.periods_before,
        "periodsAfter": row.periods_after,
        "fields": list(row.fields),
        "moved": list(row.moved),
    }


def breach_document(breach: Breach) -> dict[str, Any]:
    """One limit that an import is past, in numbers and in words."""
    return {
        "code": breach.code,
        "count": breach.count,
        "of": breach.base,
        "limit": breach.limit,
        "field": breach.field,
        "organization": breach.organization,
        "months": breach.months,
        "message": sentence(breach),
    }
