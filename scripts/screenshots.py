"""`make screenshots`: every page of the portal and its states, light and dark, wide, middle, narrow.

The pictures are for looking at, into `screenshots/`; nothing compares them. A demo makes the real
part (a first success, a refused package), `staged_states` the rest; then the server runs without a
worker, so that the running import stands still. Words given to the script narrow the looks to those
that they name, and the pictures to names that hold one of the other words. Its last lines name the
pages that scroll sideways, which none should.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from staged_states import ACCOUNTS, PASSWORD, stage

HOME = Path("var/screenshots").resolve()
OUT = Path("screenshots")
ORGPORT = str(Path(sys.executable).with_name("orgport"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
BROKEN = """PersonId,ManagerId,Organization,EffectiveDate
person000001@contoso.com,person000000@contoso.com,Sales North,31/31/2025
person000002@contoso,person000000@contoso.com,Sales South,12/01/2025
person000003@contoso.com,head of sales,,12/01/2025
person000004@contoso.com,person000005@contoso.com,Legal,12/01/2025
person000005@contoso.com,person000004@contoso.com,Legal,12/01/2025
"""
DATA = "/organizational-data/"
ONE = "[0-9a-f-]{36}"
PERSON = "person000003@contoso.com"  # of the sample: a manager


@dataclass(frozen=True, slots=True)
class Look:
    """A way to look at a page."""

    name: str
    width: int
    theme: str = "light"
    forces_colours: bool = False


LOOKS = (
    Look("light-1280", 1280),
    Look("dark-1280", 1280, "dark"),
    Look("light-768", 768),
    Look("light-360", 360),
    Look("dark-360", 360, "dark"),
    Look("light-320", 320),
    Look("forced-1280", 1280, "dark", forces_colours=True),
)

# Of every account the pages to open; a pattern stands for the first link on the page before it.
PAGES: dict[str, tuple[str, ...]] = {
    "everything": (
        "/",
        "/?field=TimeZone",
        DATA,
        f"/imports/{ONE}/",
        f"{DATA}?page=2",
        f"{DATA}?status=success&source=automated&span=month",
        f"{DATA}?status=running&source=csv",
        f"{DATA}data-quality/",
        f"{DATA}data-quality/measured/",
        f"{DATA}data-quality/measured/clear/",
        f"{DATA}consumers/",
        f"{DATA}data-quality/field/?field=Organization",
        f"{DATA}data-quality/trend/",
        f"{DATA}persons/",
        f"{DATA}persons/?page=2",
        f"{DATA}persons/?q=nobody",
        f"{DATA}persons/person/?address={PERSON}",
        f"{DATA}organization/",
        f"{DATA}organization/?at={PERSON}",
        f"{DATA}organization/?q=person00001",
        f"{DATA}delete-fields/",
        f"{DATA}delete-employees/",
        f"{DATA}erase-persons/",
        f"{DATA}data-sources/",
        f"{DATA}data-sources/automated-import/",
        f"{DATA}data-sources/csv-upload/",
        f"{DATA}automated-import/",
        f"{DATA}data-sources/",
        f"{DATA}automated-import/{ONE}/",
        f"{DATA}automated-import/{ONE}/rules/",
        f"{DATA}automated-import/{ONE}/",
        f"{DATA}automated-import/{ONE}/guard-rails/",
        "/notices/",
        "/access-tokens/",
        "/app-registrations/",
        f"/app-registrations/{ONE}/",
        f"/app-registrations/{ONE}/certificates/new/",
        "/app-registrations/new/",
        "/help/",
        "/help/VAL_DATE/",
        "/nothing-here/",
    ),
    "analyst": ("/", f"{DATA}data-quality/", DATA),
    "data-source-admin": (DATA, "/notices/"),
    "nobody": ("/",),
    "newcomer": (
        "/",
        DATA,
        f"{DATA}data-quality/",
        f"{DATA}persons/",
        f"{DATA}organization/",
        "/app-registrations/",
        "/notices/",
    ),
    "spreadsheets": (
        DATA,
        f"{DATA}csv-upload/",
        f"{DATA}csv-upload/{ONE}/",
        f"{DATA}csv-upload/new/",
    ),
    "long-names": (
        "/",
        DATA,
        f"/imports/{ONE}/",
        f"{DATA}data-sources/",
        f"{DATA}automated-import/{ONE}/",
        "/app-registrations/",
        f"/app-registrations/{ONE}/",
    ),
}


def main(words: list[str]) -> None:
    """Start a demo, give it a refused package, stage the rest, and take the pictures."""
    looks = [look for look in LOOKS if look.name in words] or LOOKS
    words = [word for word in words if word not in {look.name for look in LOOKS}]
    OUT.mkdir(exist_ok=True)
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    with _running([ORGPORT, "demo"], until="Ctrl-C"):
        variables = _variables(HOME / "demo.env")
        broken = _push_broken(variables)
        made = _first_success()
    stage(HOME)
    port = re.search(r":(\d+)", variables["PORTAL_URL"])
    flags = ["--port", port.group(1)] if port else []
    too_wide = []
    with (
        _running([ORGPORT, "serve", "--no-worker", *flags], until="answers at"),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        base = variables["PORTAL_URL"].rstrip("/")
        for look in looks:
            photographer = Photographer(browser, base, look, words)
            photographer.sign_in_page()
            for account, paths in PAGES.items():
                more = (*_of_failed(broken), *_of_success(made)) if account == "everything" else ()
                photographer.tour(account, (*paths, *more))
            photographer.open_windows()
            too_wide += photographer.too_wide
    print("\n".join(too_wide) or "No page scrolls sideways.")


def _of_failed(key: str) -> tuple[str, ...]:
    parts = ("", "summary/", "mapping/", "findings/", "corrections/", "abandon/")
    return tuple(f"/imports/{key}/{part}" for part in parts)


def _of_success(key: str) -> tuple[str, ...]:
    parts = ("", "preview/", "preview/persons/", "undo/", "restore/")
    return tuple(f"/imports/{key}/{part}" for part in parts)


class Photographer:
    """Takes the pictures of one look, and remembers the pages that are wider than it."""

    def __init__(self, browser: Browser, base: str, look: Look, words: list[str]) -> None:
        self.browser, self.base, self.look, self.words = browser, base, look, words
        self.too_wide: list[str] = []

    def page(self, account: str = "") -> Page:
        """A new window, signed in when an account is named."""
        context = self.browser.new_context(
            ignore_https_errors=True,
            viewport={"width": self.look.width, "height": 900},
            color_scheme=self.look.theme,  # type: ignore[arg-type]  # light or dark
            forced_colors="active" if self.look.forces_colours else "none",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(f"{self.base}/sign-in/")
        if account:
            self._sign_in(page, ACCOUNTS[account], PASSWORD)
        return page

    def sign_in_page(self) -> None:
        """The gate: empty, refused, and closed after too many wrong passwords."""
        page = self.page()
        self.take(page, "sign-in")
        self._sign_in(page, f"{self.look.name}@contoso.com", "wrong")
        self.take(page, "sign-in-refused")
        for _ in range(12):
            if page.get_by_label("Password").count():
                self._sign_in(page, f"{self.look.name}@contoso.com", "wrong")
        self.take(page, "sign-in-locked-out")
        page.context.close()

    def tour(self, account: str, paths: tuple[str, ...]) -> None:
        """Every page of one account."""
        page, names = self.page(account), list[str]()
        for path in paths:
            if ONE in path:
                found = self._link(page, path)
                if found is None:
                    continue
                path = found
            page.goto(f"{self.base}{path}")
            label = re.sub(ONE, "one", path.strip("/?")) or "data-hub"
            name = f"{account}-{re.sub(r'[^a-z0-9]+', '-', label.lower()).strip('-')}"
            names.append(name)
            again = names.count(name)  # of two imports
            self.take(page, f"{name}-{again}" if again > 1 else name)
        page.context.close()

    def open_windows(self) -> None:
        """Dialogs over their page, a tooltip, an open menu, and a form with errors."""
        page = self.page("everything")
        page.goto(f"{self.base}{DATA}data-sources/")
        page.locator("#switch").click()
        page.locator("dialog[open] h2").wait_for()
        self.take(page, "dialog-switch", full_page=False)
        page.goto(f"{self.base}{DATA}")
        page.locator("#abandon").click()
        page.locator("dialog[open] h2").wait_for()
        self.take(page, "dialog-abandon", full_page=False)
        page.keyboard.press("Escape")
        page.locator(".row-acts .icon-button").nth(1).focus()
        self.take(page, "tooltip", full_page=False)
        page.get_by_label("Account:").click()
        self.take(page, "account-menu", full_page=False)
        page.goto(f"{self.base}{DATA}automated-import/")
        page.get_by_label("App ID").fill("7c1e4f0a-93bd")
        page.get_by_role("button", name="Save").click()
        self.take(page, "form-with-errors")
        page.goto(f"{self.base}{DATA}delete-employees/")
        page.get_by_label("Name of this deletion").fill("Leavers of May")
        leavers = f"PersonId\n{PERSON}\nnobody@contoso.com\n".encode()
        file = {"name": "leavers.csv", "mimeType": "text/csv", "buffer": leavers}
        page.get_by_label("File of addresses").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Show who would be deleted").click()
        self.take(page, "delete-employees-preview")
        page.goto(f"{self.base}{DATA}delete-fields/")
        page.get_by_label("Name of this deletion").fill("No longer kept")
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_role("button", name="Show what would be deleted").click()
        self.take(page, "delete-fields-preview")
        page.context.close()

    def take(self, page: Page, name: str, *, full_page: bool = True) -> None:
        """One picture, unless the words leave it out."""
        if self.words and not any(word in f"{name}-{self.look.name}" for word in self.words):
            return
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wider > 0:
            self.too_wide.append(f"{name}-{self.look.name} is {wider} pixels too wide")
        page.screenshot(path=OUT / f"{name}-{self.look.name}.png", full_page=full_page)

    def _sign_in(self, page: Page, email: str, password: str) -> None:
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()

    def _link(self, page: Page, pattern: str) -> str | None:
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        return next((link for link in links if re.fullmatch(pattern, link)), None)


@contextmanager
def _running(command: list[str], *, until: str) -> Iterator[None]:
    log = HOME / "output.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env=os.environ | {"ORGPORT_HOME": str(HOME)}, stdout=file, stderr=file
        )
    try:
        while until not in log.read_text():
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.3)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _push_broken(variables: dict[str, str]) -> str:
    """Push a package that is refused; the id of its import."""
    csv, package = HOME / "broken.csv", HOME / "broken.zip"
    csv.write_text(BROKEN)
    subprocess.run([ORGPORT, "pack", csv, "--full", "--yes", "--out", package], check=True)
    done = subprocess.run([ORGPORT, "push", package], env=os.environ | variables, check=False)
    if done.returncode != 6:
        raise SystemExit(f"the broken package ended with exit {done.returncode}, not 6")
    log = next(HOME.glob("broken_*_errors.csv"))
    return log.name.split("_")[1]


def _first_success() -> str:
    """The import of the demo's organization."""
    said = subprocess.run(
        [ORGPORT, "history", "--json"],
        env=os.environ | {"ORGPORT_HOME": str(HOME)},
        capture_output=True,
        check=True,
    )
    return str(json.loads(said.stdout)[0]["importId"])


def _variables(path: Path) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name: value.strip("'") for name, value in pairs}


if __name__ == "__main__":
    main(sys.argv[1:])
