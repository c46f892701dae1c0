"""`orgport preview`: what an import changes, asked beside the server; and its figures for `check` too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.reversing import Import, JsonFlag, Tenant
from orgport.cli.terminal import out, print_json
from orgport.errors import BadInput

if TYPE_CHECKING:
    from orgport.history.proposal import Proposal

_SHOWN = 5


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(preview)


def preview(
    import_: Import,
    tenant_id: Tenant = "",
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print csv, a row for each person that differs.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what an import changes, or would if approved."""
    if as_csv and as_json:
        raise BadInput("Give --csv or --json, not both.")
    from orgport.cli.beside_server import import_named

    record = import_named(import_, tenant_id)
    from orgport.imports.guard_rails import sentence
    from orgport.server.wiring import previews

    kept = previews.preview_of(record)
    if as_json:
        print_json(previews.document(record, kept))
    elif as_csv:
        for chunk in previews.changes_csv(kept):
            sys.stdout.write(chunk.removeprefix("\ufeff").replace("\r\n", "\n"))
    else:
        out.print(f"{record.status.label}  {record.name}", markup=False)
        for breach in kept.breaches:
            out.print(f"asks an approver: {sentence(breach)}", markup=False)
        for said in previews.extracts_of(record, kept).sentences:
            out.print(said, markup=False)
        print_figures(kept.proposal)


def print_figures(proposal: Proposal) -> None:
    """The figures of a change preview, in a few lines."""
    from orgport.history.listing import organizations

    figures, changes = proposal.figures, proposal.figures.changes
    out.print(
        f"persons: {figures.persons_before:,} before, {figures.persons_after:,} after; "
        f"{changes.persons_added:,} join, {changes.persons_removed:,} leave, "
        f"{figures.persons_moved:,} move, {figures.persons_otherwise:,} change otherwise, "
        f"{changes.persons_unchanged:,} unchanged"
    )
    out.print(
        f"periods: {changes.periods_before:,} before, {changes.periods_after:,} after, "
        f"{figures.periods_split:,} split"
    )
    if figures.changed_from:
        out.print(f"history changes from {min(figures.changed_from)} on")
    for words, names in (("new", proposal.fields_new), ("left out", proposal.fields_dropped)):
        if names:
            out.print(f"fields {words}: {', '.join(names)}", markup=False)
    cells = sorted(changes.cells_changed.items(), key=lambda one: -one[1])
    if cells:
        said = ", ".join(f"{name} {count:,}" for name, count in cells[:_SHOWN])
        more = f" and {len(cells) - _SHOWN} more fields" if len(cells) > _SHOWN else ""
        out.print(f"cells changed: {said}{more}", markup=False)
    for one in organizations(proposal)[:_SHOWN]:
        if one.gone or one.come:
            name = one.name if one.name is not None else "without an organization"
            out.print(
                f"  {name}: {one.before:,} → {one.after:,} (−{one.gone:,} +{one.come:,})",
                markup=False,
            )
