"""Writes the pages of docs/reference that are made from the code, so that they cannot rot: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic_settings import BaseSettings

from orgport import errors
from orgport.cli.main import app
from orgport.cli.settings import ClientSettings
from orgport.server.settings import Settings

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
_WIDTH = 100
_NOTE = "<!-- Made by `make docs` from the code. Change the code, not this file. -->"

EXIT_CODES = {
    0: "succeeded",
    1: "a fault of ours",
    2: "bad input or usage",
    3: "sign-in failed",
    4: "forbidden, or no connection is set up",
    5: "another import is running",
    6: "validation failed; `check` too",
    7: "processing failed",
    8: "network or time-out",
    9: "the import was abandoned",
    10: "an undo, a restore or a deletion waits for an approver; nothing has changed yet",
    130: "broken off by the person",
}


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command with its name as typed, groups before what is in them."""
    command = command or typer.main.get_command(app)
    yield " ".join(("orgport", *path)), command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


def variables(settings: type[BaseSettings]) -> Iterator[tuple[str, str, str]]:
    """Every setting: its environment variable, its default and what it is."""
    prefix = settings.model_config["env_prefix"]
    for name, field in settings.model_fields.items():
        made_here = field.default_factory is not None
        default = "a folder of the user's own" if made_here else _plain(field.default)
        yield f"{prefix}{name.upper()}", default, field.description or ""


def exceptions(of: type[errors.OrgportError] = errors.OrgportError) -> Iterator[type[Any]]:
    """Every error of errors.py, parents before children."""
    for child in of.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from exceptions(child)


def command_line() -> str:
    """The page about the command line: exit codes, and the help of every command."""
    lines = [
        _NOTE,
        "# The command line",
        "",
        "Results go to standard output, progress and messages to standard error. With `--json` a command",
        "prints one [JSON document](json.md) and nothing else there. Flags go before a profile that is named",
        "with `--profile`, that before the [environment](settings.md), that before the profile in use.",
        "",
        "## Exit codes",
        "",
        "| code | means |",
        "| --- | --- |",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
    ]
    for name, command in list(commands())[1:]:
        context = command.make_context(
            name, [], resilient_parsing=True, terminal_width=_WIDTH, max_content_width=_WIDTH
        )
        context.info_name = name
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        lines += ["", f"## {name}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """The page about the settings of command line and server."""
    lines = [
        _NOTE,
        "# Settings",
        "",
        "Environment variables, all optional. What the server keeps lies under `ORGPORT_HOME`.",
    ]
    for title, model in (("The command line", ClientSettings), ("The server", Settings)):
        lines += [
            "",
            f"## {title}",
            "",
            "| variable | default | what it is |",
            "| --- | --- | --- |",
        ]
        lines += [f"| `{name}` | {value} | {what} |" for name, value, what in variables(model)]
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """The page about errors: code, HTTP status, exit code and meaning of each."""
    lines = [
        _NOTE,
        "# Errors",
        "",
        "What stops an act, as opposed to what is wrong with the data of a package: that is a finding. The",
        "code of an error never changes its meaning; it stands in the answers of the API, and decides the",
        "exit code of the command line.",
    ]
    for error in exceptions():
        lines += [
            "",
            f"## {error.code}",
            "",
            f"{error.__doc__} HTTP status {error.http_status}, exit code {error.exit_code}.",
        ]
    return "\n".join(lines) + "\n"


PAGES = {"command-line.md": command_line, "settings.md": settings_page, "errors.md": errors_page}


def _plain(default: object) -> str:
    if default in (None, "", ()):
        return "none"
    return f"`{default}`"


if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
