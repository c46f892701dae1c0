"""The template to start from: a workbook to fill in, a csv with one example row, a full metadata.json.

Only data.csv and metadata.json belong into the zip that is pushed; the workbook is saved as that csv.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from orgport.attributes.catalogue import CATALOGUE, Attribute
from orgport.attributes.formats import DATE_PATTERNS
from orgport.attributes.types import ValueType
from orgport.package.model import MappedColumn, Mapping, Refresh
from orgport.package.template_name import WORKBOOK_NAME
from orgport.package.write import metadata_json

EXAMPLE = {
    "PersonId": "person1@contoso.com",
    "ManagerId": "person2@contoso.com",
    "Organization": "Finance",
    "EffectiveDate": "12/01/2025",
    "LevelDesignation": "Senior",
    "FunctionType": "Finance Management",
    "HireDate": "03/14/2012",
    "HourlyRate": "23.75",
    "Layer": "3",
    "SupervisorIndicator": "IC",
    "WeeklyBadgeOnsiteDays": "2.5",
    "Location": "Burbank",
    "CountryOrRegion": "Japan",
}
DELETE_EMPLOYEES_CSV = b"\xef\xbb\xbfPersonId\r\n"  # one address a line below it
_TYPE_NAMES = {
    ValueType.EMAIL: "E-mail address",
    ValueType.STRING: "Text",
    ValueType.INTEGER: "Whole number",
    ValueType.DOUBLE: "Number",
    ValueType.DATE_MONTH_FIRST: "Date",
}
_STEPS = (
    "1. Fill in one row a person and day of change on the tab Template; delete the example row.",
    "2. Save that tab as data.csv, as CSV UTF-8 (comma delimited).",
    "3. Remove from metadata.json the columns that you do not send; the names must be the same.",
    '4. Leave "IsBootstrap" at "true" for the first import and for a full refresh.',
    "5. Zip data.csv and metadata.json, without this workbook, and push the zip.",
)
_HEAD_FILL = PatternFill("solid", start_color="0B6874")
_HEAD_FONT = Font(bold=True, color="FFFFFF")


def template_mapping() -> Mapping:
    """The mapping of the template: every field of the catalogue under its own name, full refresh."""
    return Mapping(
        Refresh.FULL, tuple(MappedColumn(known.name, known.name, known.type) for known in CATALOGUE)
    )


def template_csv() -> str:
    """The csv of the template: all headers and one example row."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(known.name for known in CATALOGUE)
    writer.writerow(EXAMPLE[known.name] for known in CATALOGUE)
    return out.getvalue()


def template_metadata() -> str:
    """The metadata.json of the template."""
    return metadata_json(template_mapping())


def template_workbook() -> bytes:
    """The workbook: the tab Template to be saved as csv, and a guide with the attribute reference."""
    workbook = Workbook()
    sheet = workbook.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    sheet.title = "Template"
    sheet.append([known.name for known in CATALOGUE])
    sheet.append([EXAMPLE[known.name] for known in CATALOGUE])
    for row in sheet.iter_rows(min_row=2, max_row=1000, max_col=len(CATALOGUE)):
        for cell in row:
            cell.number_format = "@"  # text, so that a spreadsheet program leaves dates alone
    _dress_head(sheet, widths=[24, 24, 18] + [22] * (len(CATALOGUE) - 3))
    _fill_guide(workbook.create_sheet("Guide"))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def write_template(out: Path) -> None:
    """Write the zip with the workbook, the csv template and the sample metadata.json."""
    part = out.with_name(out.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(WORKBOOK_NAME, template_workbook())
        archive.writestr("data.csv", template_csv())
        archive.writestr("metadata.json", template_metadata())
    part.replace(out)


def _fill_guide(sheet: Worksheet) -> None:
    sheet.append(["Field", "Needed", "Type", "Meaning", "Values"])
    for known in CATALOGUE:
        needed = "Required" if known.is_required else "Reserved optional"
        sheet.append(
            [known.name, needed, _TYPE_NAMES[known.type], known.definition, _values_of(known)]
        )
    _dress_head(sheet, widths=[26, 18, 16, 64, 44])
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.append([])
    for step in _STEPS:
        sheet.append([step])
        sheet.merge_cells(
            start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=5
        )


def _values_of(known: Attribute) -> str:
    if known.allowed:
        return ", ".join(known.allowed)
    if known.type.is_date:
        return "; ".join(DATE_PATTERNS[ValueType.DATE_MONTH_FIRST])
    if known.maximum is not None:
        return f"{known.minimum:g} to {known.maximum:g}"
    if known.minimum is not None:
        return f"{known.minimum:g} or more"
    return "name@contoso.com" if known.type is ValueType.EMAIL else ""


def _dress_head(sheet: Worksheet, *, widths: list[int]) -> None:
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        head = sheet.cell(1, number)
        head.font, head.fill = _HEAD_FONT, _HEAD_FILL
    sheet.freeze_panes = "A2"
