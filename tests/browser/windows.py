"""Windows of a real Chromium that notice what no visitor of the portal should ever meet.

Each window is a visitor of its own. While it is open it collects errors on the console, faults of scripts,
violations of the content security policy, requests to other hosts and answers of 5xx.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PATIENCE_MS = 30_000
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP ${event.violatedDirective}: ${event.blockedURI}`));
"""


@dataclass
class Window:
    """One visitor's window, and what was amiss in it."""

    page: Page
    base: str
    amiss: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)  # pages loaded; swaps of fragments add none

    def watch(self) -> None:
        """Begin to notice."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.amiss.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    @contextmanager
    def without_reload(self) -> Iterator[None]:
        """Whatever happens inside, the document stays the one that was loaded."""
        before = list(self.documents)
        yield
        assert self.documents == before

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium also logs each page whose status is an error; what a page says, its test asserts.
        is_page = message.location.get("url") in self.documents
        if message.type in ("error", "warning") and not is_page:
            self.amiss.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request():
            self.documents.append(request.url)
        if urlsplit(request.url).netloc != urlsplit(self.base).netloc:
            self.amiss.append(f"another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.amiss.append(f"{response.status}: {response.url}")


@contextmanager
def chromium(authority: Path) -> Iterator[Browser]:
    """Debian's Chromium, which trusts the local authority's key beside the public ones."""
    trust = f"--ignore-certificate-errors-spki-list={_key_digest(authority.read_bytes())}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*_ARGUMENTS, trust], timeout=PATIENCE_MS
        )
        yield browser
        browser.close()


@contextmanager
def open_window(
    browser: Browser, base: str, *, width: int = 1280, with_script: bool = True
) -> Iterator[Window]:
    """A new visitor's window at the address `base`; fails in the end if anything was amiss."""
    context = browser.new_context(
        base_url=base,
        viewport={"width": width, "height": 900},
        java_script_enabled=with_script,
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MS)
    if with_script:
        context.add_init_script(_TELL_VIOLATIONS)
    window = Window(context.new_page(), base)
    window.watch()
    yield window
    context.close()
    assert window.amiss == []


def _key_digest(authority_pem: bytes) -> str:
    key = x509.load_pem_x509_certificate(authority_pem).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
