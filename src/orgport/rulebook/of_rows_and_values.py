"""Why the rules on rows and values are there, with examples."""

from __future__ import annotations

from orgport.rulebook.example import HEADER, LEAD, Example, Explanation, csv_of, document

_REP = "rep1@contoso.com,lead@contoso.com,Sales,01/01/2024"


def _csv(name: str, *rows: str, header: str = HEADER, flags: tuple[str, ...] = ()) -> Example:
    return Example(name, csv_of(header, *rows), flags=flags)


def _more(name: str, field: str, cell: str, *flags: str) -> Example:
    """A person with one more field."""
    return _csv(name, f"{LEAD},{cell}", header=f"{HEADER},{field}", flags=flags)


def _typed(name: str, cell: str) -> Example:
    text = document(
        ("PersonId", "ManagerId", "Organization", "Remote"),
        ("lead@contoso.com", "", "Sales", cell),
        Mapping={
            "PersonId": {"name": "PersonId", "type": "EmailType"},
            "ManagerId": {"name": "ManagerId", "type": "EmailType"},
            "Organization": {"name": "Organization", "type": "StringType"},
            "Remote": {"name": "Remote", "type": "boolean"},
        },
    )
    return Example(name, text, ".json", flags=("--typed-custom-fields",))


def _clearing(name: str, unit: str, location: str) -> Example:
    text = document(
        ("PersonId", "Organization", "Location"), ("lead@contoso.com", unit, location), full=False
    )
    return Example(name, text, ".json")


ROWS_AND_VALUES = {
    "ROW_COLUMN_COUNT": Explanation(
        "With a cell too many or too few, every value behind it stands in the wrong column.",
        _csv(
            "comma in a bare value",
            LEAD,
            "rep1@contoso.com,lead@contoso.com,Sales, North,01/01/2024",
        ),
        _csv(
            "comma in quotes", LEAD, 'rep1@contoso.com,lead@contoso.com,"Sales, North",01/01/2024'
        ),
    ),
    "ROW_QUOTE": Explanation(
        "After an open quote everything up to the next one would be read as one value.",
        _csv(
            "quote that is never closed",
            LEAD,
            'rep1@contoso.com,lead@contoso.com,"Sales,01/01/2024',
            _REP.replace("1", "2", 1),
        ),
        _csv(
            "quotes written twice",
            LEAD,
            'rep1@contoso.com,lead@contoso.com,"The ""big"" one",01/01/2024',
        ),
    ),
    "ROW_ENCODING": Explanation(
        "Read in another encoding, names turn into other names; the offset tells where to look.",
        _csv("latin 1 letter", LEAD, "rep1@contoso.com,lead@contoso.com,K\udcf8benhavn,01/01/2024"),
        _csv("utf 8 letter", LEAD, "rep1@contoso.com,lead@contoso.com,København,01/01/2024"),
    ),
    "ROW_JSON_SHAPE": Explanation(
        "A list or an object in a cell has no place in a table.",
        Example(
            "list in a cell",
            '[\n  {"PersonId": "lead@contoso.com", "ManagerId": "", "Organization": "Sales"},\n'
            '  {"PersonId": "rep1@contoso.com", "ManagerId": "", "Organization": ["Sales"]}\n]\n',
            ".json",
        ),
        Example(
            "null for blank",
            '[\n  {"PersonId": "lead@contoso.com", "ManagerId": null, "Organization": "Sales"}\n]\n',
            ".json",
        ),
    ),
    "VAL_REQUIRED": Explanation(
        "Without a person, a unit and a date a row says nothing.",
        _csv("blank organization", LEAD, "rep1@contoso.com,lead@contoso.com,,01/01/2024"),
        _csv("blank manager at the top", LEAD, _REP),
    ),
    "VAL_CLEAR_REQUIRED": Explanation(
        "A required value can be replaced, but not taken away.",
        _clearing("clearing the organization", "''", "Oslo"),
        _clearing("clearing the location", "Sales", "''"),
    ),
    "VAL_TOO_LONG": Explanation(
        "What reads the data takes no longer values; usually a quote is missing somewhere.",
        _more("one character too many", "Location", "x" * 131_073),
        _more("the longest value", "Location", "x" * 131_072),
    ),
    "VAL_NEWLINE": Explanation(
        "What reads the data takes a line break for the end of the row.",
        _more("line break in an office", "Location", '"Oslo\nNorway"'),
        _more("comma instead of a line break", "Location", '"Oslo, Norway"'),
    ),
    "VAL_STRING": Explanation(
        "Control characters cannot be seen, and two values that look the same would differ.",
        _more("bell character", "Location", "Os\alo"),
        _more("double byte text", "Location", "大阪"),
    ),
    "VAL_EMAIL": Explanation(
        "Persons are known by their addresses, and matched by them with everything else.",
        _csv("name instead of an address", LEAD, "rep1@contoso.com,Head of Sales,Sales,01/01/2024"),
        _csv(
            "plus sign and capitals", LEAD, "Rep.1+hr@Contoso.com,LEAD@contoso.com,Sales,01/01/2024"
        ),
    ),
    "VAL_DATE": Explanation(
        "A date read with day and month exchanged is worse than none.",
        _csv(
            "day first under month first",
            LEAD,
            "rep1@contoso.com,lead@contoso.com,Sales,31/01/2024",
        ),
        _csv("name of the month", LEAD, "rep1@contoso.com,lead@contoso.com,Sales,31-Jan-2024"),
    ),
    "VAL_INTEGER": Explanation(
        "A number with a separator or a fraction is read differently in different countries.",
        _more("thousands separator", "Layer", "1'000"),
        _more("five point zero", "Layer", "5.0", "--lenient-integers"),
    ),
    "VAL_DOUBLE": Explanation(
        "A comma is a decimal sign here and a separator there; a currency sign promises a conversion.",
        _more("currency sign", "HourlyRate", "$23.75"),
        _more("no digit before the point", "HourlyRate", ".75"),
    ),
    "VAL_BOOLEAN": Explanation(
        "Other words for yes and no would have to be guessed.",
        _typed("maybe", "maybe"),
        _typed("yes", "Yes"),
    ),
    "VAL_RANGE": Explanation(
        "A week has seven days; a negative rate or layer is a slip.",
        _more("eight days a week", "WeeklyBadgeOnsiteDays", "8"),
        _more("seven days a week", "WeeklyBadgeOnsiteDays", "7"),
    ),
    "VAL_ALLOWED": Explanation(
        "Reports group by exactly these values; another spelling would be another group.",
        _more("manager written out", "SupervisorIndicator", "Manager"),
        _more("manager of managers", "SupervisorIndicator", "Mngr+"),
    ),
    "ADV_VALUE_UNUSUAL": Explanation(
        "A connection may take other values; they still make groups of their own in reports.",
        _more("lower case", "SupervisorIndicator", "ic", "--loose-values"),
        _more("individual contributor", "SupervisorIndicator", "IC", "--loose-values"),
    ),
    "ADV_DATE_RANGE": Explanation(
        "Such dates exist, but hardly ever in an organization: often two digits are exchanged.",
        _csv("before 1950", "lead@contoso.com,,Sales,01/01/1924"),
        _csv("nineteen fifty", "lead@contoso.com,,Sales,01/01/1950"),
    ),
    "ADV_BLANK_LINE": Explanation(
        "A blank line in the middle can be the trace of a row that got lost.",
        _csv("blank line in the middle", LEAD, "", _REP),
        _csv("blank line at the end", LEAD, _REP, ""),
    ),
}
