"""The command as a whole: its version and help, and what a person reads when something stops it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import CommandLine
from orgport import __version__
from orgport.cli.main import main


def run(
    *arguments: str, folder: Path, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    environment = {name: text for name, text in os.environ.items() if "ORGPORT" not in name}
    return subprocess.run(
        [sys.executable, "-m", "orgport.cli", *arguments],
        cwd=folder,
        env=environment | (variables or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_version_is_printed_without_any_command(orgport: CommandLine) -> None:
    assert orgport("--version").out == f"orgport {__version__}\n"


def test_without_a_command_the_help_is_shown(orgport: CommandLine) -> None:
    done = orgport(code=2)
    assert "Commands:" in done.out + done.err


def test_a_command_that_is_misspelt_ends_with_2_and_a_suggestion(orgport: CommandLine) -> None:
    assert "Did you mean 'people'" in orgport("poeple", code=2).err


def test_a_setting_that_cannot_be_read_is_named_with_its_value(orgport: CommandLine) -> None:
    orgport.environment["ORGPORT_TRACE"] = "perhaps"
    done = orgport("certificate", "list", code=2)
    assert done.err.startswith("orgport: ORGPORT_TRACE=perhaps: ")
    assert done.err.endswith("Correct or unset it.\n")


def test_a_setting_of_the_server_that_cannot_be_read_is_named_with_its_value(
    orgport: CommandLine,
) -> None:
    orgport.environment["ORGPORT_PORT"] = "https"
    assert orgport("serve", code=2).err.startswith("orgport: ORGPORT_PORT=https: ")


def test_a_file_that_cannot_be_written_is_named(orgport: CommandLine) -> None:
    orgport("sample", "--persons", 5, "--months", 1, "--out", "s.csv")
    (orgport.folder / "s.zip").mkdir()
    assert "s.zip is a folder" in orgport("pack", "s.csv", "--full", "--yes", code=2).err
    (orgport.folder / "store").write_text("in the way")
    assert "store" in orgport("certificate", "new", "hris", code=2).err


def test_a_package_that_is_not_installed_is_named_with_the_way_to_get_it(
    orgport: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.delitem(sys.modules, "orgport.package.template", raising=False)
    done = orgport("template", code=2)
    assert "openpyxl" in done.err
    assert "pip install 'orgport[server]'" in done.err


def test_a_fault_of_ours_ends_with_1_and_says_how_to_report_it(
    orgport: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orgport.package.template.write_template", lambda _path: 1 / 0)
    done = orgport("template", code=1)
    assert done.err == (
        "orgport: a fault of ours (ZeroDivisionError). "
        "Run it again with ORGPORT_TRACE=1 to see where, and report that.\n"
    )


def test_a_fault_of_ours_shows_its_place_when_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("orgport.package.template.write_template", lambda _path: 1 / 0)
    monkeypatch.setenv("ORGPORT_TRACE", "1")
    monkeypatch.setattr(sys, "argv", ["orgport", "template", "--out", str(tmp_path)])
    with pytest.raises(ZeroDivisionError):
        main()


def test_a_home_that_no_server_has_used_is_told_apart_from_a_fault(tmp_path: Path) -> None:
    home = {"ORGPORT_HOME": str(tmp_path)}
    (tmp_path / "records.sqlite3").touch()
    done = run("undo", "1", "--yes", folder=tmp_path, variables=home)
    assert done.returncode == 2
    assert "records.sqlite3 are missing, or of an older version" in done.stderr
    assert "orgport serve brings them up to date" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "people",
        "history",
        "tables",
        "people --tenant-id 11111111-2222-4333-8444-555555555555",
        "preview 1",
        "undo 1 --dry-run",
        "restore 1 --dry-run",
        "delete list 1",
        "delete fields HireDate --dry-run",
        "erase ada@contoso.com --dry-run",
        "abandon 1",
        "tenant list",
        "user list",
        "user create ada@contoso.com --role approver",
        "app list",
    ],
)
def test_where_no_server_keeps_its_home_a_command_says_so_and_makes_none(
    tmp_path: Path, command: str
) -> None:
    done = run(*command.split(), folder=tmp_path)
    assert done.returncode == 2
    assert str(tmp_path / "var" / "orgport") in done.stderr
    assert "set ORGPORT_HOME to its home folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_tenant_needs_a_name_that_can_be_kept(tmp_path: Path) -> None:
    home = {"ORGPORT_HOME": str(tmp_path)}
    for name in (" ", "n" * 129):
        done = run("tenant", "create", name, folder=tmp_path, variables=home)
        assert done.returncode == 2
        assert "A tenant needs a name of 1 to 128 characters." in done.stderr


def test_a_database_that_does_not_answer_is_told_with_its_reason(tmp_path: Path) -> None:
    nobody = {"ORGPORT_DATABASE_URL": "postgresql://localhost:1/x", "ORGPORT_HOME": str(tmp_path)}
    done = run("tenant", "list", folder=tmp_path, variables=nobody)
    assert done.returncode == 2
    assert "The server's database does not answer: " in done.stderr
    assert "Mend ORGPORT_DATABASE_URL" in done.stderr


def test_where_nobody_answers_a_question_the_flag_that_does_is_named(orgport: CommandLine) -> None:
    orgport("sample", "--persons", 5, "--months", 1, "--out", "s.csv")
    said = "Nobody is here to answer, so nothing was done. Give {} to go on without asking.\n"
    assert said.format("--full or --incremental") in orgport("pack", "s.csv", code=2).err
    assert said.format("--yes") in orgport("pack", "s.csv", "--full", code=2).err


def test_an_interrupt_ends_with_130_and_without_a_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "orgport.cli", "sample", "--persons", "2000000", "--out", "s.csv"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "s.csv.part").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("encoding", "value", "more"),
    [
        ("ascii", r"n\xf6body", "... and 6 more"),
        ("latin-1", "nöbody", "... and 6 more"),
        ("utf-8", "nöbody", "… and 6 more"),
    ],
)
def test_an_output_of_any_encoding_is_written_in_signs_that_it_has(
    tmp_path: Path, encoding: str, value: str, more: str
) -> None:
    row = "ada@contoso.com,nöbody,Sales,31/31/2025\n"
    (tmp_path / "p.csv").write_text(
        f"PersonId,ManagerId,Organization,EffectiveDate\n{row * 9}", "utf-8"
    )
    command = [sys.executable, "-m", "orgport.cli", "check", "p.csv"]
    told, document = (
        subprocess.run(
            [*command, *flags],
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            stdout=subprocess.PIPE,
            check=False,
        ).stdout.decode(encoding)
        for flags in ([], ["--json"])
    )
    assert f"ManagerId, line 2: {value} is not" in told
    assert more in told
    assert "nöbody" in [finding["value"] for finding in json.loads(document)["findings"]]


def test_output_that_nobody_reads_on_is_no_fault(tmp_path: Path) -> None:
    run("sample", "--persons", "5", "--months", "1", "--out", "s.zip", folder=tmp_path)
    command = f"{sys.executable} -m orgport.cli check s.zip --json | true"
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_check_imports_neither_the_server_nor_the_network(tmp_path: Path) -> None:
    run("sample", "--persons", "5", "--months", "1", "--out", "s.zip", folder=tmp_path)
    program = (
        "import sys; sys.argv = ['orgport', 'check', 's.zip']\n"
        "from orgport.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'django', 'httpx', 'pydantic_settings', 'deltalake', 'openpyxl', 'jwt', 'dbos'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]"
