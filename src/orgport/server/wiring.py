"""The composition root: settings in, ready use cases out; only this module picks adapters."""
