"""Certificates, client assertions, access tokens and signing keys."""
