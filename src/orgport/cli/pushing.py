"""`orgport push`, `status`, `errors` and `abandon`: a package on its way, seen from the sender's side."""

from __future__ import annotations

import json
import uuid
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from orgport.cli.certificates import stored
from orgport.cli.settings import ClientSettings
from orgport.cli.terminal import byte_progress, out, print_json, say, status_line
from orgport.client import Ingestion, Session, Target
from orgport.client.credentials import load_credentials
from orgport.errors import BadInput

EXIT_CODES = {"Completed": 0, "ValidationFailed": 6, "ProcessingFailed": 7, "Abandoned": 9}
WORDS = {
    "NotStarted": "In progress",
    "ExtractionComplete": "Validating or processing",
    "Completed": "Success",
    "ValidationFailed": "Validation failed",
    "ProcessingFailed": "Processing failed",
    "Abandoned": "Abandoned",
}
_ENDINGS = (".zip", ".csv", ".json")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AppId = Annotated[str, typer.Option("--app-id", help="Application (client) ID.")]
TenantId = Annotated[str, typer.Option("--tenant-id", help="Directory (tenant) ID.")]
Certificate = Annotated[
    str, typer.Option("--certificate", help="Name in the local store, CN=name, or a PEM file.")
]
Endpoint = Annotated[str, typer.Option("--endpoint", help="API base, such as https://host:8443.")]
LoginUrl = Annotated[str, typer.Option("--login-url", help="Login base; else the endpoint.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (push, status, errors):
        app.command()(command)


def push(
    package: Annotated[str, typer.Argument(help="The .zip, .csv or .json to send.")] = "",
    app_id: AppId = "",
    tenant_id: TenantId = "",
    certificate: Certificate = "",
    data_type: Annotated[str, typer.Option("--data-type", help="The kind of data.")] = "",
    endpoint: Endpoint = "",
    login_url: LoginUrl = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another import runs.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Follow the import to its end.")
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge the package here and send nothing.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send PACKAGE and follow the import; with nothing given, asks for everything it needs."""
    settings = ClientSettings()
    asks = not package and not (settings.app_id or app_id)
    app_id = _guid(app_id or settings.app_id or _ask("Application (client) ID"), "application ID")
    path = _existing(package or _ask("Path of the package"))
    tenant_id = _guid(tenant_id or settings.tenant_id or _ask("Directory (tenant) ID"), "tenant ID")
    certificate = certificate or settings.certificate or _ask("Certificate name")
    data_type = data_type or (_ask("Data type", default="HR") if asks else "HR")
    if dry_run:
        from orgport.cli.packages import check

        check(path, as_json=as_json)
    session = _session(
        settings,
        app_id=app_id,
        tenant_id=tenant_id,
        certificate=certificate,
        endpoint=endpoint,
        login_url=login_url,
        data_type=data_type,
    )
    with session:
        import_ = _send(session, path, wait=wait)
        _remember(settings, import_.id)
        if follow:
            import_ = _follow(session, import_)
        log = path.with_name(f"{path.stem}_{import_.id}_errors.csv")
        log_path = _fetch_log(session, import_, log)
    _report(import_, log_path, as_json=as_json)
    raise typer.Exit(EXIT_CODES.get(import_.status, 0))


def status(
    import_id: Annotated[str, typer.Argument(help="The import; else the last one pushed.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Say where an import is."""
    settings = ClientSettings()
    with default_session(settings) as session:
        found = session.ingestion(import_id or _last_import(settings))
    if as_json:
        print_json(_document(found, None))
    else:
        _print_import(found)


def errors(
    import_id: Annotated[str, typer.Argument(help="The import; else the last one pushed.")] = "",
    target: Annotated[Path | None, typer.Option("--out", help="The csv to write.")] = None,
) -> None:
    """Download the error log of an import."""
    settings = ClientSettings()
    import_id = import_id or _last_import(settings)
    path = target or Path(f"{import_id}_errors.csv")
    with default_session(settings) as session:
        session.errors(import_id, path)
    out.print(f"Wrote {path}", markup=False)


def default_session(settings: ClientSettings) -> Session:
    """A session made of the environment alone; raises BadInput naming what is missing."""
    missing = [
        f"ORGPORT_{name.upper()}"
        for name in ("login_url", "tenant_id", "app_id", "certificate")
        if not getattr(settings, name)
    ]
    if missing:
        raise BadInput(f"Set {', '.join(missing)} to say where and as whom to ask.")
    return _session(
        settings,
        app_id=_guid(settings.app_id, "application ID"),
        tenant_id=_guid(settings.tenant_id, "tenant ID"),
        certificate=settings.certificate,
    )


def clean_path(text: str) -> Path:
    """The path as typed, without quotation marks around it and with doubled backslashes as one."""
    plain = text.strip()
    for quote in ('"', "'"):
        if len(plain) >= 2 and plain.startswith(quote) and plain.endswith(quote):
            plain = plain[1:-1]
    return Path(plain.replace("\\\\", "\\"))


def _session(
    settings: ClientSettings,
    *,
    app_id: str,
    tenant_id: str,
    certificate: str,
    endpoint: str = "",
    login_url: str = "",
    data_type: str = "HR",
) -> Session:
    login = (login_url or endpoint or settings.login_url).rstrip("/")
    api = (endpoint or settings.api_url or login).rstrip("/")
    if not login.startswith("https://") or not api.startswith("https://"):
        raise BadInput("Give the server's https address with --endpoint or ORGPORT_LOGIN_URL.")
    found = stored(certificate) if not Path(certificate).is_file() else None
    files = found or (Path(certificate), settings.key)
    if not files[0].is_file():
        raise BadInput(
            f"There is no certificate {certificate}, neither in the local store nor as a file. "
            "See: orgport certificate list"
        )
    target = Target(login, api, tenant_id, app_id, ca=settings.ca, data_type=data_type)
    return Session(target, load_credentials(*files))


def _send(session: Session, path: Path, *, wait: bool) -> Ingestion:
    bar: AbstractContextManager[object] = byte_progress(f"Sending {path.name}", path.stat().st_size)
    with bar as advance:

        def sent(done: int, _size: int) -> None:
            advance(done)  # type: ignore[operator]  # the bar's function

        if wait:
            return session.push_when_free(
                path, on_wait=lambda: say("Another import is running; waiting."), progress=sent
            )
        return session.push(path, progress=sent)


def _follow(session: Session, import_: Ingestion) -> Ingestion:
    last = import_.status
    with status_line(WORDS.get(last, last)) as show:
        for found in session.follow(import_.id):
            if found.status != last:
                show(WORDS.get(found.status, found.status))
            import_, last = found, found.status
    return import_


def _fetch_log(session: Session, import_: Ingestion, path: Path) -> Path | None:
    if import_.status not in ("ValidationFailed", "ProcessingFailed"):
        return None
    session.errors(import_.id, path)
    return path


def _report(import_: Ingestion, log: Path | None, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(import_, log))
        return
    _print_import(import_)
    if log is not None:
        _print_first_errors(log)
        out.print(f"Error log: {log}", markup=False)


def _print_import(import_: Ingestion) -> None:
    style = {"Completed": "bold green"}.get(
        import_.status, "bold red" if import_.status in EXIT_CODES else "bold"
    )
    out.print(f"[{style}]{WORDS.get(import_.status, import_.status)}[/]  ", end="")
    out.print(f"import {import_.id}", markup=False)
    if import_.error_detail:
        out.print(import_.error_detail, markup=False)


def _print_first_errors(log: Path) -> None:
    import csv

    with log.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Severity"] == "Error"]
    for row in rows[:5]:
        out.print(f"  {row['Code']}  {row['Message']}", markup=False)
    if len(rows) > 5:
        out.print(f"  … and {len(rows) - 5:,} more", style="dim")


def _document(import_: Ingestion, log: Path | None) -> dict[str, str | None]:
    return {
        "id": import_.id,
        "status": import_.status,
        "startDate": import_.started,
        "endDate": import_.ended,
        "errorDetail": import_.error_detail,
        "errorLog": str(log) if log else None,
    }


def _ask(what: str, default: str | None = None) -> str:
    answer: str = typer.prompt(what, default=default, err=True)
    return answer.strip()


def _guid(text: str, what: str) -> str:
    try:
        return str(uuid.UUID(text.strip().strip("\"'")))
    except ValueError:
        raise BadInput(
            f"The {what} {text!r} is not a GUID such as 9d827643-d003-4cca-9dc8-71213a8f1644. "
            "Copy it from the app's page in the portal."
        ) from None


def _existing(text: str) -> Path:
    path = clean_path(text)
    if not path.is_file():
        raise BadInput(f"There is no file {path}. Give the path of the package.")
    if path.suffix.lower() not in _ENDINGS:
        raise BadInput(f"{path.name} is neither .zip, .csv nor .json.")
    return path


def _remember(settings: ClientSettings, import_id: str) -> None:
    settings.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.store / "last-push.json").write_text(json.dumps({"id": import_id}))


def _last_import(settings: ClientSettings) -> str:
    try:
        return str(json.loads((settings.store / "last-push.json").read_text())["id"])
    except (OSError, ValueError, KeyError):
        raise BadInput("Nothing was pushed from here yet. Give the import's id.") from None
