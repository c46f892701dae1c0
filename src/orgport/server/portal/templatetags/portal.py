"""Tags and filters of the templates: icons, chips, times, numbers with their base."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import lucide
from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from orgport.attributes.types import ValueType
from orgport.finding import Severity
from orgport.history.differences import Kind
from orgport.history.listing import OrganizationChange
from orgport.imports.lifecycle import State
from orgport.server.portal import charts
from orgport.server.portal.expiry import Expiry
from orgport.server.records.models import ImportRecord, SourceKind

register = template.Library()

# Family and icon of every status; the words stand beside them, so colour is never alone.
STATUS_CHIPS = {
    State.RECEIVED: ("run", "loader-circle"),
    State.EXTRACTING: ("run", "loader-circle"),
    State.MAPPING: ("plan", "waypoints"),
    State.VALIDATING: ("run", "list-checks"),
    State.AWAITING_APPROVAL: ("wait", "hourglass"),
    State.PROCESSING: ("run", "cog"),
    State.SUCCEEDED: ("ok", "circle-check"),
    State.VALIDATION_FAILED: ("bad", "circle-x"),
    State.PROCESSING_FAILED: ("bad", "triangle-alert"),
    State.ABANDONED: ("idle", "ban"),
}
SEVERITY_CHIPS = {
    Severity.ERROR: ("bad", "circle-x"),
    Severity.WARNING: ("wait", "triangle-alert"),
    Severity.ADVICE: ("run", "info"),
}
SOURCE_ICONS = {
    SourceKind.DIRECTORY: "building-2",
    SourceKind.CSV: "file-spreadsheet",
    SourceKind.AUTOMATED: "cloud-download",
    SourceKind.HISTORY: "history",
}
NOTICE_ICONS = {"success": "circle-check", "failure": "circle-x", "information": "info"}
NOTICE_FAMILIES = {"success": "ok", "failure": "bad"}
THEME_ICONS = {"system": "sun-moon", "light": "sun", "dark": "moon"}
TYPE_NAMES = {
    ValueType.EMAIL: "E-mail",
    ValueType.STRING: "String",
    ValueType.INTEGER: "Integer",
    ValueType.DOUBLE: "Double",
    ValueType.DATE_MONTH_FIRST: "Date, MM/DD/YYYY",
    ValueType.DATE_DAY_FIRST: "Date, DD/MM/YYYY",
    ValueType.BOOLEAN: "Boolean",
}
NOT_APPLICABLE = "\u2013"


@register.simple_tag
def icon(name: str, size: int = 16, extra_class: str = "") -> SafeString:
    """A drawing that says nothing by itself: hidden from assistive technology."""
    return _drawing(str(name), int(size), str(extra_class))


@lru_cache(maxsize=512)
def _drawing(name: str, size: int, extra_class: str) -> SafeString:
    attributes = {"class": extra_class} if extra_class else {}
    svg = lucide._render_icon(
        name,
        size,
        stroke_width=2 if size <= 14 else 1.75,
        aria_hidden="true",
        focusable="false",
        **attributes,
    )
    return mark_safe(svg)  # noqa: S308  drawn by the library from its own file


@register.simple_tag
def chip(family: str, icon_name: str, words: str) -> SafeString:
    """A status as icon, words and colour."""
    return format_html('<span class="chip {}">{}{}</span>', family, icon(icon_name, 14), words)


@register.simple_tag
def status_chip(record: ImportRecord, link: bool = False) -> SafeString:  # noqa: FBT001, FBT002  a template's argument
    """The status of an import; with `link`, that of a failed one leads to its explanation."""
    family, name = STATUS_CHIPS[record.status]
    if link and family == "bad":
        return format_html(
            '<a class="chip {}" id="status-{}" href="{}">{}{}</a>',
            family,
            record.number,
            reverse("import", args=[record.id]),
            icon(name, 14),
            record.status.label,
        )
    return chip(family, name, record.status.label)


@register.simple_tag
def severity_chip(severity: Severity) -> SafeString:
    """The severity of a finding."""
    family, name = SEVERITY_CHIPS[severity]
    return chip(family, name, severity.value.capitalize())


@register.filter
def source_icon(kind: str) -> str:
    """The icon of a kind of source."""
    return SOURCE_ICONS[SourceKind(kind)]


@register.filter
def notice_icon(tone: str) -> str:
    """The icon of a notice."""
    return NOTICE_ICONS[tone]


@register.filter
def tone_family(tone: str) -> str:
    """The colours of a notice; plain for mere information."""
    return NOTICE_FAMILIES.get(tone, "")


@register.filter
def theme_icon(theme: str) -> str:
    """The icon of a theme."""
    return THEME_ICONS[theme]


@register.filter
def type_name(token: str) -> str:
    """The name of a data type, as people read it."""
    return TYPE_NAMES[ValueType(token)]


@register.filter
def number(value: float | None) -> str:
    """A count with thousands separated; an en dash where there is none."""
    if value is None:
        return NOT_APPLICABLE
    return f"{value:,}".replace("-", "\u2212")


@register.filter
def counted(value: int | None, words: str) -> str:
    """A count with its noun: `counted:"row,rows"`."""
    singular, plural = words.split(",")
    return f"{number(value)} {singular if value == 1 else plural}"


@register.filter
def of_percent(value: float | None, base: float | None) -> str:
    """A share of a base in percent with one decimal."""
    if not base or value is None:
        return NOT_APPLICABLE
    return f"{100 * value / base:.1f}%"


_PARTS = re.compile(r"(?=@)|(?<=[a-z])(?=[A-Z])|(?<=_)(?=[^_])")


@register.filter
def parted(address: str) -> SafeString:
    """An address or a field's name that breaks between its parts where it does not fit on a line."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((one,) for one in _PARTS.split(address)))


@register.filter
def share_down(value: int, base: int) -> str:
    """A share in percent with one decimal, rounded down: 95.0% is not yet above 95%."""
    return f"{value * 1000 // base / 10:.1f}%" if base else NOT_APPLICABLE


@register.filter
def percent_down(share: float) -> str:
    """A share in percent with one decimal, rounded down."""
    return f"{int(share * 1000) / 10:.1f}%"


@register.filter
def percent(share: float) -> str:
    """A share as whole percent, rounded down: 100% means done."""
    return f"{int(share * 100)}%"


@register.filter
def size(value: int) -> str:
    """A number of bytes in the unit that suits it."""
    amount = float(value)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"


@register.filter
def duration(seconds: float | None) -> str:
    """A span of seconds as people say it."""
    if seconds is None:
        return NOT_APPLICABLE
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


@register.filter
def time_taken(record: ImportRecord) -> str:
    """How long an import took; an en dash while it runs."""
    if record.ended_at is None:
        return NOT_APPLICABLE
    return duration(max(0.0, (record.ended_at - record.received_at).total_seconds()))


@register.simple_tag
def instant(at: datetime | None, form: str = "long") -> SafeString:
    """An instant in the tenant's zone, UTC on hover: long, short, day or clock."""
    if at is None:
        return format_html("{}", NOT_APPLICABLE)
    local = timezone.localtime(at)
    words = {
        "long": f"{_day(local)}, {local:%H:%M %Z}",
        "short": f"{_day(local, short=True)}, {local:%H:%M:%S}",
        "day": _day(local, short=True),
        "date": _day(local),
        "clock": f"{local:%H:%M:%S}",
    }[form]
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        words,
    )


@register.simple_tag
def day(value: date | None, form: str = "long") -> SafeString:
    """A day as 2 March 2027, or short as 2 Mar 2027."""
    if value is None:
        return format_html("{}", NOT_APPLICABLE)
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(), _day(value, short=form == "short")
    )


def _day(value: date, *, short: bool = False) -> str:
    return f"{value.day} {value:%b %Y}" if short else f"{value.day} {value:%B %Y}"


@register.simple_tag
def expiry_bar(expiry: Expiry) -> SafeString:
    """The share of a certificate's life that is left."""
    return charts.bar(expiry.share_left, family=expiry.family)


@register.simple_tag
def layer_bar(persons: int, most: int) -> SafeString:
    """The persons of a layer or group beside those of the largest one."""
    return charts.bar(persons / most if most else 0.0, family="run")


@register.filter
def as_query(values: Mapping[str, str]) -> str:
    """Values as the query of an address."""
    return urlencode(values)


@register.simple_tag
def diverging_bar(change: OrganizationChange, scale: int) -> SafeString:
    """How many leave an organization and how many come to it."""
    return charts.diverging(change.gone, change.come, scale=scale)


@register.simple_tag
def legend_key(name: str) -> SafeString:
    """The square of a legend."""
    return charts.key(name)


@register.simple_tag
def net(before: int, after: int) -> str:
    """The difference of two counts with its sign."""
    return f"{after - before:+,}".replace("-", "\u2212") if after != before else "0"


@register.simple_tag
def net_share(before: int, after: int) -> str:
    """The difference of two counts as a share of the first."""
    if not before:
        return NOT_APPLICABLE
    share = f"{100 * (after - before) / before:+.1f}%".replace("-", "\u2212")
    if share[1:] != "0.0%":
        return share
    return "0%" if after == before else f"under {share[0]}0.1%"


@register.simple_tag
def change(kind: Kind, before: str | None, after: str | None) -> SafeString:
    """A value of who stays as old and new where it differs, else the one there is."""
    old, new = (parted(value or "no value") for value in (before, after))
    if kind is Kind.LEAVER or (kind is not Kind.JOINER and before == after):
        return format_html("{}", old)
    if kind is Kind.JOINER:
        return format_html("{}", new)
    return format_html('<del>{}</del> <span class="visually-hidden">now</span> {}', old, new)


@register.inclusion_tag("portal/parts/copy_field.html")
def copy_field(name: str, value: object, key: str) -> dict[str, Any]:
    """A value to copy, with its label; `key` is unique on the page."""
    return {"name": name, "value": str(value), "key": key}


@register.inclusion_tag("portal/parts/field.html")
def field(bound: Any, hint: str = "", good: str = "", mono: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  a template's argument
    """A form field: label, control, error or good news, hint."""
    described = []
    if bound.errors:
        described.append(f"{bound.id_for_label}-error")
    if hint:
        described.append(f"{bound.id_for_label}-hint")
    attributes = {"class": "input mono" if mono else "input"}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "field": bound,
        "widget": bound.as_widget(attrs=attributes),
        "hint": hint,
        "good": "" if bound.errors else good,
    }
