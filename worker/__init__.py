"""Turns a student question into a personalised, narrated lesson."""
