"""`orgport certificate`: certificates of the data source admin, kept in a local store.

A private key never leaves this machine; its file can be read by its owner alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orgport.cli.files import write_secret
from orgport.cli.terminal import out, print_columns, print_json, say
from orgport.errors import BadInput

app = typer.Typer(help="Make and list certificates.", no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the certificate; its subject is CN=NAME.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
    as_json: JsonFlag = False,
) -> None:
    """Make a key and a self-signed certificate; send its public file to the tenant admin."""
    from orgport.identity.certificates import new_certificate

    name = plain_name(name)
    folder = _folder()
    public, key = folder / f"{name}.cer", folder / f"{name}.key"
    if public.exists() or key.exists():
        raise BadInput(f"There is a certificate {name} already. Choose another name.")
    made = new_certificate(name, days=days, now=datetime.now(UTC))
    write_secret(key, made.private_key_pem)
    public.write_bytes(made.certificate_pem)
    facts = {
        "name": name,
        "certificate": str(public),
        "key": str(key),
        "thumbprintSha1": made.thumbprint_sha1,
        "thumbprintSha256": made.thumbprint_sha256,
        "expires": f"{made.expires_at:%Y-%m-%d}",
    }
    if as_json:
        print_json(facts)
        return
    out.print(f"Certificate CN={name}, expires {made.expires_at:%d %B %Y}", markup=False)
    out.print(f"  thumbprint  {made.thumbprint_sha1}")
    out.print(f"  public      {public}", markup=False)
    out.print(f"  key         {key}  (keep it here)", markup=False)
    say("Send the public file to the tenant admin, who uploads it under App registrations.")


@app.command("list")
def list_certificates(as_json: JsonFlag = False) -> None:
    """List the certificates in the local store."""
    found = []
    for path in sorted(_folder().glob("*.cer")):
        try:
            found.append(_facts(path))
        except BadInput:
            say(f"{path} is not a certificate; left out.")
    if as_json:
        print_json(found)
        return
    print_columns([_line_of(facts) for facts in found])
    if not found:
        say("There is no certificate yet. Make one: orgport certificate new NAME")


@app.command()
def show(name: str, as_json: JsonFlag = False) -> None:
    """Show a certificate's thumbprints, expiry and files."""
    path = _folder() / f"{plain_name(name)}.cer"
    if not path.exists():
        raise BadInput(f"There is no certificate {name}. See: orgport certificate list")
    try:
        facts = _facts(path)
    except BadInput as broken:
        raise BadInput(f"{path}: {broken.message}") from broken
    if as_json:
        print_json(facts)
        return
    for label, value in facts.items():
        out.print(f"{label:<18}{value}", markup=False)


def stored(name: str) -> tuple[Path, Path] | None:
    """The public file and the key of a certificate in the store, by its name or CN=name."""
    folder = _folder()
    public, key = (folder / f"{plain_name(name)}{ending}" for ending in (".cer", ".key"))
    return (public, key) if public.exists() and key.exists() else None


def plain_name(name: str) -> str:
    """The name without `CN=`; raises BadInput for one that is no plain file name."""
    plain = name.strip().removeprefix("CN=").removeprefix("cn=").strip()
    if not plain or len(plain) > 64 or any(c in plain for c in "/\\:\0") or plain.startswith("."):
        raise BadInput(f"{name!r} cannot be the name of a certificate. Use letters and digits.")
    return plain


def _folder() -> Path:
    from orgport.cli.settings import ClientSettings

    folder = ClientSettings().store / "certificates"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _line_of(facts: dict[str, Any]) -> tuple[str, str, str]:
    mark = "  expired" if facts["daysLeft"] < 0 else ""
    return facts["name"], facts["thumbprintSha1"], f"{facts['expires']}{mark}"


def _facts(path: Path) -> dict[str, Any]:
    from orgport.identity.certificates import read_public_certificate

    read = read_public_certificate(path.read_bytes())
    return {
        "name": path.stem,
        "subject": read.subject,
        "thumbprintSha1": read.thumbprint_sha1,
        "thumbprintSha256": read.thumbprint_sha256,
        "keyKind": read.key_description,
        "expires": f"{read.expires_at:%Y-%m-%d}",
        "daysLeft": (read.expires_at - datetime.now(UTC)).days,
        "certificate": str(path),
        "key": str(path.with_suffix(".key")),
    }
