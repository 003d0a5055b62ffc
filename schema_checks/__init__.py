"""Finds every fault between SQLAlchemy models and their database, before anything runs."""
