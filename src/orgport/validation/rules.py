"""The registry of rules on rows, values and the population: what each means, how grave it is, how it is told.

Codes never change their meaning. A message template names its placeholders; `{line}`, `{value}` and the
like are filled in for each finding.
"""

from __future__ import annotations

from dataclasses import dataclass

from orgport.finding import Level, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One check: its stable code, where it looks, and the words for what it finds."""

    code: str
    level: Level
    severity: Severity
    message: str
    hint: str
    meaning: str  # for people who look the code up
    excludable: bool = False  # under the switch its rows are left out, and it only warns

    def severity_when(self, *, exclude_invalid_rows: bool) -> Severity:
        """Its severity with the switch that leaves invalid rows out on or off."""
        if exclude_invalid_rows and self.excludable and self.severity is Severity.ERROR:
            return Severity.WARNING
        return self.severity


_ROW, _VALUE, _POPULATION = Level.ROW, Level.VALUE, Level.POPULATION
_ERROR, _WARNING, _ADVICE = Severity.ERROR, Severity.WARNING, Severity.ADVICE

_ALL = (
    Rule(
        "FILE_NO_ROWS",
        Level.HEADER,
        _ERROR,
        "The file has a header and no row of data.",
        "Export the file again, with at least one person in it.",
        "A package brings at least one row.",
    ),
    Rule(
        "ROW_COLUMN_COUNT",
        _ROW,
        _ERROR,
        "Line {line} has {found} cells, the header has {expected}.",
        "Look for missing or extra commas; a value with a comma needs quotes around it.",
        "A row has as many cells as the header.",
        excludable=True,
    ),
    Rule(
        "ROW_QUOTE",
        _ROW,
        _ERROR,
        "Line {line} has a quote out of place in column {column}.",
        "Close the quote, or write a quote inside of a value twice and put the value in quotes.",
        "Quotes are balanced as RFC 4180 wants them. After a bad quote reading resumes at the next "
        "line with the right number of cells.",
        excludable=True,
    ),
    Rule(
        "ROW_ENCODING",
        _ROW,
        _ERROR,
        "Line {at_line} has a byte that is not UTF-8 at offset {offset} (0x{hex}).",
        "Save the file as UTF-8.",
        "All text is UTF-8. The offset counts bytes of the physical line from 0.",
        excludable=True,
    ),
    Rule(
        "ROW_JSON_SHAPE",
        _ROW,
        _ERROR,
        "Row {line} is not a flat object.",
        "Give each row as one object of strings, numbers, true, false or null.",
        "A row of a json body is a flat object.",
        excludable=True,
    ),
    Rule(
        "VAL_REQUIRED",
        _VALUE,
        _ERROR,
        "{field} is required and blank in line {line}.",
        "Fill in the cell.",
        "PersonId is never blank, nor EffectiveDate when its column exists; Organization is given in a "
        "full refresh and for a new person.",
    ),
    Rule(
        "VAL_CLEAR_REQUIRED",
        _VALUE,
        _ERROR,
        "{field} is required and cannot be cleared in line {line}.",
        "Give a value, or leave the cell blank to keep the present one.",
        "The mark '' clears a value in an incremental refresh, but not PersonId, Organization or "
        "EffectiveDate.",
        excludable=True,
    ),
    Rule(
        "VAL_TOO_LONG",
        _VALUE,
        _ERROR,
        "{header}, line {line}: the value has {length} characters, 131,072 allowed.",
        "Shorten the value.",
        "A value has at most 131,072 characters.",
        excludable=True,
    ),
    Rule(
        "VAL_NEWLINE",
        _VALUE,
        _ERROR,
        "{header}, line {line}: the value contains a line break.",
        "Remove the line break.",
        "A value stands on one line.",
        excludable=True,
    ),
    Rule(
        "VAL_STRING",
        _VALUE,
        _ERROR,
        "{header}, line {line}: the value contains a control character.",
        "Remove what cannot be seen; copying the text anew often helps.",
        "Text holds no control characters but TAB.",
        excludable=True,
    ),
    Rule(
        "VAL_EMAIL",
        _VALUE,
        _ERROR,
        "{header}, line {line}: {value} is not an e-mail address such as name@contoso.com.",
        "Give the primary SMTP address or an alias, without name or brackets.",
        "PersonId and ManagerId are e-mail addresses.",
        excludable=True,
    ),
    Rule(
        "VAL_DATE",
        _VALUE,
        _ERROR,
        "{header}, line {line}: {value} is not a date of the form {patterns}.",
        "Correct the cell, or map the column with the other order of day and month.",
        "A date exists in the calendar and is written in a pattern of its column's type.",
        excludable=True,
    ),
    Rule(
        "VAL_INTEGER",
        _VALUE,
        _ERROR,
        "{header}, line {line}: {value} is not a whole number.",
        "Write digits only, with a minus in front if need be.",
        "An Integer is made of digits and lies between -2,147,483,648 and 2,147,483,647.",
        excludable=True,
    ),
    Rule(
        "VAL_DOUBLE",
        _VALUE,
        _ERROR,
        "{header}, line {line}: {value} is not a number such as 23.75.",
        "Write digits and a decimal point only, no comma, no currency sign, no exponent.",
        "A Double is made of digits and a decimal point.",
        excludable=True,
    ),
    Rule(
        "VAL_BOOLEAN",
        _VALUE,
        _ERROR,
        "{header}, line {line}: {value} is not true or false.",
        "Write true or false, yes or no, 1 or 0.",
        "A Boolean is true/false, yes/no or 1/0 in any case.",
        excludable=True,
    ),
    Rule(
        "VAL_RANGE",
        _VALUE,
        _ERROR,
        "{header}, line {line}: {value} must {range}.",
        "Correct the number.",
        "WeeklyBadgeOnsiteDays lies between 0 and 7; HourlyRate and Layer are not negative.",
        excludable=True,
    ),
    Rule(
        "VAL_ALLOWED",
        _VALUE,
        _ERROR,
        "{header}, line {line}: {value} must be one of {expected}.",
        "Use one of the values, in exactly this spelling.",
        "SupervisorIndicator is IC, Mngr or Mngr+.",
        excludable=True,
    ),
    Rule(
        "ADV_VALUE_UNUSUAL",
        _VALUE,
        _ADVICE,
        "{header}, line {line}: {value} is none of the usual values {expected}.",
        "Use one of them if it fits.",
        "With strict values off, an unusual SupervisorIndicator is kept.",
    ),
    Rule(
        "ADV_DATE_RANGE",
        _VALUE,
        _ADVICE,
        "{header}, line {line}: {value} is unusual: {reason}.",
        "Check the year, and the order of day and month.",
        "An EffectiveDate before 1950 or more than 366 days ahead, or a HireDate more than 366 days "
        "after its row's EffectiveDate, is probably a slip.",
    ),
    Rule(
        "ADV_BLANK_LINE",
        _ROW,
        _ADVICE,
        "Blank lines stand between the rows: {count}, the first is line {line}.",
        "Blank lines are passed over; remove them if they are not meant.",
        "Wholly blank lines are skipped.",
    ),
    Rule(
        "POP_NEW_PERSON_INCOMPLETE",
        _POPULATION,
        _ERROR,
        "{person} (line {line}) is new and lacks {fields}.",
        "Send new persons with PersonId, ManagerId and Organization.",
        "An incremental refresh that brings a new person has the columns ManagerId and Organization.",
    ),
    Rule(
        "POP_MANAGER_CONFLICT",
        _POPULATION,
        _ERROR,
        "{person} has different {fields} for {date} in lines {lines}.",
        "Keep one row for each person and date.",
        "A person has one manager on one date.",
    ),
    Rule(
        "POP_DUP_CONFLICT",
        _POPULATION,
        _ERROR,
        "{person} has different {fields} for {date} in lines {lines}.",
        "Keep one row for each person and date.",
        "Rows of one person and date do not contradict each other; blank against a value does.",
    ),
    Rule(
        "POP_DUP_IDENTICAL",
        _POPULATION,
        _ADVICE,
        "{person} has {count} equal rows for {date} in lines {lines}. The first counts.",
        "Remove the repeated rows.",
        "Repeated equal rows do no harm.",
    ),
    Rule(
        "POP_SELF_MANAGER",
        _POPULATION,
        _ERROR,
        "{person} (line {line}) is their own manager.",
        "Give the manager's address, or leave the cell blank for the top of the hierarchy.",
        "Nobody is their own manager. A setting takes self-reporting as the mark of a top person.",
    ),
    Rule(
        "POP_LOOP",
        _POPULATION,
        _ERROR,
        "{count} persons report to each other in a circle from {from} to {to}: {members}{lines}.",
        "Correct the manager of at least one of them.",
        "Following the managers upwards ends at a top person, on every date.",
    ),
    Rule(
        "POP_MANAGER_BLANK_SHARE",
        _POPULATION,
        _ERROR,
        "{count} of {total} persons ({percent} %) have no manager; at most {limit} % are allowed.",
        "Fill in ManagerId for all but the top of the hierarchy.",
        "Only few persons have a blank ManagerId in their newest row; one is always allowed.",
    ),
    Rule(
        "POP_UNKNOWN_MANAGER",
        _POPULATION,
        _ADVICE,
        "Manager {value} of {count} persons is not among the persons. First lines: {lines}.",
        "Add the manager as a row, or mend the address.",
        "Every ManagerId is the PersonId of somebody.",
    ),
    Rule(
        "POP_EXCLUDED_SHARE",
        _POPULATION,
        _ERROR,
        "{count} of {total} rows ({percent} %) would be left out; at most {limit} % are allowed.",
        "Mend the rows that the log lists and send the file again.",
        "Leaving invalid rows out has a limit.",
    ),
    Rule(
        "POP_ALL_EXCLUDED",
        _POPULATION,
        _ERROR,
        "No row remains: all {count} would be left out.",
        "Mend the rows that the log lists and send the file again.",
        "At least one row remains when invalid rows are left out.",
    ),
    Rule(
        "POP_PERSON_LOST",
        _POPULATION,
        _WARNING,
        "{person} is known and leaves with this import: all their rows are left out.",
        "Mend the person's rows if they should stay.",
        "A full refresh drops a known person when all their rows are left out.",
    ),
)

RULES = {rule.code: rule for rule in _ALL}
