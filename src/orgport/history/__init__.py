"""The point-in-time history of an organization: a fold of accepted imports."""
