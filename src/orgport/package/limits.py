"""The absolute limits of a package, enforced while reading and never believed from a header."""

MIB = 1024 * 1024
GIB = 1024 * MIB

BODY_BYTES = GIB
DATA_BYTES = GIB
UNPACKED_BYTES = GIB + GIB // 10
METADATA_BYTES = MIB
ENTRIES = 32
DIRECTORY_BYTES = 4 * MIB  # of the central directory: far more than 32 entries need
HEADER_BYTES = 4 * MIB
CORRECTION_BYTES = 128 * MIB  # of a correction file, which is read whole
JSON_DEPTH = 32  # of brackets in a raw json: a package needs four
