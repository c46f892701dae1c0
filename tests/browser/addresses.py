"""The portal's addresses by the journey that looks at each of them; a new one has to be named here."""

from __future__ import annotations

OF_THE_TENANT_ADMIN = {
    "app-registrations",
    "register-app",
    "app",
    "upload-certificate",
    "rename-app",
    "remove-app",
    "certificate",
    "remove-certificate",
    "remove-permission",
    "remove-all-permissions",
}
OF_A_NEW_CONNECTION = {
    "data-hub",
    "data-connections",
    "data-sources",
    "switch-to-automated",
    "automated-import",
    "connection",
    "connection-rules",
    "data-quality",
    "notices",
}
OF_IMPORTS = {
    "data-hub",
    "data-connections",
    "data-quality",
    "notices",
    "import",
    "import-summary",
    "import-mapping",
    "import-findings",
    "edit-cells",
    "apply-cure",
    "retry-import",
    "undo-import",
    "restore-import",
}
OF_A_RUNNING_IMPORT = {"data-connections", "import", "abandon-import"}
OF_ANSWERS = {
    "persons",
    "person",
    "organization",
    "organization-reports",
    "quality-field",
    "quality-trend",
    "measured",
    "clear-measured",
    "extracts",
    "delete-extract",
    "preview",
    "preview-persons",
    "preview-person",
    "upload-corrections",
    "delete-fields",
    "delete-employees",
    "erase-persons",
    "guard-rails",
    "access-tokens",
    "revoke-token",
    "help",
    "help-rule",
}
OF_A_CSV_UPLOAD = {"switch-to-csv", "csv-upload", "csv-prepare", "csv-mapping", "import"}
NO_PAGES = {
    "token-refusal",  # the page of errors, with other words
    "decide", "person-periods", "quality-missing", "measured-list", "changes-csv", "deleted-employees",
    "csv-cancel", "csv-template",
    "sign-out", "theme", "tenant", "dismiss-notice", "dismiss-all-notices", "connection-settings",
    "use-connection",
    "live",
    "history-csv", "error-log", "error-log-jsonl", "correction-file", "package-template",
    "delete-employees-template",
}  # fmt: skip


# What a page left open asks for when the import has other causes by now.
