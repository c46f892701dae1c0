"""The composition root: settings in, ready use cases out; only this package picks adapters.

`places` knows where things lie, `pushes` receives, `imports` serves what an import left, `connections`
keeps the sources, `queue` hands imports to the workers, `retention` lets go of what is over.
"""
