"""The commands of the README, taken from it and run as they are typed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from live import wait_until

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block_of(title: str, number: int = 1) -> str:
    """The n-th block of commands below a heading."""
    section = README.split(f"\n## {title}\n")[1].split("\n## ")[0]
    found: list[str] = re.findall(r"^```\w*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return found[number - 1]


def environment(**more: str) -> dict[str, str]:
    """That of a new terminal, in which `orgport` is found."""
    plain = {name: text for name, text in os.environ.items() if "ORGPORT" not in name}
    del plain["DJANGO_SETTINGS_MODULE"]
    plain["PATH"] = f"{Path(sys.executable).parent}:{plain['PATH']}"
    return plain | {"PYTHONWARNINGS": "ignore"} | more


def shell(
    commands: str, folder: Path, variables: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-ec", commands],
        cwd=folder,
        env=variables,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which `orgport demo`, which `make demo` starts, stays up."""
    folder = tmp_path_factory.mktemp("demo")
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            ["orgport", "demo"],
            cwd=folder,
            env=environment(ORGPORT_PORT=str(free_port())),
            stdout=out,
            stderr=out,
        )
    told = folder / "out.txt"
    wait_until(
        lambda: "It stays up until Ctrl-C." in told.read_text() or process.poll() is not None,
        seconds=120,
    )
    assert process.poll() is None, told.read_text()
    yield folder
    stop(process)


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    named = re.findall(r"^make (\w+)", block_of("Two commands"), re.MULTILINE)
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert named == ["demo", "test"]
    assert set(named) <= set(targets)
    assert "orgport demo" in (ROOT / "Makefile").read_text()


def test_the_demo_shows_the_organization_and_where_to_sign_in(demo: Path) -> None:
    told = (demo / "out.txt").read_text()
    assert "Success  import " in told
    assert "500 persons on 01 November 2026" in told
    for role in ("tenant.admin", "insights.admin", "data.admin"):
        assert f"{role}@contoso.com" in told
    assert "Portal     https://localhost:" in told


def test_the_first_push_works_as_typed_in_five_commands(demo: Path) -> None:
    commands = block_of("The first push in five commands")
    assert len(commands.splitlines()) == 5
    done = shell(commands, demo, environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "accepted  people.zip" in done.stdout
    assert "Success  import " in done.stdout
    ask = block_of("The first push in five commands", 2)
    enter = commands.splitlines()[0]
    asked = shell(f"{enter}\n{ask}", demo, environment())
    assert asked.returncode == 0, asked.stderr
    assert re.match(r"\d+ persons on 30 June 2026\n", asked.stdout)


def test_a_server_of_ones_own_works_as_typed(tmp_path: Path) -> None:
    install, *lines = block_of("A server of your own").splitlines()
    assert install == "pip install 'orgport[server]'"
    assert lines[-1] == "orgport serve"
    port = free_port()
    variables = environment(ORGPORT_PORT=str(port))
    password = "a long enough password\n"
    done = shell("\n".join(lines[:-1]), tmp_path, variables, typed=password * 2)
    assert done.returncode == 0, done.stderr
    assert "admin@contoso.com may sign in as tenant_admin, insights_admin of Contoso" in done.stdout
    log = (tmp_path / "serve.txt").open("wb")
    server = subprocess.Popen(
        lines[-1].split(), cwd=tmp_path, env=variables, stdout=log, stderr=log
    )
    log.close()
    told = tmp_path / "serve.txt"
    wait_until(lambda: f"https://localhost:{port}" in told.read_text() or server.poll() is not None)
    stop(server)
