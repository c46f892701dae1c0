"""Runs the command line in this process, as a person or a script would, in a folder and store of its own."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from live import Live, Sender
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

    def apart(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run `orgport` in a process of its own: it opens the database of the server beside it."""
        return subprocess.run(
            [sys.executable, "-m", "orgport.cli", *map(str, arguments)],
            cwd=self.folder,
            env={
                **{name: text for name, text in os.environ.items() if "ORGPORT" not in name},
                **self.variables,
                "DJANGO_SETTINGS_MODULE": "orgport.server.django_settings",
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def variables(self) -> Mapping[str, str]:
        return {
            "ORGPORT_STORE": str(self.store),
            "ORGPORT_CONFIG": str(self.folder / "config"),
            "ORGPORT_HOME": str(self.folder / "home"),
            **self.environment,
        }


@dataclass(frozen=True)
class Site:
    """A running server, and who may push to it."""

    live: Live
    sender: Sender

    def beside(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the server's own machine."""
        return subprocess.run(
            [sys.executable, "-m", "orgport.cli", *arguments],
            env=self.live.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def shell_at(site: Site, folder: Path) -> CommandLine:
    """A shell whose environment says where to push and as whom, with the certificate in its store."""
    shell = CommandLine(folder)
    certificates = shell.store / "certificates"
    certificates.mkdir(parents=True)
    (certificates / "hris.cer").write_text(site.sender.certificate)
    (certificates / "hris.key").write_text(site.sender.key)
    shell.environment.update(
        ORGPORT_LOGIN_URL=site.live.url,
        ORGPORT_TENANT_ID=site.sender.tenant,
        ORGPORT_APP_ID=site.sender.app,
        ORGPORT_CERTIFICATE="hris",
        ORGPORT_CA=str(site.live.home / "tls" / "ca.pem"),
    )
    return shell


class Screen:
    """A terminal, of 80 columns unless said, in which a process runs."""

    def __init__(
        self, command: list[str], *, folder: Path, variables: Mapping[str, str], width: int = 80
    ) -> None:
        self._terminal, theirs = pty.openpty()
        plain = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**plain, **variables, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.seen = ""

    def wait(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        os.close(self._terminal)
        return self._process.wait(60)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and type the answer to it."""
        start = len(self.seen)
        while question not in self.seen[start:]:
            assert self._read(), self.seen
        os.write(self._terminal, f"{text}\n".encode())

    @property
    def lines(self) -> list[str]:
        """What can be read in the end: without colours, and of a line that is written anew the last."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen.replace("\r\n", "\n"))
        return [line.rpartition("\r")[2] for line in plain.split("\n")]

    def _read(self) -> bool:
        try:
            content = os.read(self._terminal, 4096)
        except OSError:  # how Linux says that the process has closed its side
            return False
        self.seen += content.decode(errors="replace")
        return bool(content)
