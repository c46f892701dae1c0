"""`orgport profile`: named targets, a server each with tenant, app and certificate.

No secret lies in them: a certificate is named, its key stays where it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orgport.cli.files import clean_path
from orgport.cli.targets import addresses, certificate_files, guid
from orgport.cli.terminal import out, print_json, say
from orgport.errors import BadInput, NotFound

if TYPE_CHECKING:
    from orgport.cli.settings import ClientSettings

app = typer.Typer(help="Named targets to push to.", no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_NAME_LENGTH = 64


@app.command("set")
def set_profile(
    name: Annotated[str, typer.Argument(help="A short name, such as test or live.")],
    login_url: Annotated[str, typer.Option(help="Login base, an https address.")] = "",
    api_url: Annotated[str, typer.Option(help="API base; else the login base.")] = "",
    tenant_id: Annotated[str, typer.Option(help="Directory (tenant) ID.")] = "",
    app_id: Annotated[str, typer.Option(help="Application (client) ID.")] = "",
    certificate: Annotated[
        str, typer.Option(help="Name in the local store, CN=name, or a PEM file.")
    ] = "",
    key: Annotated[str, typer.Option(help="PEM file of the key, if not in the first.")] = "",
    ca: Annotated[str, typer.Option(help="PEM file of a local authority.")] = "",
) -> None:
    """Make a profile, or change what is given of it; the first one is in use at once."""
    settings = _settings()
    kept = _load(settings)
    given = {
        "login_url": login_url,
        "api_url": api_url,
        "tenant_id": tenant_id and guid(tenant_id, "tenant ID"),
        "app_id": app_id and guid(app_id, "application ID"),
        "certificate": _file(certificate) if clean_path(certificate).is_file() else certificate,
        "key": key and _file(key),
        "ca": ca and _file(ca),
    }
    profile = kept["profiles"].get(_plain(name), {}) | {k: v for k, v in given.items() if v}
    _check(settings, profile)
    kept["profiles"][name] = profile
    kept["inUse"] = kept["inUse"] or name
    _save(settings, kept)
    out.print(f"Profile {name}: {profile['login_url']}", markup=False)
    say(f"Try it: orgport doctor --profile {name}")


@app.command("list")
def list_profiles(as_json: JsonFlag = False) -> None:
    """List the profiles; an asterisk marks the one in use."""
    kept = _load(_settings())
    found = [_facts(kept, name) for name in sorted(kept["profiles"])]
    if as_json:
        print_json(found)
        return
    for facts in found:
        mark = "*" if facts["inUse"] else " "
        out.print(f"{mark} {facts['name']:<16} {facts['loginUrl']}", markup=False)
    if not found:
        say("There is no profile yet. Make one: orgport profile set NAME --login-url URL")


@app.command("show")
def show_profile(name: str, as_json: JsonFlag = False) -> None:
    """Show a profile."""
    settings = _settings()
    read(settings, name)
    facts = _facts(_load(settings), name)
    if as_json:
        print_json(facts)
        return
    for label, value in facts.items():
        out.print(f"{label:<12} {value}", markup=False)


@app.command("use")
def use_profile(name: str) -> None:
    """Make a profile the one that commands take when nothing else is said."""
    settings = _settings()
    read(settings, name)
    _save(settings, _load(settings) | {"inUse": name})
    out.print(f"In use: {name}", markup=False)


@app.command("remove")
def remove_profile(name: str) -> None:
    """Remove a profile; certificates and servers stay as they are."""
    settings = _settings()
    read(settings, name)
    kept = _load(settings)
    del kept["profiles"][name]
    kept["inUse"] = "" if kept["inUse"] == name else kept["inUse"]
    _save(settings, kept)
    out.print(f"Removed profile {name}", markup=False)


def read(settings: ClientSettings, name: str) -> dict[str, Any]:
    """The settings of a profile; raises NotFound."""
    profiles = _load(settings)["profiles"]
    if name not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise NotFound(
            f"There is no profile {name} (known: {known}). Make it: orgport profile set {name}"
        )
    return {
        field: Path(value) if field in ("key", "ca") else value
        for field, value in profiles[name].items()
    }


def in_use(settings: ClientSettings) -> str:
    """The name of the profile in use; empty if there is none."""
    return str(_load(settings)["inUse"])


def _settings() -> ClientSettings:
    from orgport.cli.settings import ClientSettings

    return ClientSettings()


def _check(settings: ClientSettings, profile: dict[str, str]) -> None:
    if not profile.get("login_url"):
        raise BadInput("Say where the server is: --login-url https://host:port")
    addresses(settings.model_copy(update={"login_url": "", "api_url": ""} | profile))
    if profile.get("certificate"):
        certificate_files(settings, profile["certificate"])


def _file(text: str) -> str:
    path = clean_path(text)
    if not path.is_file():
        raise BadInput(f"There is no file {path}. Give the path of a PEM file.")
    return str(path.resolve())


def _plain(name: str) -> str:
    if not name.strip() or name != name.strip() or len(name) > _NAME_LENGTH:
        raise BadInput(f"{name!r} cannot be the name of a profile. Use letters and digits.")
    return name


def _facts(kept: dict[str, Any], name: str) -> dict[str, Any]:
    profile = kept["profiles"][name]
    facts: dict[str, Any] = {"name": name, "inUse": kept["inUse"] == name}
    for field, value in profile.items():
        first, *rest = field.split("_")
        facts[first + "".join(word.capitalize() for word in rest)] = value
    return facts


def _load(settings: ClientSettings) -> dict[str, Any]:
    path = settings.config / "profiles.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {"inUse": str(kept["inUse"]), "profiles": dict(kept["profiles"])}
    except FileNotFoundError:
        return {"inUse": "", "profiles": {}}
    except (ValueError, KeyError, TypeError) as broken:
        raise BadInput(f"{path} cannot be read as profiles. Mend or remove the file.") from broken


def _save(settings: ClientSettings, kept: dict[str, Any]) -> None:
    settings.config.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.config / "profiles.json"
    part = path.with_name("profiles.json.part")
    part.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
