"""Servers for a machine with nothing but Python."""
