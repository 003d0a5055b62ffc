"""Students, their school and their questions."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from school.base import Base


class School(Base):
    """A school."""

    __tablename__ = "schools"
    school_id: Mapped[int] = mapped_column(primary_key=True)


class Student(Base):
    """A student; the database has the table, and none for schools."""

    __tablename__ = "students"
    student_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.school_id"), index=True)


class Question(Base):
    """What a student asked; no model and no table is called learners."""

    __tablename__ = "questions"
    question_id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("learners.student_id"), index=True)
