"""Durable steps, each one call into imports."""
