"""The command line: parse, call one use case, print, exit."""

import os

from orgport.memory import OF_LIBRARIES

for _name, _value in OF_LIBRARIES.items():
    os.environ.setdefault(_name, _value)
