"""The commands of the README, taken from it and run as they are typed."""

from __future__ import annotations

import csv
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
RIGHT: dict[Path, str] = {}  # what a file was before it was spoiled
RIGHT_CELLS: dict[str, str] = {}  # and the cells
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


@pytest.fixture
def people(demo: Path) -> Path:
    """The sample's csv, as typed; made already where the first push was typed before."""
    path = demo / "people.csv"
    if not path.exists():
        made = shell(
            block_of("The first push in five commands").splitlines()[1], demo, environment()
        )
        assert made.returncode == 0, made.stderr
    return path


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


def test_a_broken_file_is_mended_as_typed_until_it_is_a_success(demo: Path) -> None:
    enter = block_of("The first push in five commands").splitlines()[0]
    variables = environment()
    checked = shell(block_of("The first push in five commands", 3), demo, variables)
    assert checked.returncode == 6
    shown = block_of("The first push in five commands", 4).splitlines()
    assert [line for line in shown if line not in checked.stdout.splitlines()] == []
    rows = (demo / "mended.csv").read_text(encoding="utf-8-sig")
    assert rows.count(",n/a,") == 13
    (demo / "mended.csv").write_text(rows.replace(",n/a,", ",20.5,"), encoding="utf-8-sig")
    mending = block_of("The first push in five commands", 5)
    done = shell(f"{enter}\n{mending}", demo, variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success  import " in done.stdout


def test_a_push_that_failed_is_mended_as_typed_without_sending_it_again(
    demo: Path, people: Path
) -> None:
    enter = block_of("The first push in five commands").splitlines()[0]
    variables = environment()
    fetch, fix = block_of("The first push in five commands", 6).splitlines()
    break_people(people, "person000030@contoso", "32/01/2026")
    made = shell("orgport pack people.csv --full --yes --out people.zip", demo, variables)
    assert made.returncode == 0, made.stderr
    pushed = shell(f"{enter}\norgport push people.zip", demo, variables)
    assert pushed.returncode == 6
    failed = re.findall(r"import ([0-9a-f-]{36})", pushed.stdout)[0]
    fetched = shell(f"{enter}\n{fetch}", demo, variables)
    assert fetched.returncode == 0, fetched.stderr
    mend(demo / "failed.csv")
    done = shell(f"{enter}\n{fix.replace('ID', failed)}", demo, variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success  import " in done.stdout


def break_people(path: Path, address: str, day: str) -> None:
    """Spoil a manager and a date of the sample, in two rows of different persons."""
    text = RIGHT.setdefault(path, path.read_text())
    header, *lines = text.splitlines()
    columns = header.split(",")
    for line, column, cell in ((20, "ManagerId", address), (30, "EffectiveDate", day)):
        cells = lines[line].split(",")
        RIGHT_CELLS[column] = cells[columns.index(column)]
        cells[columns.index(column)] = cell
        lines[line] = ",".join(cells)
    path.write_text("\n".join([header, *lines, ""]))


def mend(path: Path) -> None:
    """Mend the failed rows of a correction file, as somebody who knows what is right."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    for row in rows:
        column = "ManagerId" if "ManagerId" in row["_errors"] else "EffectiveDate"
        row[column] = RIGHT_CELLS[column]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def test_a_server_of_ones_own_works_as_typed_up_to_its_first_success(tmp_path: Path) -> None:
    install, *lines = block_of("A server of your own").splitlines()
    assert install == "pip install '.[server]'"
    assert lines[-1] == "orgport serve"
    port = free_port()
    variables = environment(ORGPORT_PORT=str(port), XDG_DATA_HOME=str(tmp_path / "data"))
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
    sent = shell(block_of("A server of your own", 2), tmp_path, variables)
    stop(server)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert "Success  import " in sent.stdout
