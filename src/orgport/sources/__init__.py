"""The data sources: each makes a package."""
