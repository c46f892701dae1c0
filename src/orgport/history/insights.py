"""The insights that organizational data makes possible, and which of them the data allow today.

An insight is available when all its fields have a quality above 95 %, of low quality when all are
there but not all above it, and missing when one of them is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from orgport.history.quality import FieldQuality


@dataclass(frozen=True, slots=True)
class Insight:
    """Something that can be learned from the data, and the fields that it needs."""

    key: str
    name: str
    description: str
    fields: tuple[str, ...]


class Availability(Enum):
    """Whether the data allow an insight."""

    AVAILABLE = "available"
    LOW_QUALITY = "low quality"
    MISSING = "missing"


INSIGHTS = (
    Insight(
        "collaboration",
        "Collaboration by organization",
        "How much time each organization spends in meetings, calls and messages, and with whom.",
        ("Organization",),
    ),
    Insight(
        "one-to-one",
        "Manager one-to-one time",
        "How often people meet their manager alone.",
        ("ManagerId",),
    ),
    Insight(
        "spans",
        "Manager span and layers",
        "How many people report to each manager, and how deep the hierarchy is.",
        ("ManagerId", "Layer"),
    ),
    Insight(
        "managers",
        "Managers compared with contributors",
        "How the days of managers differ from those of individual contributors.",
        ("SupervisorIndicator",),
    ),
    Insight(
        "meeting-cost",
        "Meeting cost",
        "What meetings cost, by organization and level: hours in meetings times the hourly rate "
        "of those who attend.",
        ("HourlyRate",),
    ),
    Insight(
        "onboarding",
        "New-hire onboarding",
        "How fast new hires build a network in their first months.",
        ("HireDate",),
    ),
    Insight(
        "tenure", "Tenure groups", "Figures by the time since people were hired.", ("HireDate",)
    ),
    Insight(
        "on-site",
        "On-site patterns",
        "How days at the office and days elsewhere differ.",
        ("WeeklyBadgeOnsiteDays",),
    ),
    Insight("level", "By level", "Figures by level of seniority.", ("LevelDesignation",)),
    Insight("function", "By function", "Figures by job function.", ("FunctionType",)),
    Insight("location", "By location", "Figures by place of work.", ("Location",)),
    Insight("country", "By country", "Figures by country or region.", ("CountryOrRegion",)),
    Insight(
        "time-zones",
        "Across time zones",
        "How teams that span time zones share their working hours.",
        ("TimeZone",),
    ),
)


def using(field: str) -> tuple[Insight, ...]:
    """The insights that need a field."""
    return tuple(insight for insight in INSIGHTS if field in insight.fields)


def availability(insight: Insight, quality: Mapping[str, FieldQuality]) -> Availability:
    """Whether the data of these qualities allow the insight."""
    found = [quality.get(field) for field in insight.fields]
    if any(one is None or not one.with_value for one in found):
        return Availability.MISSING
    if all(one is not None and one.is_good for one in found):
        return Availability.AVAILABLE
    return Availability.LOW_QUALITY
