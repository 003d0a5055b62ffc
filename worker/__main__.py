"""Starts the worker: ``python -m worker``."""
