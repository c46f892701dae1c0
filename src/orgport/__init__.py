"""orgport: the port of entry for organizational data."""

__version__ = "0.1.0"
