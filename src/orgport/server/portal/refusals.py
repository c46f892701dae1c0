"""What a form says when the whole of it is refused, with the way to what stands in its way."""

from __future__ import annotations

from django.forms import Form
from django.urls import reverse
from django.utils.html import format_html

from orgport.errors import ImportRunning, OrgportError


def refuse(form: Form, refused: OrgportError) -> None:
    """Let the form say why nothing became of it; a running import is linked, to be looked at."""
    if isinstance(refused, ImportRunning) and refused.import_id:
        form.add_error(
            None,
            format_html(
                '{} <a href="{}">Open the running import</a>',
                refused.message,
                reverse("import", args=[refused.import_id]),
            ),
        )
    else:
        form.add_error(None, refused.message)
