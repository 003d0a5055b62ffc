"""Own sources: whose they are, what they are known by, and a search in their own language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _extend_documents()
    op.add_column("source_passages", sa.Column("page", sa.Integer(), nullable=True))
    # A generated column knows one language only; what it holds so far stays.
    op.execute("ALTER TABLE source_passages ALTER COLUMN search DROP EXPRESSION")
    op.alter_column("source_passages", "search", nullable=False)


def _extend_documents() -> None:
    table = "source_documents"
    op.add_column(table, sa.Column("organization_id", sa.String(length=100), nullable=True))
    op.create_foreign_key(
        op.f("fk_source_documents_organization_id_organizations"),
        table,
        "organizations",
        ["organization_id"],
        ["organization_id"],
        ondelete="CASCADE",
    )
    op.add_column(table, sa.Column("origin", sa.Text(), nullable=True))
    op.execute("UPDATE source_documents SET origin = 'document ' || id")
    op.alter_column(table, "origin", nullable=False)
    op.add_column(table, sa.Column("url", sa.String(length=500), server_default="", nullable=False))
    op.add_column(table, sa.Column("lowest_grade", sa.Integer(), nullable=True))
    op.add_column(table, sa.Column("highest_grade", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_source_documents_grade_range"),
        table,
        "lowest_grade BETWEEN 1 AND highest_grade AND highest_grade <= 12",
    )
    op.drop_constraint(op.f("uq_source_documents_content_digest"), table, type_="unique")
    op.create_index("ix_source_documents_content_digest", table, ["content_digest"])
    op.create_unique_constraint(
        op.f("uq_source_documents_organization_id_origin"), table, ["organization_id", "origin"]
    )
    op.create_index(
        "ix_source_documents_shared_origin",
        table,
        ["origin"],
        unique=True,
        postgresql_where=sa.text("organization_id IS NULL"),
    )


def downgrade() -> None:
    # `ingest` makes this table at first need, where the server has pgvector.
    op.execute("DROP TABLE IF EXISTS source_vectors")
    op.drop_column("source_passages", "search")
    op.add_column(
        "source_passages",
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('english'::regconfig, (heading::text || ' '::text) || body)",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_source_passages_search", "source_passages", ["search"], postgresql_using="gin"
    )
    op.drop_column("source_passages", "page")
    _shrink_documents()


def _shrink_documents() -> None:
    table = "source_documents"
    # A text of one organisation must not become everybody's.
    op.execute("DELETE FROM source_documents WHERE organization_id IS NOT NULL")
    op.execute(
        "DELETE FROM source_documents one USING source_documents other "
        "WHERE one.content_digest = other.content_digest AND one.id > other.id"
    )
    op.drop_index("ix_source_documents_shared_origin", table_name=table)
    op.drop_index("ix_source_documents_content_digest", table_name=table)
    op.create_unique_constraint(
        op.f("uq_source_documents_content_digest"), table, ["content_digest"]
    )
    for name in ("highest_grade", "lowest_grade", "url", "origin", "organization_id"):
        op.drop_column(table, name)
