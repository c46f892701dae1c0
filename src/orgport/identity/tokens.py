"""Access tokens: issuing them with our own keys, verifying them, and publishing the public keys.

JWT as of RFC 7519 signed RS256; a key's id is its RFC 7638 thumbprint. Clients treat tokens as opaque.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from orgport.errors import SignInFailed
from orgport.identity.certificates import RSA_BITS, private_key_pem

ALGORITHM = "RS256"
RESOURCE = "9d827643-d003-4cca-9dc8-71213a8f1644"
SKEW = timedelta(seconds=60)
_LONGEST_TOKEN = 16 * 1024


@dataclass(frozen=True, slots=True)
class SigningKeyPair:
    """A key that signs access tokens."""

    kid: str
    private_key_pem: bytes
    public_jwk: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says of the app it is for."""

    tenant_id: UUID
    app_id: UUID
    service_principal_id: UUID
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a verified token says."""

    tenant_id: UUID
    app_id: UUID
    roles: tuple[str, ...]
    expires_at: datetime


def new_signing_key() -> SigningKeyPair:
    """A fresh RSA key with its public JWK."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    numbers = key.public_key().public_numbers()
    required = {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}
    kid = _digest(json.dumps(required, separators=(",", ":"), sort_keys=True).encode())
    jwk = {"kty": "RSA", "n": required["n"], "e": required["e"], "use": "sig", "alg": ALGORITHM}
    return SigningKeyPair(kid, private_key_pem(key), jwk | {"kid": kid})


def jwks(public_jwks: Sequence[Mapping[str, str]]) -> dict[str, list[dict[str, str]]]:
    """The document of public keys; never more of a key than its public members."""
    members = ("kty", "n", "e", "use", "alg", "kid")
    return {"keys": [{name: key[name] for name in members} for key in public_jwks]}


def issuer_of(tenant_id: UUID | str, base: str) -> str:
    """The issuer of a tenant's tokens under a public base URL."""
    return f"{base}/{tenant_id}/v2.0"


def issue_access_token(
    grant: Grant,
    *,
    key: SigningKeyPair,
    issuer: str,
    now: datetime,
    lifetime: timedelta,
    token_id: str,
) -> str:
    """A signed token for the app, valid from now for `lifetime`."""
    issued = int(now.timestamp())
    claims = {
        "iss": issuer,
        "aud": RESOURCE,
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "tid": str(grant.tenant_id),
        "appid": str(grant.app_id),
        "azp": str(grant.app_id),
        "appidacr": "2",
        "azpacr": "2",
        "oid": str(grant.service_principal_id),
        "sub": str(grant.service_principal_id),
        "idtyp": "app",
        "roles": list(grant.roles),
        "ver": "2.0",
        "jti": token_id,
    }
    private_key = serialization.load_pem_private_key(key.private_key_pem, None)
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise TypeError("a signing key is an RSA key")
    return jwt.encode(claims, private_key, algorithm=ALGORITHM, headers={"kid": key.kid})


def verify_access_token(
    token: str,
    *,
    public_jwks: Sequence[Mapping[str, str]],
    bases: Collection[str],
    now: datetime,
) -> AccessToken:
    """What the token says, once its signature, issuer, audience and times have been checked.

    Its issuer must be that of its tenant under one of the public `bases`. Raises SignInFailed with the
    reason; it never tells more of the token than that.
    """
    if len(token) > _LONGEST_TOKEN:
        raise SignInFailed("The token is too long. Ask the token endpoint for a new one.")
    try:
        header = jwt.get_unverified_header(token)
        key = next((k for k in public_jwks if k["kid"] == header.get("kid")), None)
        if header.get("alg") != ALGORITHM or key is None:
            raise SignInFailed("The token was not issued here. Ask the token endpoint for one.")
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(dict(key), ALGORITHM),
            algorithms=[ALGORITHM],
            audience=RESOURCE,
            # Times are checked below against the caller's clock, with the skew of this API.
            options={
                "require": ["exp", "nbf", "iss", "aud", "tid", "appid"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        return _checked(claims, bases=bases, now=now)
    except jwt.InvalidAudienceError as refused:
        raise SignInFailed(
            "The token is for another service. Ask for this one's scope."
        ) from refused
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as refused:
        raise SignInFailed("The token is malformed or its signature is wrong.") from refused


def _checked(claims: Mapping[str, Any], *, bases: Collection[str], now: datetime) -> AccessToken:
    if claims["iss"] not in [issuer_of(claims["tid"], base) for base in bases]:
        raise SignInFailed("The token was issued by someone else. Ask the token endpoint for one.")
    seconds = now.timestamp()
    if claims["exp"] + SKEW.total_seconds() <= seconds:
        raise SignInFailed("The token has expired. Ask the token endpoint for a new one.")
    if claims["nbf"] - SKEW.total_seconds() > seconds:
        raise SignInFailed("The token is not valid yet. Check the clock of this machine.")
    if claims.get("idtyp") != "app":
        raise SignInFailed("The token is not an app's token.")
    return AccessToken(
        tenant_id=UUID(claims["tid"]),
        app_id=UUID(claims["appid"]),
        roles=tuple(str(role) for role in claims.get("roles", ())),
        expires_at=datetime.fromtimestamp(claims["exp"], now.tzinfo),
    )


def _base64url(number: int) -> str:
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
