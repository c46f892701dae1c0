"""Changes to a connection from its page: another name or app, its switches, and what is the source now."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction

from orgport.errors import BadInput
from orgport.imports.guard_rails import Limits
from orgport.server.records.models import AppRegistration, Connection, Tenant
from orgport.server.wiring.connections import CONNECTION_NAME_LIMIT
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.texts import a_name


@dataclass(frozen=True, slots=True)
class ConnectionSwitches:
    """The settings of a connection that its page offers."""

    is_enabled: bool
    exclude_invalid_rows: bool


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """How the packages of a connection are judged; shares are between 0 and 1."""

    rule_set: str  # blank: the newest
    strict_values: bool
    self_report_means_top: bool
    lenient_integers: bool
    allow_custom_fields: bool
    typed_custom_fields: bool
    max_blank_manager_share: float
    max_excluded_share: float
    partial_fields: list[str]


def change_connection(
    connection: Connection, *, name: str, app: AppRegistration, by: Actor
) -> None:
    """Give the connection this name and app; raises BadInput for a name that cannot be."""
    name = a_name(name, of="A connection", most=CONNECTION_NAME_LIMIT)
    connection.name = name
    connection.app = app
    try:
        with transaction.atomic():
            connection.save(update_fields=["name", "app"])
            detail = {"name": name, "app": str(app.id)}
            by.note(connection.tenant, "connection.changed", connection.id, detail)
    except IntegrityError as error:
        raise BadInput(
            f"There is a connection named {name} already. Choose another name."
        ) from error


@transaction.atomic
def set_switches(connection: Connection, switches: ConnectionSwitches, *, by: Actor) -> None:
    """Change the settings of a connection; they hold for stages that begin from now on."""
    for field, value in asdict(switches).items():
        setattr(connection, field, value)
    connection.save(update_fields=list(asdict(switches)))
    by.note(connection.tenant, "connection.settings", connection.id, asdict(switches))


@transaction.atomic
def set_rules(connection: Connection, rules: ConnectionRules, *, by: Actor) -> None:
    """Change how packages are judged; it holds for stages that begin from now on."""
    for field, value in asdict(rules).items():
        setattr(connection, field, value)
    connection.save(update_fields=list(asdict(rules)))
    by.note(connection.tenant, "connection.rules", connection.id, asdict(rules))


@transaction.atomic
def set_limits(connection: Connection, limits: Limits, *, by: Actor) -> None:
    """Change what an import may change unasked; holds for imports that are compared from now on."""
    connection.guard_rails = limits.as_json()
    connection.save(update_fields=["guard_rails"])
    by.note(connection.tenant, "connection.guard_rails", connection.id, limits.as_json())


def current_source(tenant: Tenant) -> Connection | None:
    """The active connection; None while the directory, a new tenant's default, is the source."""
    source: Connection | None = (
        Connection.objects.of(tenant).filter(is_active=True).select_related("app").first()
    )
    return source
