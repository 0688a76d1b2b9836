"""`python -m metaworldx`: the same as the command `metaworldx`."""

import sys

from metaworldx.cli import main

if __name__ == "__main__":
    sys.exit(main())
