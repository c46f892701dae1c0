"""A sender at a running server: its paths, and its requests written byte by byte."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from live import Live, Sender, wait_until
from orgport.imports.lifecycle import State


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Site:
    """A running server and a sender that may push to it."""

    live: Live
    sender: Sender

    @cached_property
    def token(self) -> str:
        """A token, asked for once."""
        return self.live.token(self.sender)

    @property
    def token_path(self) -> str:
        return f"/{self.sender.tenant}/oauth2/v2.0/token"

    @property
    def connector(self) -> str:
        return f"/v1.0/scopes/{self.sender.tenant}/ingress/connectors/HR"

    @property
    def push_path(self) -> str:
        return f"{self.connector}/ingestions/fileIngestion"

    def open(self) -> ssl.SSLSocket:
        """A connection over TLS to the server."""
        context = ssl.create_default_context(cafile=str(self.live.home / "tls" / "ca.pem"))
        plain = socket.create_connection(("127.0.0.1", self.live.port), timeout=30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(plain, server_hostname="localhost")

    def head(self, line: str, *headers: str, token: str | None = None) -> bytes:
        """The head of a request; it carries the sender's token unless it is given another."""
        bearer = self.token if token is None else token
        lines = [
            f"{line} HTTP/1.1",
            f"Host: localhost:{self.live.port}",
            f"Authorization: Bearer {bearer}",
            *headers,
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def send(self, *pieces: bytes) -> Reply:
        """Send the pieces one by one and read the answer."""
        with self.open() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return read_reply(connection)

    def push(self, *pieces: bytes, headers: Iterable[str], path: str = "") -> Reply:
        """POST a body of known length."""
        length = f"Content-Length: {sum(map(len, pieces))}"
        return self.send(self.head(f"POST {path or self.push_path}", *headers, length), *pieces)

    def succeeds(self, ingestion: Any) -> str:
        """Wait until the import of an ingestion has ended in success; the name of its file."""
        wanted = str(ingestion["Id"])
        wait_until(lambda: not State(self.live.state(wanted)).is_running)
        assert self.live.state(wanted) == "succeeded"
        hexadecimal = wanted.replace("-", "")
        sql = f"SELECT package_name FROM records_importrecord WHERE id = '{hexadecimal}'"  # noqa: S608
        return str(self.live.query(sql)[0][0])


def read_reply(connection: ssl.SSLSocket) -> Reply:
    """The answer on the connection, whatever comes before it passed over."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return Reply(response.status, response.headers, response.read())
