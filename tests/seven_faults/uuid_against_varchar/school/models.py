"""Students and their questions."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from school.base import Base


class Student(Base):
    """A student."""

    __tablename__ = "students"
    student_id: Mapped[UUID] = mapped_column(primary_key=True)
    questions: Mapped[list[Question]] = relationship(back_populates="student")


class Question(Base):
    """What a student asked."""

    __tablename__ = "questions"
    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    student_id: Mapped[UUID] = mapped_column(ForeignKey("students.student_id"), index=True)
    student: Mapped[Student] = relationship(back_populates="questions")
