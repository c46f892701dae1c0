"""`orgport fix`: a mended correction file goes back, into a package here or into a failed import."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orgport.cli.files import need_folder
from orgport.cli.following import EXIT_CODES
from orgport.cli.packages import ExistingFile, JsonFlag
from orgport.cli.pushing import end_of, remember
from orgport.cli.targets import ProfileName, session_of, settings_of
from orgport.cli.terminal import byte_progress, out, print_json, say
from orgport.errors import BadInput

if TYPE_CHECKING:
    from orgport.package.model import Package


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(fix)


def fix(
    correction: ExistingFile,
    package: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="The package that the rows are of."),
    ] = None,
    import_id: Annotated[
        str,
        typer.Option("--import", help="Instead of a package: the failed import, by number or id."),
    ] = "",
    target: Annotated[Path | None, typer.Option("--out", help="The package to write.")] = None,
    profile: ProfileName = "",
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Follow the import to its end.")
    ] = True,
    as_json: JsonFlag = False,
) -> None:
    """Put the rows of CORRECTION back into the package.

    That is PACKAGE, or with --import the one on the server.

    The column _errors says which row is which and stays as it is. Rows may be sorted or left out; a row
    of blanks beside its _errors is removed, and a row without it is added.
    """
    if (package is None) == (not import_id):
        raise BadInput("Give the package, or the failed import with --import.")
    if package is not None:
        _fix_here(correction, package, target, as_json=as_json)
        return
    if target is not None:
        raise BadInput("With --import nothing is written here. Leave --out away.")
    settings = settings_of(profile)
    with session_of(settings) as session:
        with byte_progress(f"Sending {correction.name}", correction.stat().st_size) as advance:
            made, rows = session.correct(
                import_id, correction, progress=lambda done, _size: advance(done)
            )
        remember(settings, made.id)
        counts = {name.lower(): count for name, count in rows.items()}
        say(f"Import {made.id}: {_in_words(counts)}.")
        ended = end_of(session, made, correction, follows=follow, as_json=as_json, corrects=counts)
    raise typer.Exit(EXIT_CODES.get(ended.status, 0))


def _fix_here(correction: Path, package: Path, target: Path | None, *, as_json: bool) -> None:
    from orgport.package.corrected import corrected, corrections_for, write_corrected
    from orgport.package.corrections import is_correction_file

    if is_correction_file(package) and not is_correction_file(correction):
        raise BadInput(
            f"{package.name} is the correction file, and {correction.name} is none. It comes first: "
            f"orgport fix {package} {correction}"
        )
    target = target or package.with_stem(f"{package.stem}-corrected")
    need_folder(target, read=[package, correction])
    with tempfile.TemporaryDirectory(prefix="orgport-") as scratch:
        source = _read(package, Path(scratch))
        changes = corrections_for(source, correction)
        changes.need_any()
        write_corrected(corrected(source, [correction]), package, target)
    counts = {
        "replaced": changes.replaced,
        "removed": changes.removed,
        "added": changes.added_rows,
    }
    if as_json:
        print_json({"package": str(target), "rows": counts})
        return
    out.print(f"Wrote {target}: {_in_words(counts)}", markup=False)
    if changes.unchanged:
        say(f"{changes.unchanged:,} of the rows read as before: what is wrong in them still is.")
    say(f"Next: orgport check {target}")


def _read(path: Path, scratch: Path) -> Package:
    from orgport.package.read import ReadOptions, form_of, read_package

    options = ReadOptions(allow_custom_fields=True, typed_custom_fields=True)
    reading = read_package(path, form=form_of(path), options=options, scratch=scratch)
    if reading.package is None:
        why = " ".join(f"{finding.message} {finding.hint}" for finding in reading.findings[:3])
        raise BadInput(f"{path.name} has no rows that could be corrected: {why}")
    return reading.package


def _in_words(counts: dict[str, Any]) -> str:
    return ", ".join(
        f"{count:,} {'row' if count == 1 else 'rows'} {what}" for what, count in counts.items()
    )
