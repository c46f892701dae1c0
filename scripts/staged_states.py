"""States that a demo by itself never shows: many imports, long names, ended certificates, nothing yet.

They are put straight into the records, while no worker runs that would carry the running import on.
"""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

PASSWORD = "a password for pictures"  # noqa: S105  of made-up accounts
ACCOUNTS = {
    "everything": "everything@contoso.com",
    "analyst": "analyst@contoso.com",
    "data-source-admin": "data.source.admin@contoso.com",
    "nobody": "nobody@contoso.com",
    "newcomer": "newcomer@contoso.com",
    "spreadsheets": "spreadsheets@contoso.com",
    "long-names": "maximiliane.von.huelsenbeck-oberlaender.personaldatenwesen@contoso.com",
}
LONG_TENANT = "Vereinigte Anlagenbau- und Energieversorgungsgesellschaft Mitteleuropa"
LONG_CONNECTION = "Personalstammdatenuebertragung_Hauptverwaltung_Nachtlauf_2026_01"
LONG_APP = "Lohn- und Gehaltsabrechnungssystem der Hauptverwaltung, Ausfuhrdienst"
SPREADSHEET = """EmailAddress,Valid from,Manager,Department,Org Unit (EN),Grade,HourlyRate,Shoe size/EU,Site
anna@contoso.com,01/10/2026,ben@contoso.com,Retail stores,Stores,IC2,48.20,42,Bilbao
ben@contoso.com,01/11/2026,,Engineering,Eng,IC3,61.75,43.5,Rotterdam
"""
NAMES = (
    "October correction",
    "Gemeinsame Dienste Mitteleuropa \u2013 Nachtrag Oktober 2026",
    "Full refresh",
)


def stage(home: Path) -> None:
    """Fill the records under `home`, on which a demo has run once."""
    os.environ["ORGPORT_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgport.server.django_settings")
    import django

    django.setup()
    from orgport.server.records.models import Role, Tenant

    contoso = Tenant.objects.get()
    contoso.time_zone = "Europe/Berlin"
    contoso.save()
    _account("everything", contoso, *Role)
    _account("analyst", contoso, Role.ANALYST)
    _account("data-source-admin", contoso, Role.DATA_SOURCE_ADMIN)
    _account("nobody", None)
    _account("newcomer", Tenant.objects.create(name="Fabrikam"), *Role)
    long = Tenant.objects.create(name=LONG_TENANT, time_zone="Europe/Berlin")
    _account("long-names", long, *Role)
    _extracts(contoso)
    _csv_upload(Tenant.objects.create(name="Northwind"))
    _certificates(contoso)
    _many_imports(contoso, 40)
    _running_import(contoso)
    _measured(contoso)
    _long_names(long)


def _measured(tenant) -> None:  # type: ignore[no-untyped-def]
    """A list of four persons, two of them nobody's."""
    from orgport.server.records.models import MeasuredList

    MeasuredList.objects.create(
        tenant=tenant,
        addresses=[
            "person000001@contoso.com",
            "person000002@contoso.com",
            "joins.in.december@contoso.com",
            "joins.in.january@contoso.com",
        ],
        set_by=ACCOUNTS["everything"],
        set_at=datetime.now(UTC) - timedelta(days=2),
    )


def _extracts(tenant) -> None:  # type: ignore[no-untyped-def]
    """One that works and one that lacks a field since a deletion that an approver let pass."""
    from orgport.imports.rewrites import run_rewrite
    from orgport.server.wiring.approvals import approve
    from orgport.server.wiring.deletions import delete_fields
    from orgport.server.wiring.extracts import save_extract
    from orgport.server.wiring.places import bench
    from orgport.server.wiring.registrations import Actor

    by = Actor(ACCOUNTS["everything"], datetime.now(UTC) - timedelta(days=2))
    for name, fields in (
        ("Monthly headcount", ["Organization", "LevelDesignation", "HireDate"]),
        (
            "Kopfzahl nach F\u00fchrungsebene f\u00fcr das Berichtswesen",
            ["Organization", "SupervisorIndicator"],
        ),
    ):
        save_extract(tenant, name=name, fields=fields, day=None, by=by)
    gone = delete_fields(
        tenant,
        name="Indicator is no longer kept",
        fields=["SupervisorIndicator"],
        by=by,
        import_id=uuid.uuid4(),
    )
    run_rewrite(gone.id, bench(worker="pictures"))
    gone.refresh_from_db()
    approve(gone, note="", by=Actor("ada@contoso.com", datetime.now(UTC)))
    run_rewrite(gone.id, bench(worker="pictures"))


def _csv_upload(tenant) -> None:  # type: ignore[no-untyped-def]
    from orgport.package.model import Refresh
    from orgport.server.records.models import Role
    from orgport.server.wiring.csv_uploads import begin, change_mapping, use_csv_upload
    from orgport.server.wiring.registrations import Actor

    _account("spreadsheets", tenant, *Role)
    by = Actor(ACCOUNTS["spreadsheets"], datetime.now(UTC))
    use_csv_upload(tenant, by=by)
    draft = begin(
        tenant,
        name="November correction",
        refresh=Refresh.FULL,
        chunks=[SPREADSHEET.encode()],
        file_name="november.csv",
        size_bytes=len(SPREADSHEET),
        by=by,
    )
    mapped = [(one["field"], one["type"]) for one in draft.columns]
    mapped[4], mapped[7] = ("Organization", "StringType"), ("Shoe size/EU", "StringType")
    change_mapping(draft, mapped, at=by.at)


def _account(key: str, tenant, *roles) -> None:  # type: ignore[no-untyped-def]
    from orgport.server.records.models import Account, RoleGrant

    account = Account.objects.create_user(ACCOUNTS[key], PASSWORD)
    for role in roles:
        RoleGrant.objects.create(account=account, tenant=tenant, role=role)


def _certificates(tenant) -> None:  # type: ignore[no-untyped-def]
    from orgport.identity.certificates import new_certificate
    from orgport.server.records.models import AppRegistration
    from orgport.server.wiring.registrations import Actor, add_certificate

    now = datetime.now(UTC)
    app = AppRegistration.objects.get(tenant=tenant)
    for description, age, days in (
        ("HRIS export server", 353, 365),
        ("Pilot laptop of the payroll integration team in Rotterdam", 406, 365),
    ):
        pem = new_certificate("pilot", days=days, now=now - timedelta(days=age)).certificate_pem
        add_certificate(app, pem, description=description, by=Actor("admin@contoso.com", now))


def _many_imports(tenant, count: int) -> None:  # type: ignore[no-untyped-def]
    from orgport.imports.lifecycle import State
    from orgport.server.records.models import SourceKind

    states = (
        State.SUCCEEDED,
        State.SUCCEEDED,
        State.VALIDATION_FAILED,
        State.PROCESSING_FAILED,
        State.ABANDONED,
    )
    start = datetime.now(UTC) - timedelta(days=count + 2)
    for number in range(count):
        state = states[number % len(states)]
        accepted = state is State.SUCCEEDED
        _import(
            tenant,
            state,
            number=100 + number,
            name=NAMES[number % len(NAMES)],
            received_at=start + timedelta(days=number),
            source=SourceKind.AUTOMATED if number % 4 else SourceKind.CSV,
            submitted_by="HRIS push" if number % 4 else "lena.markovic@contoso.com",
            refresh="full" if number % 3 else "incremental",
            rows_read=12_318,
            rows_accepted=12_300 if accepted else None,
            rows_excluded=18 if accepted else None,
            error_count=312 if state is State.VALIDATION_FAILED else 0,
        )


def _running_import(tenant) -> None:  # type: ignore[no-untyped-def]
    from orgport.imports.lifecycle import State

    _import(
        tenant,
        State.VALIDATING,
        number=200,
        name="November full refresh",
        received_at=datetime.now(UTC) - timedelta(seconds=4),
        refresh="full",
        progress_share=0.62,
        progress_rows=7_662,
        stage_seconds={"extract": 0.8},
    )


def _long_names(tenant) -> None:  # type: ignore[no-untyped-def]
    from orgport.imports.lifecycle import State
    from orgport.server.records.models import Notice
    from orgport.server.wiring.connections import activate_connection, create_connection
    from orgport.server.wiring.registrations import Actor, register_app

    now = datetime.now(UTC)
    app = register_app(tenant, LONG_APP, by=Actor(ACCOUNTS["long-names"], now))
    connection = create_connection(
        tenant, name=LONG_CONNECTION, app=app, by=ACCOUNTS["long-names"], at=now
    )
    activate_connection(connection, by=ACCOUNTS["long-names"], at=now)
    record = _import(
        tenant,
        State.PROCESSING_FAILED,
        number=1,
        name=LONG_CONNECTION,
        received_at=now - timedelta(hours=1),
        submitted_by=ACCOUNTS["long-names"],
        connection=connection,
        app=app,
        failure="The store of the history was out of reach.",
    )
    Notice.objects.create(
        tenant=tenant,
        about=record,
        kind="processing_failed",
        tone="failure",
        title="Processing failed",
        text=f"{LONG_CONNECTION}: the store of the history was out of reach.",
    )


def _import(tenant, state, *, received_at: datetime, **columns):  # type: ignore[no-untyped-def]
    from orgport.server.records.models import ImportRecord, SourceKind

    values = {
        "source": SourceKind.AUTOMATED,
        "submitted_by": "HRIS push",
        "package_sha256": "0" * 64,
        "package_name": "info.zip",
        "package_form": "zip",
        "package_size_bytes": 4_812_000,
        "state_at": received_at,
        "ended_at": None if state.is_running else received_at + timedelta(seconds=15),
        **columns,
    }
    return ImportRecord.objects.create(
        tenant=tenant, state=state.value, received_at=received_at, **values
    )
