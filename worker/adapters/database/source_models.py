"""The tables of own sources."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR, UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.adapters.database.base import Base, Created, NewId, PlatformId


class SourceDocument(Base):
    """A text that lessons may rest on, and its terms; `attribution` is whom they want named.

    `organization_id` is empty for a text that all organisations' lessons may rest on. `origin` is
    what it is known by when it comes again.
    """

    __tablename__ = "source_documents"
    __table_args__ = (
        CheckConstraint(
            "lowest_grade BETWEEN 1 AND highest_grade AND highest_grade <= 12", name="grade_range"
        ),
        UniqueConstraint("organization_id", "origin"),
        Index(
            "ix_source_documents_shared_origin",
            "origin",
            unique=True,
            postgresql_where=text("organization_id IS NULL"),
        ),
        Index("ix_source_documents_content_digest", "content_digest"),
    )

    id: Mapped[NewId]
    organization_id: Mapped[PlatformId | None] = mapped_column(
        ForeignKey("organizations.organization_id", ondelete="CASCADE")
    )
    origin: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(300))
    licence: Mapped[str] = mapped_column(String(100))
    attribution: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(String(500), server_default="")
    language: Mapped[str] = mapped_column(String(16), server_default="en")
    lowest_grade: Mapped[int | None]
    highest_grade: Mapped[int | None]
    content_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Created]

    passages: Mapped[list[SourcePassage]] = relationship(
        back_populates="document", cascade="all, delete-orphan", passive_deletes=True
    )


class SourcePassage(Base):
    """A stretch of a source document, searchable by its words.

    `search` is written with the passage, in the configuration of the text's language. Vectors are
    kept apart (`worker.adapters.database.passage_vectors`): not every server can hold them.
    """

    __tablename__ = "source_passages"
    __table_args__ = (
        Index("ix_source_passages_search", "search", postgresql_using="gin"),
        Index("ix_source_passages_document_id_ordinal", "document_id", "ordinal", unique=True),
    )

    id: Mapped[NewId]
    document_id: Mapped[uuid.UUID] = mapped_column(
        UUID(as_uuid=True), ForeignKey("source_documents.id", ondelete="CASCADE")
    )
    ordinal: Mapped[int]
    heading: Mapped[str] = mapped_column(String(300))
    page: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(TSVECTOR)

    document: Mapped[SourceDocument] = relationship(back_populates="passages")
