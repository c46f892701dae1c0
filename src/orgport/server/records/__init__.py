"""The records: tenants, accounts, registrations, connections, imports, audit trail."""
