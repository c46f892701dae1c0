"""frictionless: a table schema with constraints."""

from __future__ import annotations

from pathlib import Path

from frictionless import Checklist, Resource, Schema
from judged import DATE_FORMAT, EMAIL, SUPERVISOR, timed


def judge(path: Path) -> int:
    """Count the errors of a full validation."""
    schema = Schema.from_descriptor(
        {
            "fields": [
                {
                    "name": "PersonId",
                    "type": "string",
                    "constraints": {"required": True, "pattern": EMAIL},
                },
                {"name": "ManagerId", "type": "string", "constraints": {"pattern": EMAIL}},
                {"name": "Organization", "type": "string", "constraints": {"required": True}},
                {
                    "name": "EffectiveDate",
                    "type": "date",
                    "format": DATE_FORMAT,
                    "constraints": {"required": True},
                },
                {"name": "LevelDesignation", "type": "string"},
                {"name": "FunctionType", "type": "string"},
                {"name": "HireDate", "type": "date", "format": DATE_FORMAT},
                {"name": "HourlyRate", "type": "number", "constraints": {"minimum": 0}},
                {"name": "Layer", "type": "integer", "constraints": {"minimum": 0}},
                {
                    "name": "SupervisorIndicator",
                    "type": "string",
                    "constraints": {"enum": list(SUPERVISOR)},
                },
            ],
            "primaryKey": ["PersonId", "EffectiveDate"],
        }
    )
    resource = Resource(path=path.name, basepath=str(path.parent), schema=schema)
    report = resource.validate(Checklist(), limit_errors=10_000_000)
    return int(report.stats["errors"])


timed(judge, sets_up=False)
