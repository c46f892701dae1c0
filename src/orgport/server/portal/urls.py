"""URLs of the portal's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from orgport.server.portal.views import (
    access_tokens,
    app_registrations,
    automated_import,
    cells,
    certificates,
    connection_rules,
    corrections,
    data_connections,
    data_hub,
    data_quality,
    data_sources,
    deletions,
    downloads,
    guard_rails,
    help,
    imports,
    notices,
    organization,
    permissions,
    persons,
    preferences,
    previews,
    reversals,
    signing_in,
)

_APP = "app-registrations/<uuid:app_id>/"
_CONNECTION = "organizational-data/automated-import/<uuid:connection_id>/"
_IMPORT = "imports/<uuid:import_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", data_hub.data_hub, name="data-hub"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("theme/", preferences.theme, name="theme"),
    path("tenant/", preferences.tenant, name="tenant"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/dismiss-all/", notices.dismiss_all, name="dismiss-all-notices"),
    path("notices/<uuid:notice_id>/dismiss/", notices.dismiss, name="dismiss-notice"),
    path("app-registrations/", app_registrations.app_list, name="app-registrations"),
    path("app-registrations/new/", app_registrations.register, name="register-app"),
    path(_APP, app_registrations.app_page, name="app"),
    path(f"{_APP}rename/", app_registrations.rename, name="rename-app"),
    path(f"{_APP}remove/", app_registrations.remove, name="remove-app"),
    path(f"{_APP}certificates/new/", certificates.upload, name="upload-certificate"),
    path(f"{_APP}certificates/<uuid:certificate_id>/", certificates.details, name="certificate"),
    path(
        f"{_APP}certificates/<uuid:certificate_id>/remove/",
        certificates.remove,
        name="remove-certificate",
    ),
    path(f"{_APP}permissions/remove/", permissions.remove_all, name="remove-all-permissions"),
    path(
        f"{_APP}permissions/<int:permission_id>/remove/",
        permissions.remove,
        name="remove-permission",
    ),
    path("organizational-data/", data_connections.data_connections, name="data-connections"),
    path("organizational-data/live/", data_connections.live, name="live"),
    path("organizational-data/history.csv", data_connections.history_csv, name="history-csv"),
    path("organizational-data/data-quality/", data_quality.data_quality, name="data-quality"),
    path("organizational-data/data-sources/", data_sources.data_sources, name="data-sources"),
    path(
        "organizational-data/data-sources/automated-import/",
        data_sources.switch_to_automated,
        name="switch-to-automated",
    ),
    path(
        "organizational-data/automated-import/",
        automated_import.new_connection,
        name="automated-import",
    ),
    path(_CONNECTION, automated_import.connection, name="connection"),
    path(f"{_CONNECTION}settings/", automated_import.switches, name="connection-settings"),
    path(f"{_CONNECTION}rules/", connection_rules.connection_rules, name="connection-rules"),
    path(f"{_CONNECTION}guard-rails/", guard_rails.guard_rails, name="guard-rails"),
    path(f"{_CONNECTION}use/", automated_import.use_as_data_source, name="use-connection"),
    path("organizational-data/persons/", persons.person_list, name="persons"),
    path("organizational-data/persons/person/", persons.person, name="person"),
    path(
        "organizational-data/persons/person/periods.csv",
        persons.person_periods,
        name="person-periods",
    ),
    path("organizational-data/organization/", organization.organization, name="organization"),
    path(
        "organizational-data/organization/reports/",
        organization.reports,
        name="organization-reports",
    ),
    path("organizational-data/delete-fields/", deletions.delete_fields, name="delete-fields"),
    path(
        "organizational-data/delete-employees/", deletions.delete_employees, name="delete-employees"
    ),
    path(f"{_IMPORT}deleted-employees.csv", deletions.deleted_employees, name="deleted-employees"),
    path("access-tokens/", access_tokens.token_list, name="access-tokens"),
    path("access-tokens/<uuid:token_id>/revoke/", access_tokens.revoke, name="revoke-token"),
    path(_IMPORT, imports.import_page, name="import"),
    path(f"{_IMPORT}summary/", imports.summary, name="import-summary"),
    path(f"{_IMPORT}mapping/", imports.mapping, name="import-mapping"),
    path(f"{_IMPORT}findings/", imports.findings, name="import-findings"),
    path(f"{_IMPORT}preview/", previews.preview, name="preview"),
    path(f"{_IMPORT}preview/persons/", previews.persons, name="preview-persons"),
    path(f"{_IMPORT}preview/persons/<int:person>/", previews.person, name="preview-person"),
    path(f"{_IMPORT}preview/changes.csv", previews.changes_csv, name="changes-csv"),
    path(f"{_IMPORT}decision/", previews.decide, name="decide"),
    path(f"{_IMPORT}cells/", cells.edit, name="edit-cells"),
    path(f"{_IMPORT}abandon/", imports.abandon, name="abandon-import"),
    path(f"{_IMPORT}undo/", reversals.undo, name="undo-import"),
    path(f"{_IMPORT}restore/", reversals.restore, name="restore-import"),
    path(f"{_IMPORT}corrections/", corrections.upload, name="upload-corrections"),
    path(f"{_IMPORT}errors.csv", downloads.error_log, {"suffix": "csv"}, name="error-log"),
    path(
        f"{_IMPORT}errors.jsonl", downloads.error_log, {"suffix": "jsonl"}, name="error-log-jsonl"
    ),
    path(f"{_IMPORT}correction-file.csv", downloads.correction_file, name="correction-file"),
    path("help/", help.help_list, name="help"),
    path("help/<slug:code>/", help.rule_page, name="help-rule"),
    path("templates/package.zip", downloads.package_template, name="package-template"),
]
