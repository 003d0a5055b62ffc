"""Students."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from school.base import Base


class Student(Base):
    """A student."""

    __tablename__ = "students"
    student_id: Mapped[str] = mapped_column(String(100), primary_key=True)
