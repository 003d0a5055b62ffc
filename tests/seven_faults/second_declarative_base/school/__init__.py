"""A school's models."""
