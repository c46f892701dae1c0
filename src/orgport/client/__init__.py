"""The SDK of the data source admin: sign in, push, poll, fetch the errors."""
