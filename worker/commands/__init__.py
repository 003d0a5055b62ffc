"""What the command line can do, one module each; each returns an exit code of README."""
