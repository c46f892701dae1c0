"""The server: portal, API, workflows, their wiring and records."""
