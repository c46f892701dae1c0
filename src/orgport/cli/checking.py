"""`orgport check` and `explain`: the server's own verdict before the first push, and what its codes mean."""

from __future__ import annotations

import os
import shlex
import tempfile
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.files import need_folder, need_new
from orgport.cli.packages import FILLING_IN, ExistingFile, JsonFlag
from orgport.cli.previewing import print_figures
from orgport.cli.terminal import byte_progress, out, print_json, say, tell
from orgport.errors import BadInput

if TYPE_CHECKING:
    from orgport.cli.judging import Judged
    from orgport.validation.verdict import Verdict


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(check)
    app.command()(explain)


def check(
    package: ExistingFile,
    as_json: JsonFlag = False,
    errors: Annotated[Path | None, typer.Option(help="Write the error log here.")] = None,
    correction_file: Annotated[
        Path | None, typer.Option(help="Write the failed rows here, to be mended.")
    ] = None,
    exclude_invalid_rows: Annotated[
        bool, typer.Option("--exclude-invalid-rows", help="Leave rows with invalid data out.")
    ] = False,
    custom_fields: Annotated[
        bool, typer.Option("--custom-fields", help="Take fields beyond the catalogue.")
    ] = False,
    typed_custom_fields: Annotated[
        bool, typer.Option("--typed-custom-fields", help="Of any type, not String alone.")
    ] = False,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="An earlier package as stored data; repeat it, oldest first.",
        ),
    ] = None,
    first_import: Annotated[
        bool, typer.Option("--first-import", help="Judge as the tenant's first import.")
    ] = False,
    as_upload: Annotated[
        bool, typer.Option("--as-upload", help="Judge as a csv that is uploaded in the portal.")
    ] = False,
    ruleset: Annotated[str, typer.Option(help="The rule set to judge by.")] = "",
    measured: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A csv with one column, PersonId: who should be in the data.",
        ),
    ] = None,
    max_blank_managers: Annotated[
        float, typer.Option(min=0, max=100, help="Persons without a manager, in percent.")
    ] = 5,
    max_excluded: Annotated[
        float, typer.Option(min=0, max=100, help="Rows that may be left out, in percent.")
    ] = 20,
    loose_values: Annotated[
        bool, typer.Option("--loose-values", help="Take any SupervisorIndicator, with advice.")
    ] = False,
    self_report_means_top: Annotated[
        bool,
        typer.Option("--self-report-means-top", help="Take self-reporting persons as the top."),
    ] = False,
    lenient_integers: Annotated[
        bool, typer.Option("--lenient-integers", help="Take 5.0 as a whole number.")
    ] = False,
    partial_field: Annotated[
        list[str] | None,
        typer.Option(help="A field that concerns only part of the staff; may be repeated."),
    ] = None,
) -> None:
    """Judge PACKAGE as the server would.

    It is a .zip, .csv or .json; exit 6 when it would be refused.
    """
    if not against:  # to fold those Polars needs its threads; the engine has its own
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from orgport.cli import report
    from orgport.cli.judging import judge
    from orgport.imports.addresses import read_addresses
    from orgport.package.read import ReadOptions
    from orgport.package.template_name import is_template
    from orgport.rule import known_rule_set
    from orgport.validation.verdict import ValidationSettings

    for target in (errors, correction_file):
        if target is not None:
            need_folder(target, read=[package, measured, *(against or [])])
    if correction_file is not None:
        need_new(correction_file)
    settings = ValidationSettings(
        rule_set=known_rule_set(ruleset),
        exclude_invalid_rows=exclude_invalid_rows,
        max_excluded_share=max_excluded / 100,
        max_blank_manager_share=max_blank_managers / 100,
        strict_values=not loose_values,
        self_report_means_top=self_report_means_top,
        lenient_integers=lenient_integers,
        partial_fields=frozenset(partial_field or ()),
    )
    options = ReadOptions(
        allow_custom_fields=custom_fields or typed_custom_fields or as_upload,
        typed_custom_fields=typed_custom_fields,
        upload_name=package.name if as_upload else None,
    )
    with tempfile.TemporaryDirectory(prefix="orgport-") as scratch:
        with byte_progress("Checking", None) as advance:
            judged = judge(
                package,
                scratch=Path(scratch),
                settings=settings,
                options=options,
                against=against or [],
                is_first=first_import,
                measured=read_addresses(measured) if measured else (),
                upload_date=datetime.now(UTC).date(),
                progress=lambda done, _rows: advance(done),
            )
        if errors:
            report.write_error_log(judged.verdict, errors)
        has_rows = False
        if correction_file:
            has_rows = report.write_correction_file(judged, correction_file)
        if as_json:
            print_json(report.as_document(judged.verdict) | report.changes_document(judged))
        else:
            report.print_verdict(judged.verdict, name=package.name)
            if package.suffix.lower() == ".csv" and not as_upload:
                _say_what_is_assumed(judged.verdict, package)
            if judged.proposal is not None:
                print_figures(judged.proposal)
            has_other_files = any(count.code == "PKG_FILES" for count in judged.verdict.counts)
            # Other files are only told of what is safe to open.
            if has_other_files and is_template(package):
                say(f"{package.name} is the template, still to be filled in: {FILLING_IN}")
            else:
                _say_where_to_read_on(judged, errors, correction_file, has_rows=has_rows)
        raise typer.Exit(0 if judged.verdict.accepted else 6)


def _say_what_is_assumed(verdict: Verdict, package: Path) -> None:
    """Which refresh a csv was judged as, for it says none itself, and how to have it judged otherwise."""
    from orgport.package.model import Refresh

    if verdict.refresh is Refresh.FULL:
        tell(
            "A csv says no refresh: this one was judged as the first import, which replaces all data. A "
            "later one adds and edits: --against with the packages before it judges it so. What does not "
            f"depend on that is a package: orgport pack {shlex.quote(str(package))}",
            style="dim",
        )
    elif verdict.refresh is Refresh.INCREMENTAL:
        tell(
            "A csv says no refresh: with --against this one was judged as a later import, which adds and "
            "edits. To replace all data, make it a package: "
            f"orgport pack {shlex.quote(str(package))} --full",
            style="dim",
        )


def _say_where_to_read_on(
    judged: Judged, errors: Path | None, correction_file: Path | None, *, has_rows: bool
) -> None:
    from orgport.finding import Level, Severity

    if correction_file and judged.package is None:
        say("The package cannot be read, so there are no rows to mend and no correction file.")
    elif correction_file and has_rows:
        say(f"Wrote {correction_file}: mend its rows, then orgport fix.")
    elif correction_file:
        say(f"No row to mend: {correction_file} has the header alone.")
    elif not (judged.verdict.accepted or errors):
        of_rows = (Level.ROW, Level.VALUE, Level.POPULATION)
        wrong = [one for one in judged.verdict.counts if one.severity is Severity.ERROR]
        is_of_rows = any(one.level in of_rows for one in wrong)
        to_mend = " The rows to mend: --correction-file mend.csv." if is_of_rows else ""
        say(f"All of it: --errors log.csv.{to_mend}")


def explain(
    code: Annotated[
        str, typer.Argument(help="A code such as VAL_DATE; or words, to list the codes about them.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Say what a rule means, and how to mend what breaks it."""
    from orgport.rulebook.markdown import as_document, as_markdown
    from orgport.rulebook.pages import pages

    page = pages().get(code.strip().upper())
    if page is not None:
        if as_json:
            print_json(as_document(page))
        else:
            out.print(as_markdown(page), markup=False, highlight=False, end="")
        return
    found = [page for page in pages().values() if page.says(code)]
    if not found:
        near = get_close_matches(code.upper(), pages(), n=1)
        hint = f"Did you mean {near[0]}?" if near else "See the list: orgport explain"
        raise BadInput(f"There is no rule {code}. {hint}")
    if as_json:
        print_json([as_document(page) for page in found])
        return
    for page in found:
        out.print(f"{page.code:<26} {page.rule.severity.value:<8} {page.title}", markup=False)
