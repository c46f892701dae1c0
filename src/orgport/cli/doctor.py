"""`orgport doctor`: why does my push fail. Says what is wrong and what mends it, and sends no data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.targets import (
    ProfileName,
    addresses,
    certificate_files,
    guid,
    need_target,
    settings_of,
)
from orgport.cli.terminal import out, print_json, tell

if TYPE_CHECKING:
    from orgport.client.diagnosis import Check

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "not checked": "dim"}
_INDENT = 12


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(doctor)


def doctor(
    profile: ProfileName = "",
    data_type: Annotated[str, typer.Option("--data-type", help="The kind of data.")] = "HR",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find out why a push fails.

    Looks at certificate, DNS, TLS, clock, registration, token and connection.

    Ends with the exit code that a push would end with.
    """
    checks = []
    for check in _checks(profile, data_type):
        checks.append(check)
        if not as_json:
            _print(check)
    code = next((check.exit_code for check in checks if check.exit_code), 0)
    if as_json:
        print_json({"ok": code == 0, "checks": [_document(check) for check in checks]})
    raise typer.Exit(code)


def _checks(profile: str, data_type: str) -> Iterator[Check]:
    from orgport.client import Target
    from orgport.client.diagnosis import diagnose

    settings = settings_of(profile)
    need_target(settings)
    login, api = addresses(settings)
    app_id = guid(settings.app_id, "application ID")
    tenant_id = guid(settings.tenant_id, "tenant ID")
    target = Target(login, api, tenant_id, app_id, ca=settings.ca, data_type=data_type)
    return diagnose(target, *certificate_files(settings, settings.certificate))


def _print(check: Check) -> None:
    word = check.state.value
    out.print(f"[{_STYLES[word]}]{word:<{_INDENT}}[/]{check.name}")
    if check.message != word:
        tell(check.message, indent=_INDENT)
    if check.hint:
        tell(check.hint, indent=_INDENT, style="dim")


def _document(check: Check) -> dict[str, str]:
    return {
        "name": check.name,
        "state": check.state.value,
        "message": check.message,
        "hint": check.hint,
    }
