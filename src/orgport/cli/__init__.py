"""The command line: parse, call one use case, print, exit."""

import os

# No matrix is multiplied here: the threads that numpy's library has for that would only wait, and busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
