"""`orgport people`, `tables` and `abandon`: asked beside the server, of its own store."""

from __future__ import annotations

import csv
import sys
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.reversing import Import, JsonFlag, Tenant
from orgport.cli.terminal import confirm, out, print_json, say
from orgport.errors import BadInput, NotFound, WrongState

if TYPE_CHECKING:
    import polars as pl

    from orgport.history.store import HistoryStore

_SHOWN_ROWS = 10


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (people, tables, abandon):
        app.command()(command)


def people(
    as_of: Annotated[str, typer.Option("--as-of", help="The day, YYYY-MM-DD; else today.")] = "",
    known_at: Annotated[
        str, typer.Option("--known-at", help="As known after this import: its number or id.")
    ] = "",
    manager: Annotated[str, typer.Option(help="Only those who report to this address.")] = "",
    tenant_id: Tenant = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print csv, all rows and fields.")] = False,
    for_spreadsheet: Annotated[
        bool,
        typer.Option("--spreadsheet", help="With --csv: no cell is taken for a formula."),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what the organization looked like on a day."""
    if as_csv and as_json:
        raise BadInput("Give --csv or --json, not both.")
    if for_spreadsheet and not as_csv:
        raise BadInput("--spreadsheet goes with --csv.")
    day = _day(as_of) if as_of else datetime.now(UTC).date()
    store = store_of(tenant_id)
    frame = store.as_of(day, known_at=_known_at(known_at, store), manager=manager or None)
    if manager and not frame.height:
        _need_somebody(manager, store)
    if as_json:
        print_json({"asOf": day.isoformat(), "count": frame.height, "people": frame.to_dicts()})
    elif as_csv:
        from orgport.history.spreadsheets import without_formulas

        _write_csv(without_formulas(frame) if for_spreadsheet else frame)
    else:
        _print_people(frame, day, manager)


def tables(tenant_id: Tenant = "", as_json: JsonFlag = False) -> None:
    """Say where the Delta tables lie, for other tools."""
    found = store_of(tenant_id).tables()
    if as_json:
        print_json(found)
        return
    for name, place in found.items():
        out.print(f"{name:<10}{place}", markup=False)


def abandon(
    import_: Import,
    tenant_id: Tenant = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Give up a running import; the data stays as it is."""
    from orgport.cli.beside_server import import_named
    from orgport.imports.lifecycle import State

    record = import_named(import_, tenant_id)
    if not record.status.is_running:
        back = (
            f" To take it back: orgport undo {record.number}"
            if record.status is State.SUCCEEDED
            else ""
        )
        raise WrongState(
            f"Import {record.number} ended as {record.status.label}: there is nothing to abandon.{back}"
        )
    if not yes and not confirm(
        f"Abandon import {record.number}, {record.name} ({record.id})? The data stays as it is."
    ):
        raise typer.Abort
    from orgport.server.wiring.imports import abandon as give_up

    state = give_up(
        record.id, by="orgport", at=datetime.now(UTC), why="on the server's command line"
    )
    out.print(f"{state.label}  import {record.id}", markup=False)


def store_of(tenant_id: str) -> HistoryStore:
    """The history of a tenant, of the only one there is unless named; raises NotFound for none."""
    from orgport.cli.settings import ClientSettings
    from orgport.history.store import HistoryStore

    settings = ClientSettings()
    url = settings.history_url or str(settings.home.resolve() / "history")
    chosen = tenant_id or settings.tenant_id
    folders = [f.name for f in Path(url).glob("*-*-*-*-*") if f.is_dir()]
    is_nowhere = not (settings.history_url or settings.home.exists())
    if is_nowhere or not (chosen or folders):
        raise NotFound(
            f"There is no history in {url}. This command runs beside a server: set ORGPORT_HOME to its "
            "home folder. From elsewhere, ask the server's portal or API."
        )
    if not chosen and len(folders) > 1:
        raise BadInput(
            f"There are {len(folders)} tenants with a history under {url}. Say which with --tenant-id."
        )
    chosen = chosen or folders[0]
    try:
        return HistoryStore(url, tenant_id=uuid.UUID(chosen))
    except ValueError:
        raise BadInput(f"The tenant ID {chosen!r} is not a GUID.") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{text!r} is not a day. Write it as YYYY-MM-DD, such as 2026-01-31."
        ) from None


def _known_at(text: str, store: HistoryStore) -> uuid.UUID | int | None:
    if not text:
        return None
    from orgport.imports.naming import ImportName, not_found

    where = "in the history"
    name, made = ImportName.read(text, where=where), store.imports()
    newest = max((committed.number for committed in made), default=0)
    if name.number is not None and name.number <= newest:
        return name.number  # one that came to nothing left things as they were
    meant = [committed.import_id for committed in made if name.begins(committed.import_id)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise BadInput(f"The ids of {len(meant)} imports begin with {text}. Give more of it.")
    raise not_found(text, where=f"{where}, whose newest is {newest}")


def _need_somebody(address: str, store: HistoryStore) -> None:
    """Raise NotFound, with who may be meant, unless somebody in the history has the address."""
    from orgport.attributes.formats import person_key
    from orgport.history.columns import KEY
    from orgport.history.spelling import nearest_address

    persons = store.stored().persons
    if person_key(address) in persons[KEY]:
        return
    near = nearest_address(persons, address)
    hint = f"Did you mean {near}?" if near else "Give the whole address, as it stands in PersonId."
    raise NotFound(f"Nobody in the history has the address {address}. {hint}")


def _write_csv(frame: pl.DataFrame) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(frame.iter_rows())


def _print_people(frame: pl.DataFrame, day: date, manager: str) -> None:
    if not frame.height:
        who = f"Nobody reports to {manager}" if manager else "Nobody"
        out.print(f"{who} on {day:%d %B %Y}.", markup=False)
        return
    out.print(f"[bold]{frame.height:,} persons on {day:%d %B %Y}[/]")
    from rich.table import Table

    columns = _columns_that_fit(frame)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in frame.head(_SHOWN_ROWS).select(columns).iter_rows():
        table.add_row(*("–" if value is None else str(value) for value in row))
    out.print(table)
    if frame.height > _SHOWN_ROWS:
        say(f"… and {frame.height - _SHOWN_ROWS:,} more; --csv or --json give all of them.")


def _columns_that_fit(frame: pl.DataFrame) -> list[str]:
    """As many columns as the terminal is wide, the period's days last: whole values, never cut ones."""
    wanted = [name for name in frame.columns if name not in ("StartDate", "EndDate")]
    shown: list[str] = []
    width = 0
    for name in [*wanted, "StartDate"]:
        longest = frame.head(_SHOWN_ROWS)[name].cast(str).str.len_chars().max()
        width += 2 + max(len(name), longest if isinstance(longest, int) else 1)
        if width > out.width + 2 and shown:
            break
        shown.append(name)
    return shown
