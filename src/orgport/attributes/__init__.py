"""The catalogue of attributes, their types and the formats of their values."""
