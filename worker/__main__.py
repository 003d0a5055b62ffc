"""Starts the worker: ``python -m worker``."""

if __name__ == "__main__":
    # Render children are spawned and import this module again: they must not pay for the rest.
    import gc
    import signal
    import sys

    # Imports take seconds. As a container's first process we would not even die of a SIGTERM that
    # comes meanwhile, but go on and pull: it is held back until a command answers it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})

    # What imports make stays: looking for garbage among it takes a tenth of their time.
    gc.disable()
    from worker.cli import main

    gc.freeze()
    gc.enable()
    sys.exit(main())
