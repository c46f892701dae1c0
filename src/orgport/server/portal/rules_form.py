"""The form of a connection's rules: which rule set, what is strict, and how much may be blank or left out."""

from __future__ import annotations

from typing import Any

from django import forms

from orgport.rule import LATEST_RULE_SET, RULE_SETS
from orgport.server.records.models import Connection
from orgport.server.wiring.connection_changes import ConnectionRules

_NEWEST = [("", f"The newest (now {LATEST_RULE_SET})")]
_SHARE_ERROR = "Give a percentage from 0 to 100."


def _switch(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def _percentage(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=100,
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": _SHARE_ERROR,
            "invalid": _SHARE_ERROR,
            "min_value": _SHARE_ERROR,
            "max_value": _SHARE_ERROR,
            "max_digits": _SHARE_ERROR,
            "max_decimal_places": "Give at most two decimal places.",
        },
    )


class RulesForm(forms.Form):
    """How the packages of a connection are judged."""

    rule_set = forms.ChoiceField(
        label="Rule set",
        required=False,
        choices=[*_NEWEST, *((one, f"Always {one}") for one in RULE_SETS)],
        error_messages={"invalid_choice": "There is no such rule set. Choose one of the list."},
    )
    blank_managers = _percentage("Persons without a manager, at most (%)")
    excluded_rows = _percentage("Rows left out, at most (%)")
    partial_fields = forms.CharField(
        label="Fields that concern only part of the staff",
        required=False,
        max_length=4000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    strict_values = _switch("Take only the known values of SupervisorIndicator")
    self_report_means_top = _switch("Take self-reporting persons as the top of the hierarchy")
    lenient_integers = _switch("Take whole numbers written as 5.0")
    allow_custom_fields = _switch("Allow custom fields")
    typed_custom_fields = _switch("Allow types other than String for custom fields")

    @classmethod
    def of(cls, connection: Connection, data: Any = None) -> RulesForm:
        """The form filled with what holds now."""
        return cls(
            data,
            initial={
                "rule_set": connection.rule_set,
                "blank_managers": f"{100 * connection.max_blank_manager_share:g}",
                "excluded_rows": f"{100 * connection.max_excluded_share:g}",
                "partial_fields": ", ".join(connection.partial_fields),
                "strict_values": connection.strict_values,
                "self_report_means_top": connection.self_report_means_top,
                "lenient_integers": connection.lenient_integers,
                "allow_custom_fields": connection.allow_custom_fields,
                "typed_custom_fields": connection.typed_custom_fields,
            },
        )

    def rules(self) -> ConnectionRules:
        """What was chosen, once the form is valid."""
        chosen = self.cleaned_data
        fields = (name.strip() for name in chosen["partial_fields"].split(","))
        return ConnectionRules(
            rule_set=chosen["rule_set"],
            strict_values=chosen["strict_values"],
            self_report_means_top=chosen["self_report_means_top"],
            lenient_integers=chosen["lenient_integers"],
            allow_custom_fields=chosen["allow_custom_fields"],
            typed_custom_fields=chosen["typed_custom_fields"],
            max_blank_manager_share=float(chosen["blank_managers"] / 100),
            max_excluded_share=float(chosen["excluded_rows"] / 100),
            partial_fields=[name for name in dict.fromkeys(fields) if name],
        )
