"""`python -m hubbub`."""

import sys

from hubbub.cli import main

if __name__ == "__main__":
    sys.exit(main())
