"""What can be wrong with the curriculum or with a question to it."""

from __future__ import annotations


class CurriculumError(Exception):
    """The bundled files are faulty.

    Attributes:
        faults: One line for each fault: file, field and what is wrong.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        count = len(self.faults)
        return f"the curriculum has {count} fault{'s' * (count != 1)}:\n" + "\n".join(self.faults)


class UnknownTopicError(KeyError):
    """The curriculum has no topic with this id.

    Attributes:
        topic_id: The id that was asked for.
    """

    def __init__(self, topic_id: str) -> None:
        super().__init__(topic_id)
        self.topic_id = topic_id

    def __str__(self) -> str:
        return f"the curriculum has no topic {self.topic_id!r}"
