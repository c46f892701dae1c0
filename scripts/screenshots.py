"""`make screenshots`: every page of the portal, light and dark, wide and narrow, from a running demo.

The pictures are for looking at, into `screenshots/`; nothing compares them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HOME = Path("var/screenshots").resolve()
OUT = Path("screenshots")
ORGPORT = str(Path(sys.executable).with_name("orgport"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDTHS = {"wide": 1280, "middle": 768, "narrow": 360}
THEMES = ("light", "dark")
BROKEN = """PersonId,ManagerId,Organization,EffectiveDate
person000001@contoso.com,person000000@contoso.com,Sales North,31/12/2025
person000002@contoso,person000000@contoso.com,Sales South,12/01/2025
person000003@contoso.com,head of sales,,12/01/2025
person000004@contoso.com,person000005@contoso.com,Legal,12/01/2025
person000005@contoso.com,person000004@contoso.com,Legal,12/01/2025
"""


def main() -> None:
    """Start a demo, give it a failed import, and take the pictures."""
    OUT.mkdir(exist_ok=True)
    HOME.mkdir(parents=True, exist_ok=True)
    log = HOME / "demo.log"
    with log.open("w") as file:
        demo = subprocess.Popen(
            [ORGPORT, "demo"],
            env=os.environ | {"ORGPORT_HOME": str(HOME)},
            stdout=file,
            stderr=file,
        )
    try:
        while "Ctrl-C" not in log.read_text():
            if demo.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.3)
        variables = _variables(HOME / "demo.env")
        _push_broken(variables)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for theme in THEMES:
                for name, width in WIDTHS.items():
                    _take_all(browser, variables, theme=theme, name=name, width=width)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)


def _take_all(
    browser: Browser, variables: dict[str, str], *, theme: str, name: str, width: int
) -> None:
    roles = {
        "TENANT_ADMIN": ["/app-registrations/", "/app-registrations/new/"],
        "INSIGHTS_ADMIN": [
            "/",
            "/organizational-data/",
            "/organizational-data/data-sources/",
            "/organizational-data/data-sources/automated-import/",
            "/organizational-data/data-quality/",
            "/organizational-data/automated-import/",
            "/notices/",
        ],
        "DATA_SOURCE_ADMIN": ["/organizational-data/"],
    }
    for role, paths in roles.items():
        context = browser.new_context(
            ignore_https_errors=True,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        base = variables["PORTAL_URL"].rstrip("/")
        page.goto(f"{base}/sign-in/")
        if role == "TENANT_ADMIN":
            _take(page, f"sign-in-{theme}-{name}")
        page.get_by_label("E-mail").fill(variables[f"{role}_EMAIL"])
        page.get_by_label("Password").fill(variables["PASSWORD"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        found = paths + _details(page, base, role)
        for path in found:
            page.goto(f"{base}{path}")
            label = re.sub(r"[0-9a-f-]{36}", "one", path.strip("/")).replace("/", "-") or "data-hub"
            _take(page, f"{label}-{role.lower()}-{theme}-{name}")
        context.close()


def _details(page: Page, base: str, role: str) -> list[str]:
    if role == "TENANT_ADMIN":
        page.goto(f"{base}/app-registrations/")
        return _links(page, r"^/app-registrations/[0-9a-f-]{36}/$")
    if role != "INSIGHTS_ADMIN":
        return []
    page.goto(f"{base}/organizational-data/")
    imports = _links(page, r"^/imports/[0-9a-f-]{36}/$")
    summaries = _links(page, r"^/imports/[0-9a-f-]{36}/(summary|mapping)/$")
    page.goto(f"{base}/organizational-data/data-sources/")
    connections = _links(page, r"^/organizational-data/automated-import/[0-9a-f-]{36}/$")
    return [*imports[:2], *summaries[-2:], *connections[:1]]


def _links(page: Page, pattern: str) -> list[str]:
    every = page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))")
    return list(dict.fromkeys(link for link in every if re.match(pattern, link)))


def _take(page: Page, name: str) -> None:
    page.screenshot(path=OUT / f"{name}.png", full_page=True)


def _push_broken(variables: dict[str, str]) -> None:
    csv, package = HOME / "broken.csv", HOME / "broken.zip"
    csv.write_text(BROKEN)
    subprocess.run([ORGPORT, "pack", csv, "--full", "--yes", "--out", package], check=True)
    done = subprocess.run([ORGPORT, "push", package], env=os.environ | variables, check=False)
    if done.returncode != 6:
        raise SystemExit(f"the broken package ended with exit {done.returncode}, not 6")


def _variables(path: Path) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name: value.strip("'") for name, value in pairs}


if __name__ == "__main__":
    main()
