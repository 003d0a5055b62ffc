"""Reads an operator's files: Markdown, HTML and PDF."""
