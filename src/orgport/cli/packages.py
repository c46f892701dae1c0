"""`orgport template`, `sample` and `pack`: everything that makes a package, offline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.files import need_ending, need_folder
from orgport.cli.terminal import confirm, err, out, print_columns, say
from orgport.errors import BadInput
from orgport.finding import Severity

if TYPE_CHECKING:
    from orgport.finding import Finding
    from orgport.package.model import Header, Mapping, Refresh

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
ExistingFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


FILLING_IN = (
    "unzip it, replace the example on the tab Template of the workbook, and save that tab as data.csv, "
    "as CSV UTF-8 (comma delimited)."
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (template, sample, pack):
        app.command()(command)


def template(
    folder: Annotated[Path, typer.Option("--out", help="Folder, or the zip to write.")] = Path(),
) -> None:
    """Write the template zip.

    It holds a workbook to fill in, a csv template and a sample metadata.json.
    """
    from orgport.package.template import write_template

    target = folder if folder.suffix == ".zip" else folder / "orgport-template.zip"
    need_folder(target)
    write_template(target)
    out.print(f"Wrote {target}: a workbook, and data.csv and metadata.json", markup=False)
    say(f"It is to be filled in, not to be pushed: {FILLING_IN}")
    say("Next: orgport pack data.csv --full")


def sample(
    target: Annotated[
        Path, typer.Option("--out", help=".csv, or .zip for a ready package.")
    ] = Path("sample.zip"),
    persons: Annotated[int, typer.Option(min=1, max=5_000_000, help="How many people.")] = 500,
    months: Annotated[int, typer.Option(min=1, max=120, help="How many months of history.")] = 13,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    size_bytes: Annotated[
        int, typer.Option(help="Instead of persons: about this many bytes of csv, ten columns.")
    ] = 0,
    incremental: Annotated[
        bool, typer.Option("--incremental", help="Only the month after, as an update.")
    ] = False,
    last_month: Annotated[str, typer.Option(help="The newest month, YYYY-MM.")] = "",
    bad_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of rows with a bad cell, 0 to 1.")
    ] = 0.0,
    malformed_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of malformed rows, 0 to 1.")
    ] = 0.0,
) -> None:
    """Make a sample organization, with movers, joiners and leavers."""
    from dataclasses import replace

    from orgport.package.model import Refresh
    from orgport.package.sample import SampleOptions, write_sample

    need_folder(target)
    need_ending(target, ".csv", ".zip")
    options = SampleOptions(persons=persons, months=months, seed=seed)
    if size_bytes:
        options = SampleOptions.of_size(size_bytes, months=months, seed=seed)
    if last_month:
        options = replace(options, last_month=_month(last_month))
    options = replace(options, bad_share=bad_share, malformed_share=malformed_share)
    refresh = Refresh.INCREMENTAL if incremental else Refresh.FULL
    rows = write_sample(target, options, refresh=refresh)
    out.print(f"Wrote {target}: {rows:,} rows of {options.persons:,} persons", markup=False)


def pack(
    data: ExistingFile,
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A metadata.json to use.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Replace all data.")] = False,
    incremental: Annotated[bool, typer.Option("--incremental", help="Add or edit data.")] = False,
    target: Annotated[Path | None, typer.Option("--out", help="The zip to write.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take the suggested mapping as it is.")
    ] = False,
) -> None:
    """Zip DATA with its mapping.

    The mapping is suggested from the headers, and confirmed.
    """
    from orgport.package.faults import listed
    from orgport.package.header import mended
    from orgport.package.model import Mapping, Refresh
    from orgport.package.write import write_package

    if full and incremental:
        raise BadInput("Give --full or --incremental, not both.")
    header = _read_header(data)
    plain = mended(header)
    if mapping is not None:
        chosen = _read_mapping(mapping)
        if full or incremental:
            refresh = Refresh.FULL if full else Refresh.INCREMENTAL
            chosen = Mapping(refresh, chosen.columns)
        chosen = _renamed(chosen, header, plain)
        _refuse_what_check_refuses(plain, chosen, data)
    else:
        if yes and not full and not incremental:
            raise BadInput(
                "Give --full, to replace all data, or --incremental, to add or edit some."
            )
        if not full and not incremental:
            full = confirm(
                "Is this a full refresh, replacing all data?", instead="--full or --incremental"
            )
        chosen = _suggested(data, plain, Refresh.FULL if full else Refresh.INCREMENTAL)
        if not yes and not confirm("Write the package with this mapping?"):
            raise BadInput("Nothing was written. Give a metadata.json of your own with --mapping.")
    target = target or data.with_suffix(".zip")
    need_folder(target, read=[data, mapping])
    need_ending(target, ".zip")
    write_package(data, chosen, target, instead_of=header if plain != header else None)
    out.print(f"Wrote {target} ({chosen.refresh.value} refresh)", markup=False)
    if not any(column.field == "ManagerId" for column in chosen.columns):
        so = (
            ", and a full refresh is refused without it"
            if chosen.refresh is Refresh.FULL
            else ": managers stay as they are, and new persons have none"
        )
        say(
            f"No column is mapped to ManagerId{so}. Add it to the csv, or say with --mapping which "
            "column it is."
        )
    if plain != header:
        names = zip(header.names, plain.names, strict=True)
        renamed = (f"“{name}” is {new}" for name, new in names if name != new)
        say(
            "In its header stand ASCII letters, digits and underscores alone: "
            f"{listed(renamed)}. {data.name} stays as it is."
        )
    say(f"Next: orgport check {target}")


def _read_header(data: Path) -> Header:
    from orgport.package.header import read_header
    from orgport.package.workbooks import refuse_workbook

    refuse_workbook(data, called=data.name)
    with data.open("rb") as stream:
        reading = read_header(stream, name=data.name)
    if reading.header is None or reading.findings:
        raise _refused(reading.findings)
    return reading.header


def _suggested(data: Path, header: Header, refresh: Refresh) -> Mapping:
    """The mapping that the names and the first rows suggest; shown, and what is in doubt is said."""
    from orgport.package.first_rows import first_rows
    from orgport.package.mapping import doubts_about_dates, suggest_mapping

    first = first_rows(data, header)
    if not first.is_utf8:
        raise BadInput(
            f"{data.name} cannot be read as UTF-8. Where it begins: orgport check {data.name}"
        )
    chosen = suggest_mapping(header.names, first, refresh=refresh)
    _refuse_what_check_refuses(header, chosen, data)
    shown = [(column.source, column.field, column.type.value) for column in chosen.columns]
    print_columns([("column", "field", "type"), *shown], to=err)
    _tell_doubts(chosen, doubts_about_dates(chosen, first))
    return chosen


def _tell_doubts(mapping: Mapping, doubts: list[list[str]]) -> None:
    for column, told in zip(mapping.columns, doubts, strict=True):
        for doubt in told:
            say(f"{column.source}: {doubt}")
    if any(doubts):
        say("Where dates are meant otherwise, map their column to the other type with --mapping.")


def _renamed(mapping: Mapping, header: Header, plain: Header) -> Mapping:
    """The mapping of the same columns by their mended names, in the order of the file."""
    from dataclasses import replace

    new = dict(zip(header.names, plain.names, strict=True))
    columns = [replace(one, source=new.get(one.source, one.source)) for one in mapping.columns]
    places = {name: place for place, name in enumerate(plain.names)}
    columns.sort(key=lambda column: places.get(column.source, len(places)))
    return replace(mapping, columns=tuple(columns))


def _refuse_what_check_refuses(header: Header, mapping: Mapping, data: Path) -> None:
    from orgport.package.header import judge_header

    findings = judge_header(header, mapping.columns, name=data.name)
    if findings:
        raise _refused(findings)


def _refused(findings: Iterable[Finding]) -> BadInput:
    """Each finding is said in the words of check."""
    for finding in findings:
        say(" ".join(filter(None, (finding.code, finding.message, finding.hint))))
    return BadInput("Nothing was written: the package would be refused. Mend what is named above.")


def _read_mapping(path: Path) -> Mapping:
    from orgport.package.metadata import parse_metadata
    from orgport.package.model import Mapping

    read = parse_metadata(path.read_bytes(), name=path.name)
    faults = [finding for finding in read.findings if finding.severity is Severity.ERROR]
    if faults or read.refresh is None or read.columns is None:
        raise BadInput(f"{path}: " + " ".join(finding.message for finding in faults))
    return Mapping(read.refresh, read.columns)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise BadInput(f"{text!r} is not a month. Write it as YYYY-MM.") from None
