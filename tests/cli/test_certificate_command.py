"""`certificate`: a key that stays here, and a public file to send."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from commands import CommandLine
from orgport.identity.certificates import new_certificate


def test_a_new_certificate_is_rsa_3072_with_its_name_as_subject_for_a_year(
    orgport: CommandLine,
) -> None:
    told = orgport("certificate", "new", "contoso-hris", "--json").document
    folder = orgport.store / "certificates"
    made = x509.load_pem_x509_certificate((folder / "contoso-hris.cer").read_bytes())
    key = serialization.load_pem_private_key((folder / "contoso-hris.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 3072
    assert key.public_key() == made.public_key()
    assert made.subject.rfc4514_string() == "CN=contoso-hris"
    assert isinstance(made.signature_hash_algorithm, hashes.SHA256)
    days = made.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=364) < days <= timedelta(days=365)
    digest = made.fingerprint(hashes.SHA1())  # noqa: S303 (what portals show)
    assert told["thumbprintSha1"] == digest.hex().upper()


def test_only_the_owner_can_read_the_key_and_the_public_file_does_not_hold_it(
    orgport: CommandLine,
) -> None:
    orgport("certificate", "new", "hris")
    folder = orgport.store / "certificates"
    assert stat.S_IMODE((folder / "hris.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE" not in (folder / "hris.cer").read_bytes()


def test_the_key_is_never_printed(orgport: CommandLine) -> None:
    told = [
        orgport("certificate", *arguments)
        for arguments in (("new", "hris"), ("list",), ("show", "hris"), ("show", "hris", "--json"))
    ]
    assert "PRIVATE" not in "".join(done.out + done.err for done in told)


def test_a_new_certificate_says_what_to_send_to_whom(orgport: CommandLine) -> None:
    done = orgport("certificate", "new", "hris", "--days", 30)
    assert str(orgport.store / "certificates" / "hris.cer") in done.out
    assert "Send the public file to the tenant admin" in done.err


def test_a_certificate_is_not_made_over_another(orgport: CommandLine) -> None:
    orgport("certificate", "new", "hris")
    before = (orgport.store / "certificates" / "hris.key").read_bytes()
    done = orgport("certificate", "new", "CN=hris", code=2)
    assert "There is a certificate hris already. Choose another name." in done.err
    assert (orgport.store / "certificates" / "hris.key").read_bytes() == before


@pytest.mark.parametrize("name", ["../hris", "a/b", ".hidden", "", "CN=", "x" * 65, "a\\b"])
def test_a_name_that_is_no_plain_file_name_is_refused(orgport: CommandLine, name: str) -> None:
    assert "cannot be the name of a certificate" in orgport("certificate", "new", name, code=2).err
    assert not list(orgport.folder.rglob("*.key"))


@pytest.mark.parametrize("days", [0, -1, 100_000])
def test_a_certificate_lasts_a_day_to_ten_years(orgport: CommandLine, days: int) -> None:
    assert "--days" in orgport("certificate", "new", "hris", "--days", days, code=2).err


def test_the_list_tells_name_thumbprint_and_expiry_of_each(orgport: CommandLine) -> None:
    assert orgport("certificate", "list", "--json").document == []
    assert "Make one: orgport certificate new NAME" in orgport("certificate", "list").err
    orgport("certificate", "new", "b")
    orgport("certificate", "new", "a")
    told = orgport("certificate", "list", "--json").document
    assert [facts["name"] for facts in told] == ["a", "b"]
    lines = orgport("certificate", "list").out.splitlines()
    assert told[0]["thumbprintSha1"] in lines[0]
    assert told[0]["expires"] in lines[0]
    assert all(len(line) <= 80 for line in lines)


def test_a_certificate_is_shown_by_its_name_or_its_subject(orgport: CommandLine) -> None:
    orgport("certificate", "new", "hris")
    shown = orgport("certificate", "show", "CN=hris", "--json").document
    assert (shown["subject"], shown["keyKind"]) == ("CN=hris", "RSA 3072")
    assert shown["thumbprintSha256"] in orgport("certificate", "show", "hris").out


def test_a_certificate_that_is_not_there_is_refused_with_the_way_to_the_list(
    orgport: CommandLine,
) -> None:
    done = orgport("certificate", "show", "nobody", code=2)
    assert "There is no certificate nobody. See: orgport certificate list" in done.err


def test_a_certificate_that_has_expired_is_called_expired(orgport: CommandLine) -> None:
    folder = orgport.store / "certificates"
    folder.mkdir(parents=True)
    old = new_certificate("old", days=1, now=datetime.now(UTC) - timedelta(days=9))
    (folder / "old.cer").write_bytes(old.certificate_pem)
    assert "expired" in orgport("certificate", "list").out


def test_a_file_in_the_store_that_is_no_certificate_is_named_and_left_out(
    orgport: CommandLine,
) -> None:
    orgport("certificate", "new", "hris")
    (orgport.store / "certificates" / "broken.cer").write_text("nothing")
    done = orgport("certificate", "list", "--json")
    assert [facts["name"] for facts in done.document] == ["hris"]
    assert "broken.cer is not a certificate; left out." in done.err
    assert (
        "broken.cer: The file is not a certificate"
        in orgport("certificate", "show", "broken", code=2).err
    )
