"""The SDK of the data source admin: sign in, push, poll, fetch the errors."""

from orgport.client.credentials import Credentials
from orgport.client.session import Session, Target
from orgport.client.wire import Ingestion

__all__ = ["Credentials", "Ingestion", "Session", "Target"]
