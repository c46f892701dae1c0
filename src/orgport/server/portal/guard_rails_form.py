"""The form of a connection's guard rails: what an import may change before an approver is asked."""

from __future__ import annotations

from typing import Any

from django import forms

from orgport.imports.guard_rails import Limits
from orgport.server.records.models import Connection

_SHARE_ERROR = "Give a percentage from 0 to 100, or nothing for no limit."
_SHARES = (
    "removed_share",
    "blanked_share",
    "manager_moves_share",
    "rewritten_share",
    "organization_removed_share",
    "organization_blanked_share",
    "organization_manager_moves_share",
    "organization_rewritten_share",
)


def _percentage(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=100,
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": _SHARE_ERROR,
            "min_value": _SHARE_ERROR,
            "max_value": _SHARE_ERROR,
            "max_digits": _SHARE_ERROR,
            "max_decimal_places": "Give at most two decimal places.",
        },
    )


def _number(label: str, least: int, most: int) -> forms.IntegerField:
    error = f"Give a whole number from {least:,} to {most:,}."
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), error),
    )


class GuardRailsForm(forms.Form):
    """The limits of a connection; an empty percentage is no limit."""

    always_approve = forms.BooleanField(label="Always ask an approver", required=False)
    removed_share = _percentage("Persons removed, at most (%)")
    blanked_share = _percentage("Cells of a field that turn blank, at most (%)")
    manager_moves_share = _percentage("Persons with another manager, at most (%)")
    rewritten_share = _percentage("Persons whose older history changes, at most (%)")
    rewritten_months = _number("Older history is further back than (months)", 0, 1200)
    organization_removed_share = _percentage("Persons removed from an organization, at most (%)")
    organization_blanked_share = _percentage("Cells of a field in an organization, at most (%)")
    organization_manager_moves_share = _percentage(
        "Persons of an organization with another manager, at most (%)"
    )
    organization_rewritten_share = _percentage(
        "Persons of an organization whose older history changes, at most (%)"
    )
    smallest_organization = _number("Smallest organization with limits (persons)", 1, 1_000_000)
    decide_within_hours = _number("Time to decide (hours)", 1, 720)

    @classmethod
    def of(cls, connection: Connection, data: Any = None) -> GuardRailsForm:
        """The form filled with what holds now."""
        now = connection.limits.as_json()
        shares = {name: "" if now[name] is None else f"{100 * now[name]:g}" for name in _SHARES}
        return cls(data, initial=now | shares)

    def limits(self) -> Limits:
        """What was entered, once it is valid."""
        given = dict(self.cleaned_data)
        for name in _SHARES:
            given[name] = None if given[name] is None else float(given[name]) / 100
        return Limits(**given)
