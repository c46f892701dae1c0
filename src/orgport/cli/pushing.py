"""`orgport push`, `status` and `errors`: a package on its way, seen from the sender's side."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orgport.cli import beside_server
from orgport.cli.files import clean_path, need_folder, need_new
from orgport.cli.following import EXIT_CODES, held, ingestion_of, which_runs
from orgport.cli.targets import (
    ProfileName,
    guid,
    missing_of,
    need_target,
    open_session,
    session_of,
    settings_of,
)
from orgport.cli.terminal import ask, byte_progress, out, print_json, say, status_line, tell
from orgport.errors import BadInput, ImportRunning, NotFound, OrgportError

if TYPE_CHECKING:
    from orgport.cli.settings import ClientSettings
    from orgport.client import Ingestion, Session

_WITH_LOG = ("ValidationFailed", "ProcessingFailed")
WORDS = {
    "NotStarted": "In progress",
    "ExtractionComplete": "Validating or processing",
    "Completed": "Success",
    "ValidationFailed": "Validation failed",
    "ProcessingFailed": "Processing failed",
    "Abandoned": "Abandoned",
}

LastImport = Annotated[
    str, typer.Argument(help="Number, id, or how the id begins; else the last one sent.")
]
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
    profile: ProfileName = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another import runs.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Follow the import to its end.")
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge the package here and send nothing.")
    ] = False,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Of a dry run: an earlier package as stored data, to see what would change.",
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Send PACKAGE and follow the import.

    With nothing given, asks for everything it needs.
    """
    if dry_run:
        path = _existing(package or _ask("Path of the package", "PACKAGE"))
        _judge_here(path, against=against, as_json=as_json)
    elif against:
        raise BadInput("--against belongs to --dry-run: the server knows what is stored.")
    settings = settings_of(profile)
    asks = not package and not (settings.app_id or app_id)
    app_id = app_id or settings.app_id or _ask("Application (client) ID", "--app-id")
    app_id = guid(app_id, "application ID")
    path = _existing(package or _ask("Path of the package", "PACKAGE"))
    tenant_id = tenant_id or settings.tenant_id or _ask("Directory (tenant) ID", "--tenant-id")
    session = open_session(
        settings,
        app_id=app_id,
        tenant_id=guid(tenant_id, "tenant ID"),
        certificate=certificate
        or settings.certificate
        or _ask("Certificate name", "--certificate"),
        data_type=data_type or (_ask("Data type", "--data-type", default="HR") if asks else "HR"),
        endpoint=endpoint
        or ("" if settings.login_url or login_url else _ask("Address of the server", "--endpoint")),
        login_url=login_url,
    )
    with session:
        import_ = _send(session, path, wait=wait)
        remember(settings, import_.id)
        import_ = end_of(session, import_, path, follows=follow, as_json=as_json)
    raise typer.Exit(EXIT_CODES.get(import_.status, 0))


def status(
    import_id: LastImport = "",
    profile: ProfileName = "",
    as_json: JsonFlag = False,
) -> None:
    """Say where an import is."""
    found = _found(settings_of(profile), import_id)
    if as_json:
        print_json(_document(found, None))
    else:
        _print_import(found)
        if found.status in _WITH_LOG:
            say(f"What is wrong, and where: orgport errors {found.id}")


def errors(
    import_id: LastImport = "",
    target: Annotated[Path | None, typer.Option("--out", help="The csv to write.")] = None,
    correction_file: Annotated[
        Path | None,
        typer.Option(help="Write the failed rows instead, to be mended and sent back by fix."),
    ] = None,
    profile: ProfileName = "",
) -> None:
    """Download the error log of an import, or its correction file.

    In the correction file the rows are mended.
    """
    if target is not None and correction_file is not None:
        raise BadInput("Give --out or --correction-file, not both.")
    settings = settings_of(profile)
    import_id = import_id or _last_import(settings)
    for path in (correction_file, target):
        if path is not None:
            need_folder(path)
    if correction_file is not None:
        need_new(correction_file)
    with session_of(settings) as session:
        import_id = session.ingestion(import_id).id
        path = correction_file or target or Path(f"{import_id}_errors.csv")
        if correction_file is None:
            session.errors(import_id, path)
        else:
            session.correction_file(import_id, path)
    out.print(f"Wrote {path}", markup=False)


def end_of(
    session: Session,
    import_: Ingestion,
    sent: Path,
    *,
    follows: bool,
    as_json: bool,
    corrects: Mapping[str, int] | None = None,
) -> Ingestion:
    """Follow an import to its end if asked, fetch its error log beside what was sent, and report."""
    if follows:
        import_ = _follow(session, import_)
    log = _fetch_log(session, import_, sent)
    if as_json:
        print_json(_document(import_, log) | ({"rows": dict(corrects)} if corrects else {}))
    else:
        _print_import(import_)
        if log is not None:
            _print_first_errors(log)
            out.print(f"Error log: {log}", markup=False)
        if log is not None and _has_failed_rows(log):
            say(
                f"The failed rows, to be mended: orgport errors {import_.id} --correction-file FILE"
            )
    return import_


def _found(settings: ClientSettings, import_id: str) -> Ingestion:
    """The import that is meant: asked of the target, or of the records where a server is here.

    An undo, a restore or a deletion is none of the app's, so that the target does not tell of it.
    """
    if beside_server.is_here() and missing_of(settings):
        return ingestion_of(beside_server.import_named(import_id or _last_import(settings)))
    need_target(settings)
    import_id = import_id or _last_import(settings)
    try:
        with session_of(settings) as session:
            return session.ingestion(import_id)
    except NotFound:
        if not beside_server.is_here():
            raise
        return ingestion_of(beside_server.import_named(import_id, settings.tenant_id))


def _judge_here(path: Path, *, against: list[Path] | None, as_json: bool) -> None:
    from orgport.cli.checking import check

    check(path, against=against, as_json=as_json)


def _send(session: Session, path: Path, *, wait: bool) -> Ingestion:
    with byte_progress(f"Sending {path.name}", path.stat().st_size) as advance:
        if not wait:
            return session.push(path, progress=lambda done, _size: advance(done))
        return session.push_when_free(
            path, on_wait=_say_once(), progress=lambda done, _size: advance(done)
        )


def _say_once() -> Callable[[ImportRunning], None]:
    said: list[str] = []

    def tell(other: ImportRunning) -> None:
        if other.import_id not in said:
            said.append(other.import_id)
            say(f"{which_runs(other)}; waiting for its end.")

    return tell


def _follow(session: Session, import_: Ingestion) -> Ingestion:
    last = import_.status
    try:
        with status_line(WORDS.get(last, last)) as show:
            for found in session.follow(import_.id):
                if found.status != last:
                    show(WORDS.get(found.status, found.status))
                if found.stage and not import_.stage:
                    show(found.stage)
                    say(f"{held(found.id, found.page)}. Ctrl-C leaves it waiting.")
                import_, last = found, found.status
    except KeyboardInterrupt:
        say(f"The import goes on without you. See: orgport status {import_.id}")
        raise
    return import_


def _fetch_log(session: Session, import_: Ingestion, package: Path) -> Path | None:
    """The error log beside the package; without it the outcome of the import still counts."""
    if import_.status not in _WITH_LOG:
        return None
    path = package.with_name(f"{package.stem}_{import_.id}_errors.csv")
    try:
        session.errors(import_.id, path)
    except (OrgportError, OSError) as missing:
        say(f"The error log could not be fetched: {missing}")
        say(f"Try again: orgport errors {import_.id} --out FILE")
        return None
    return path


def _print_import(import_: Ingestion) -> None:
    style = {"Completed": "bold green"}.get(
        import_.status, "bold red" if import_.status in EXIT_CODES else "bold"
    )
    words = import_.stage or WORDS.get(import_.status, import_.status)
    out.print(f"[{style}]{words}[/]  ", end="")
    out.print(f"import {import_.id}", markup=False)
    if import_.error_detail:
        tell(import_.error_detail)
    if import_.stage:
        say(held(import_.id, import_.page))


def _errors_in(log: Path) -> list[dict[str, str]]:
    import csv

    with log.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if row["Severity"] == "Error"]


def _has_failed_rows(log: Path) -> bool:
    return any(row["Level"] in ("Row", "Value") for row in _errors_in(log))


def _print_first_errors(log: Path) -> None:
    rows = _errors_in(log)
    for row in rows[:5]:
        tell(f"{row['Code']}  {row['Message']}", indent=2)
    if len(rows) > 5:
        out.print(f"  … and {len(rows) - 5:,} more", style="dim")


def _document(import_: Ingestion, log: Path | None) -> dict[str, Any]:
    return {
        "id": import_.id,
        "status": import_.status,
        "stage": import_.stage,
        "page": import_.page,
        "startDate": import_.started,
        "endDate": import_.ended,
        "errorDetail": import_.error_detail,
        "errorLog": str(log) if log else None,
    }


def _ask(what: str, where: str, *, default: str = "") -> str:
    try:
        return ask(what, default=default)
    except EOFError:
        raise BadInput(f"{what} is missing. Give {where}.") from None


def _existing(text: str) -> Path:
    from orgport.package.read import form_of

    path = clean_path(text)
    if path.is_dir():
        raise BadInput(
            f"{path} is a folder. Push the zip of its data.csv and metadata.json; orgport pack makes one."
        )
    if not path.is_file():
        raise BadInput(f"There is no file {path}. Give the path of the package.")
    form_of(path)
    return path


def remember(settings: ClientSettings, import_id: str) -> None:
    """Keep which import was sent last from here: `status` and `errors` are about it unless told otherwise."""
    settings.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.store / "last-push.json").write_text(json.dumps({"id": import_id}))


def _last_import(settings: ClientSettings) -> str:
    try:
        return str(json.loads((settings.store / "last-push.json").read_text())["id"])
    except (OSError, ValueError, KeyError):
        raise BadInput("Nothing was pushed from here yet. Give the import's id.") from None
