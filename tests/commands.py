"""Runs the command line in this process, as a person or a script would, in a folder and store of its own."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from orgport.cli.main import main


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; fails when there is more or less than that."""
        return json.loads(self.out)


@dataclass
class CommandLine:
    """A shell in `folder`, whose store, profiles and home lie there; the environment is what is set."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def __call__(self, *arguments: object, typed: str = "", code: int | None = 0) -> Done:
        """Run `orgport` with arguments and what is typed; it has to end with `code`, None takes any."""
        outs = io.TextIOWrapper(io.BytesIO(), "utf-8", newline=""), io.StringIO()
        with (
            patch.dict(os.environ, self.variables),
            patch.object(sys, "argv", ["orgport", *map(str, arguments)]),
            patch.object(sys, "stdin", io.StringIO(typed)),
            redirect_stdout(outs[0]),
            redirect_stderr(outs[1]),
        ):
            before = Path.cwd()
            os.chdir(self.folder)
            try:
                main()
            except SystemExit as end:
                ended = end.code or 0
            else:
                ended = 0
            finally:
                os.chdir(before)
        outs[0].flush()
        content = outs[0].buffer.getvalue()
        done = Done(int(ended), content.decode(), outs[1].getvalue())
        assert code is None or done.code == code, done
        assert "Traceback" not in done.err
        return done

    @property
    def variables(self) -> Mapping[str, str]:
        return {
            "ORGPORT_STORE": str(self.store),
            "ORGPORT_CONFIG": str(self.folder / "config"),
            "ORGPORT_HOME": str(self.folder / "home"),
            **self.environment,
        }
