"""Findings of the package, metadata and header stages, in their wording."""

from __future__ import annotations

from collections.abc import Iterable

from orgport.finding import Finding, Level, Pointer, Severity, shorten


def error(
    code: str,
    level: Level,
    message: str,
    *,
    hint: str = "",
    pointer: Pointer | None = None,
    expected: str = "",
) -> Finding:
    """A finding that fails the import."""
    return Finding(
        code, Severity.ERROR, level, message, hint, pointer or Pointer(), expected=expected
    )


def package_error(code: str, message: str, *, hint: str = "", file: str | None = None) -> Finding:
    """An error of the package stage."""
    return error(code, Level.PACKAGE, message, hint=hint, pointer=Pointer(file=file))


def metadata_error(
    code: str,
    message: str,
    *,
    hint: str = "",
    header: str | None = None,
    field: str | None = None,
    value: str | None = None,
    line: int | None = None,
    column: int | None = None,
    expected: str = "",
    file: str = "metadata.json",
) -> Finding:
    """An error of the metadata stage; line and column are those of the json."""
    pointer = Pointer(
        file=file,
        line=line,
        column=column,
        header=header,
        field=field,
        value=None if value is None else shorten(value),
    )
    return error(code, Level.METADATA, message, hint=hint, pointer=pointer, expected=expected)


def header_error(
    code: str,
    message: str,
    *,
    hint: str = "",
    line: int | None = None,
    column: int | None = None,
    header: str | None = None,
    field: str | None = None,
    file: str = "data.csv",
) -> Finding:
    """An error of the header stage."""
    pointer = Pointer(file=file, line=line, column=column, header=header, field=field)
    return error(code, Level.HEADER, message, hint=hint, pointer=pointer)


def advice(
    code: str, level: Level, message: str, *, hint: str = "", pointer: Pointer | None = None
) -> Finding:
    """A finding that changes nothing."""
    return Finding(code, Severity.ADVICE, level, message, hint, pointer or Pointer())


def listed(names: Iterable[str], *, most: int = 20) -> str:
    """Names as a message lists them; `none` when there are none, the rest as a count."""
    every = list(names)
    shown = ", ".join(shorten(name) or "(blank)" for name in every[:most]) or "none"
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"
