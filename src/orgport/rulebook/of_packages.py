"""Why the rules on the package are there, with examples; of a zip the files it holds are listed."""

from __future__ import annotations

from orgport.rulebook.example import HEADER, LEAD, Example, Explanation, csv_of

_SOUND = "data.csv\nmetadata.json"
_GOOD_CSV = csv_of(HEADER, LEAD)


def _zip(name: str, listing: str, *also: str) -> Example:
    return Example(name, listing, ".zip", also=also)


PACKAGES = {
    "PKG_EMPTY_BODY": Explanation(
        "A push without content is an accident of the client; it is told at once, not after a while.",
        Example("zero bytes", "", ".csv"),
        Example("one row", _GOOD_CSV),
    ),
    "PKG_TOO_LARGE": Explanation(
        "Limits keep one sender from filling the server; an organization of any size fits into them.",
        _zip("thirty three entries", "data.csv\nmetadata.json\n__MACOSX/ (31 entries)"),
        _zip("thirty two entries", "data.csv\nmetadata.json\n__MACOSX/ (30 entries)"),
    ),
    "PKG_NOT_ZIP": Explanation(
        "A renamed csv or workbook cannot be read as a package.",
        _zip("csv named zip", "(a csv whose name ends in .zip)"),
        _zip("comment at its end", f"{_SOUND}\n(and a comment at the end of the zip)"),
    ),
    "PKG_CORRUPT": Explanation(
        "A transfer that broke off leaves half a zip: half an organization must not be imported.",
        _zip("cut off in the middle", f"{_SOUND}\n(the second half of the zip is missing)"),
        _zip("checksum is right", _SOUND),
    ),
    "PKG_ENCRYPTED": Explanation(
        "The server has no password, and knows the two methods that every program writes.",
        _zip("with a password", "data.csv (encrypted)\nmetadata.json"),
        _zip("stored and not deflated", "data.csv (stored)\nmetadata.json (stored)"),
    ),
    "PKG_UNSAFE_NAME": Explanation(
        "Names of entries that leave their folder are used for attacks. Here names are never paths.",
        _zip("parent folder in a name", "../data.csv\nmetadata.json"),
        _zip("name in upper case", "DATA.CSV\nMetadata.JSON"),
    ),
    "PKG_BOMB": Explanation(
        "A small zip can unpack to more than any disk holds.",
        _zip("promises two gigabytes", "data.csv (2 GiB)\nmetadata.json"),
        _zip(
            "shrinks a hundredfold",
            "data.csv (5,000 equal lines)\nmetadata.json",
            "POP_DUP_IDENTICAL",
        ),
    ),
    "PKG_FILES": Explanation(
        "With two csv files nobody can say which one is meant.",
        _zip("two csv files", "data.csv\nolder.csv\nmetadata.json"),
        _zip(
            "litter of a file manager",
            "info/data.csv\ninfo/metadata.json\ninfo/.DS_Store\n__MACOSX/x",
        ),
    ),
    "PKG_CSV_EMPTY": Explanation(
        "An export that failed leaves an empty file; importing it would remove everybody.",
        _zip("only blank lines", "data.csv (two blank lines)\nmetadata.json"),
        _zip("blank line before the header", "data.csv (begins with a blank line)\nmetadata.json"),
    ),
    "PKG_JSON_EMPTY": Explanation(
        "Without metadata nobody knows which column is which field.",
        _zip("only white space", "data.csv\nmetadata.json (one blank)"),
        _zip("byte order mark", "data.csv\nmetadata.json (begins with a byte order mark)"),
    ),
    "FILE_EMPTY": Explanation(
        "An empty file is told before a mapping is asked for.",
        Example("no content", "", flags=("--as-upload",)),
        Example("header and one row", _GOOD_CSV, flags=("--as-upload",), also=("ADV_FILE_NAME",)),
    ),
    "FILE_EXTENSION": Explanation(
        "A workbook is not a csv, whatever it is renamed to; the ending tells what was meant.",
        Example("text file", _GOOD_CSV, ".txt", flags=("--as-upload",)),
        Example("upper case", _GOOD_CSV, ".CSV", flags=("--as-upload",), also=("ADV_FILE_NAME",)),
    ),
    "ADV_PKG_NAMES": Explanation(
        "The names are told to everybody as data.csv and metadata.json; other systems insist on them.",
        _zip("other names", "people.csv\nmapping.json"),
        _zip("the documented names", _SOUND),
    ),
    "ADV_FILE_NAME": Explanation(
        "Older services refuse names with blanks and other signs.",
        Example("hyphens in the name", _GOOD_CSV, flags=("--as-upload",)),
        Example("people", _GOOD_CSV, flags=("--as-upload",)),
    ),
}
