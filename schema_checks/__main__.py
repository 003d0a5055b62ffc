"""`python -m schema_checks package.module[:Base] … [--database-url URL]`."""

from __future__ import annotations

import sys

from schema_checks.cli import main

if __name__ == "__main__":
    sys.exit(main())
