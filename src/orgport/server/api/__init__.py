"""The token endpoint, the ingress API and the queries."""
