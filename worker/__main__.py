"""Starts the worker: ``python -m worker``."""

if __name__ == "__main__":
    # Render children are spawned and import this module again: they must not pay for the rest.
    import sys

    from worker.cli import main

    sys.exit(main())
