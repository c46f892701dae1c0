"""The forms of the portal; field errors say what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone
from django.utils.html import format_html

from orgport.errors import BadInput
from orgport.history.insights import using
from orgport.server.records.models import AppRegistration, Connection, Tenant
from orgport.server.wiring.personal_tokens import LIVES_DAYS
from orgport.server.wiring.registrations import (
    APP_NAME_LIMIT,
    DESCRIPTION_LIMIT,
    valid_certificates,
)
from orgport.server.wiring.texts import refuse_addresses, unprintable

CERTIFICATE_LIMIT_BYTES = 64 * 1024
NAME_LIMIT = 64


class SignInForm(AuthenticationForm):
    """Address and password."""

    error_messages = {  # noqa: RUF012  Django's own shape
        "invalid_login": "The e-mail address or the password is wrong. Check both and try again.",
        "inactive": "This account is switched off. Ask your tenant admin.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail address"
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autocapitalize": "none"}
        )
        self.fields["password"].strip = False  # type: ignore[attr-defined]  # a CharField

    def clean_username(self) -> str:
        """In lower case, as addresses are kept, so that throttling counts one account once."""
        return str(self.cleaned_data["username"]).strip().lower()


def _on_one_line(text: str) -> None:
    if wrong := unprintable(text):
        raise forms.ValidationError(f"This holds {wrong}. Type it anew, on one line.")


def _a_name(label: str, *, most: int, wanted: str) -> forms.CharField:
    """A field for a name on one line; `wanted` is said where there is none."""
    return forms.CharField(
        label=label,
        validators=[_on_one_line],
        max_length=most,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": wanted, "max_length": f"At most {most} characters."},
    )


class AppNameForm(forms.Form):
    """The name of an app registration."""

    name = _a_name("Name", most=APP_NAME_LIMIT, wanted="Give the app a name, such as HRIS push.")


class AccessTokenForm(forms.Form):
    """The name of a personal access token, and how long it lives."""

    name = _a_name("Name", most=64, wanted="Give the token a name, such as Monthly report.")
    days = forms.ChoiceField(
        label="Ends after",
        choices=[(days, f"{days} days") for days in LIVES_DAYS],
        initial=90,
        error_messages={"invalid_choice": "Choose one of the lives in the list."},
    )


class DeletionForm(forms.Form):
    """What a deletion is called."""

    name = _a_name(
        "Name of this deletion",
        most=128,
        wanted="Give the deletion a name, such as Leavers of May.",
    )

    def clean_name(self) -> str:
        """A name that names nobody, for the audit trail keeps it."""
        name = str(self.cleaned_data["name"])
        try:
            refuse_addresses(name, "name")
        except BadInput as refused:
            raise forms.ValidationError(refused.message) from refused
        return name


class DeleteFieldsForm(DeletionForm):
    """Which optional fields go; `optional` are those that can, `extracts` those who use one."""

    ticked = forms.MultipleChoiceField(
        label="Optional fields",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one field.",
            "invalid_choice": "Tick fields of the list only.",
        },
    )

    def __init__(
        self,
        *args: Any,
        optional: Sequence[str],
        extracts: Mapping[str, Sequence[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.has_choices = bool(optional)
        choices = [(name, _with_users(name, extracts.get(name, ()))) for name in optional]
        self.fields["ticked"].choices = choices  # type: ignore[attr-defined]


class ExtractForm(forms.Form):
    """What is extracted, and under which name; `in_use` are the fields that there are."""

    name = _a_name("Name", most=128, wanted="Give the extract a name, such as Monthly headcount.")
    day = forms.DateField(
        label="As of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Give a day as YYYY-MM-DD, or none."},
    )
    ticked = forms.MultipleChoiceField(
        label="Fields",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one field.",
            "invalid_choice": "Tick fields of the list only.",
        },
    )

    def __init__(self, *args: Any, in_use: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_choices = bool(in_use)
        self.fields["ticked"].choices = [(name, name) for name in in_use]  # type: ignore[attr-defined]


def _with_users(field: str, extracts: Sequence[str]) -> str:
    """A field's name with the insights that need it and the saved extracts that it disables."""
    users = [insight.name for insight in using(field)] + [f"extract {name}" for name in extracts]
    if not users:
        return field
    return format_html("<span>{}<small>used by {}</small></span>", field, ", ".join(users))


class DeleteEmployeesForm(DeletionForm):
    """The file that names who goes."""

    file = forms.FileField(
        label="File of addresses",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        error_messages={
            "required": "Choose a .csv file with one column, PersonId.",
            "empty": "The file is empty. Write one address a line below PersonId.",
        },
    )


class MeasuredForm(forms.Form):
    """The file that names who is measured."""

    file = forms.FileField(
        label="File of addresses",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        error_messages={
            "required": "Choose a .csv file with one column, PersonId.",
            "empty": "The file is empty. Write one address a line below PersonId.",
        },
    )


class EraseForm(forms.Form):
    """Whom to erase, and on the second page what confirms it."""

    addresses = forms.CharField(
        label="Addresses",
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Write one address a line."},
    )
    confirmation = forms.CharField(
        label="Confirmation",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )


class CertificateForm(forms.Form):
    """A certificate file and what it is called."""

    file = forms.FileField(
        label="Certificate file",
        widget=forms.FileInput(attrs={"accept": ".cer,.crt,.pem"}),
        error_messages={
            "required": "Choose a .cer, .crt or .pem file with the public part.",
            "empty": "The file is empty. Choose the .cer, .crt or .pem file with the public part.",
        },
    )
    description = forms.CharField(
        label="Description",
        validators=[_on_one_line],
        max_length=DESCRIPTION_LIMIT,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_file(self) -> bytes:
        """The content of the file; nothing of it is kept unless it is a public certificate."""
        upload = self.cleaned_data["file"]
        if upload.size > CERTIFICATE_LIMIT_BYTES:
            raise forms.ValidationError(
                "A certificate is smaller than 64 KB. Choose the .cer, .crt or .pem file."
            )
        return bytes(upload.read())


class CsvUploadForm(forms.Form):
    """The first step of a csv upload: what it is called, and the file."""

    name = forms.CharField(
        label="Upload name",
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Give the upload a name, such as November correction.",
            "max_length": "At most 128 characters.",
        },
    )
    file = forms.FileField(
        label="Upload file",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
        error_messages={
            "required": "Choose a .csv file.",
            "empty": "The file is empty. Export it again, with its header and its rows.",
        },
    )


class CorrectionForm(forms.Form):
    """The correction file of a failed import, mended."""

    file = forms.FileField(
        label="Corrected file",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
        error_messages={
            "required": "Choose the correction file that you have mended.",
            "empty": "The file is empty. Choose the correction file that you have mended.",
        },
    )


class ConnectionForm(forms.Form):
    """The name of an automated import and the app that may push to it."""

    name = forms.CharField(
        label="Connection name",
        validators=[_on_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": NAME_LIMIT}),
        error_messages={"required": "Give the connection a name of 1 to 64 characters."},
    )
    app_id = forms.CharField(
        label="App ID",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the application (client) ID that the tenant admin gave you."
        },
    )

    def __init__(
        self, *args: Any, tenant: Tenant, connection: Connection | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant
        self.connection = connection

    def clean_name(self) -> str:
        """A name that no other connection of the tenant has, in whatever case."""
        name = str(self.cleaned_data["name"])
        if len(name) > NAME_LIMIT:
            raise forms.ValidationError(f"{len(name)} characters; at most 64 are allowed.")
        others = Connection.objects.of(self.tenant).filter(name__iexact=name)
        if self.connection is not None:
            others = others.exclude(id=self.connection.id)
        taken = others.first()
        if taken is not None:
            raise forms.ValidationError(
                f"Already used by \u201c{taken.name}\u201d. Choose another name."
            )
        return name

    def clean_app_id(self) -> AppRegistration:
        """The registered app with this ID; it must be able to sign in."""
        text = str(self.cleaned_data["app_id"]).strip().strip("{}")
        try:
            app_id = UUID(text)
        except ValueError as error:
            raise forms.ValidationError(_not_a_guid(text)) from error
        app = AppRegistration.objects.of(self.tenant).filter(id=app_id).first()
        if app is None:
            raise forms.ValidationError(
                "No app of this tenant has this ID. Ask the tenant admin for the "
                "application (client) ID under App registrations."
            )
        if not app.is_enabled:
            raise forms.ValidationError(
                f"{app.name} is switched off. Ask the tenant admin to switch it on."
            )
        if not valid_certificates(app, at=timezone.now()).exists():
            raise forms.ValidationError(
                f"{app.name} has no valid certificate. Ask the tenant admin to upload one "
                "under App registrations."
            )
        return app


def _not_a_guid(text: str) -> str:
    if len(text) != 36:
        count = "1 character" if len(text) == 1 else f"{len(text)} characters"
        return f"{count}; a GUID has 36. Copy it from App registrations."
    return (
        "Not a GUID such as 7c1e4f0a-93bd-4d0e-8a55-2f6b1c90d7e4. Copy it from App registrations."
    )


class SwitchesForm(forms.Form):
    """The settings of a connection."""

    is_enabled = forms.BooleanField(label="Accept pushes", required=False)
    exclude_invalid_rows = forms.BooleanField(
        label="Upload valid rows and exclude rows with invalid data", required=False
    )
