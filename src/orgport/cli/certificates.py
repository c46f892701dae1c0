"""`orgport certificate`: certificates of the data source admin, kept in a local store.

A private key never leaves this machine; its file can be read by its owner alone.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orgport.cli.settings import ClientSettings
from orgport.cli.terminal import out, print_json, say
from orgport.errors import BadInput

app = typer.Typer(help="Make and list certificates.", no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the certificate; its subject is CN=NAME.")],
    days: Annotated[int, typer.Option(help="Days until it expires.")] = 365,
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
    found = [_facts(path) for path in sorted(_folder().glob("*.cer"))]
    if as_json:
        print_json(found)
    elif not found:
        say("There is no certificate yet. Make one: orgport certificate new NAME")
    for facts in [] if as_json else found:
        out.print(
            f"{facts['name']:<24} {facts['thumbprintSha1']}  expires {facts['expires']}",
            markup=False,
        )


@app.command()
def show(name: str, as_json: JsonFlag = False) -> None:
    """Show a certificate's thumbprints, expiry and files."""
    path = _folder() / f"{plain_name(name)}.cer"
    if not path.exists():
        raise BadInput(f"There is no certificate {name}. See: orgport certificate list")
    facts = _facts(path)
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


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _folder() -> Path:
    folder = ClientSettings().store / "certificates"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _facts(path: Path) -> dict[str, str]:
    from orgport.identity.certificates import read_public_certificate

    read = read_public_certificate(path.read_bytes())
    days = (read.expires_at - datetime.now(UTC)).days
    state = f"in {days} days" if days >= 0 else "expired"
    return {
        "name": path.stem,
        "subject": read.subject,
        "thumbprintSha1": read.thumbprint_sha1,
        "thumbprintSha256": read.thumbprint_sha256,
        "keyKind": read.key_description,
        "expires": f"{read.expires_at:%Y-%m-%d} ({state})",
        "certificate": str(path),
        "key": str(path.with_suffix(".key")),
    }
