"""What students ask."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, declarative_base, mapped_column, relationship

from school.students import Student

Base = declarative_base()


class Question(Base):
    """A question."""

    __tablename__ = "questions"
    question_id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.student_id"), index=True)
    student: Mapped[Student] = relationship()
