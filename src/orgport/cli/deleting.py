"""`orgport delete` and `orgport erase`, beside the server: what would go is said first, then the act.

A deletion is an import that an undo has back. An erase is for good, so what it does has to be typed.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.administration import ACTOR, TenantName, chosen_tenant
from orgport.cli.files import need_folder
from orgport.cli.following import follow
from orgport.cli.reversing import DryRun, Import, JsonFlag, Wait, Yes, asked_to_go_on
from orgport.cli.terminal import ask, out, print_json, say
from orgport.errors import BadInput, NotFound

if TYPE_CHECKING:
    from orgport.server.records.models import Tenant
    from orgport.server.wiring.erasures import Erasure
    from orgport.server.wiring.registrations import Actor

deletions = typer.Typer(help="Delete optional fields or employees.", no_args_is_help=True)

Name = Annotated[str, typer.Option("--name", help="What the import is called in the history.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(deletions, name="delete")
    app.command()(erase)


@deletions.command("fields")
def delete_fields(
    fields: Annotated[list[str], typer.Argument(metavar="FIELD...", help="Optional fields.")],
    name: Name = "Fields deleted",
    tenant: TenantName = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: JsonFlag = False,
) -> None:
    """Remove each optional FIELD from all snapshots of everybody; an undo has them back."""
    by = _actor()
    from orgport.server.wiring import deletions as wiring

    of = chosen_tenant(tenant)
    said = wiring.preview_fields(of, fields)
    if not asked_to_go_on(
        said.consequences, said.figures, yes=yes, dry_run=dry_run, as_json=as_json
    ):
        return
    made = wiring.delete_fields(of, name=name, fields=fields, by=by, import_id=uuid.uuid4())
    follow(made, wait, as_json)


@deletions.command("employees")
def delete_employees(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="csv, one PersonId.")],
    name: Name = "Employees deleted",
    tenant: TenantName = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: JsonFlag = False,
) -> None:
    """Remove the persons of FILE, a csv of the column PersonId, with all their history."""
    by = _actor()
    from orgport.server.wiring import deletions as wiring

    of = chosen_tenant(tenant)
    said = wiring.preview_employees(of, file)
    if said.refusal and not dry_run:
        raise BadInput(said.refusal)
    if not asked_to_go_on(
        said.consequences, said.figures, yes=yes, dry_run=dry_run, as_json=as_json
    ):
        return
    made = wiring.delete_employees(
        of,
        name=name,
        chunks=[file.read_bytes()],
        file_name=file.name,
        by=by,
        import_id=uuid.uuid4(),
    )
    follow(made, wait, as_json)


@deletions.command("list")
def deleted_employees(
    import_: Import,
    tenant: TenantName = "",
) -> None:
    """Print who was deleted by IMPORT and who was unknown, as csv; kept as long as its logs."""
    _actor()
    from orgport.cli.beside_server import import_named
    from orgport.server.wiring import deletions as wiring

    record = import_named(import_, str(chosen_tenant(tenant).id) if tenant else "")
    for line in wiring.deleted_employees(record):
        out.print(line.rstrip("\r\n"), markup=False)


@deletions.command("template")
def template(
    target: Annotated[Path, typer.Option("--out", help="The file.")] = Path("delete-employees.csv"),
) -> None:
    """Write the csv in which addresses of employees are filled in, one a line."""
    from orgport.package.template import DELETE_EMPLOYEES_CSV

    need_folder(target)
    target.write_bytes(DELETE_EMPLOYEES_CSV)
    out.print(str(target), markup=False)


def erase(
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS...", help="Addresses, or csv files of PersonId.")
    ],
    tenant: TenantName = "",
    confirmation: Annotated[
        str, typer.Option("--confirm", help='What is asked for otherwise: "erase 2 persons".')
    ] = "",
    also_unknown: Annotated[
        bool,
        typer.Option(
            "--also-unknown",
            help="Go on where nobody in the history has an address: packages and logs may name it.",
        ),
    ] = False,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: JsonFlag = False,
) -> None:
    """Erase persons for good.

    From the history, all versions of it, and all that imports left.
    """
    by = _actor()
    from orgport.server.wiring import erasures

    of = chosen_tenant(tenant)
    said = erasures.preview(of, erasures.addresses_of(_lines(addresses)))
    for sentence in erasures.consequences(said):
        say(sentence)
    if dry_run:
        if as_json:
            print_json(erasures.figures(said))
        return
    if said.unknown and not also_unknown:
        raise NotFound(_who_is_unknown(said, of))
    typed = confirmation or ask(f"Type “{said.confirmation}” to go on")
    made = erasures.erase(of, said.addresses, confirmation=typed, by=by, import_id=uuid.uuid4())
    follow(made, wait, as_json)


def _who_is_unknown(erasure: Erasure, tenant: Tenant) -> str:
    from orgport.server.wiring import erasures

    return (
        f"Nothing was erased: nobody in the history has {erasures.unknown_named(tenant, erasure)}. "
        "Correct what is misspelled; --also-unknown goes on all the same, for somebody whom only "
        "packages and logs still name."
    )


def _lines(given: list[str]) -> list[str]:
    """The addresses themselves, and those of the files that are named."""
    from orgport.imports.addresses import read_addresses

    lines: list[str] = []
    for one in given:
        if "@" in Path(one).name:
            lines.append(one)
        elif Path(one).is_file():
            lines += read_addresses(Path(one))
        else:
            raise BadInput(
                f"{one} is no address such as name@contoso.com, and there is no such file."
            )
    return lines


def _actor() -> Actor:
    from orgport.cli.beside_server import set_up

    set_up()
    from orgport.server.wiring.registrations import Actor

    return Actor(ACTOR, datetime.now(UTC))
