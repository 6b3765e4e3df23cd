"""`python -m impasto`: the same as the command `impasto`."""

import sys

from impasto.cli import main

if __name__ == "__main__":
    sys.exit(main())
