"""The records as Django models, re-exported from one module a subject so that Django finds them."""

from orgport.server.records.accounts import Account, Role, RoleGrant, Tenant
from orgport.server.records.audit import AuditEntry
from orgport.server.records.cell_edits import CellEdit
from orgport.server.records.connections import Connection, SourceKind
from orgport.server.records.csv_drafts import CsvDraft
from orgport.server.records.extracts import SavedExtract
from orgport.server.records.imports import ImportRecord
from orgport.server.records.measured import MeasuredList
from orgport.server.records.notices import Notice, NoticeDismissal
from orgport.server.records.personal_tokens import PersonalToken
from orgport.server.records.registrations import AppCertificate, AppPermission, AppRegistration
from orgport.server.records.tokens import SigningKey, UsedAssertion
from orgport.server.records.workers import WorkerHeartbeat

__all__ = [
    "Account",
    "AppCertificate",
    "AppPermission",
    "AppRegistration",
    "AuditEntry",
    "CellEdit",
    "Connection",
    "CsvDraft",
    "ImportRecord",
    "MeasuredList",
    "Notice",
    "NoticeDismissal",
    "PersonalToken",
    "Role",
    "RoleGrant",
    "SavedExtract",
    "SigningKey",
    "SourceKind",
    "Tenant",
    "UsedAssertion",
    "WorkerHeartbeat",
]
