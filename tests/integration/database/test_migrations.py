from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tests.platform import on_asyncpg
from worker.adapters.database.models import Base
from worker.migrations import VERSION_TABLE, migrate, step_back

PLATFORM_TABLES = {"organizations", "users"}


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_server_default": True, "version_table": VERSION_TABLE}
    )
    return list(compare_metadata(context, Base.metadata))


async def test_a_migrated_database_is_what_the_models_say(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_every_migration_steps_back_down_and_up_again(empty_database: str) -> None:
    engine = create_async_engine(on_asyncpg(empty_database), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    for revision in ("0008", "0007", "0006", "0005", "0004", "0003", "0002", "0001", "base"):
        async with engine.begin() as connection:
            await connection.run_sync(step_back, revision)
    async with engine.begin() as connection:
        left = await connection.run_sync(_tables)
        assert left == {VERSION_TABLE, *PLATFORM_TABLES}, "the platform's tables are not ours"
        await connection.run_sync(migrate)
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_a_text_that_was_kept_before_stays_searchable_and_goes_back_down(
    empty_database: str,
) -> None:
    engine = create_async_engine(on_asyncpg(empty_database), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(migrate, "0008")
        await connection.execute(text(KEPT_BEFORE))
        await connection.run_sync(migrate)
        found = await connection.execute(text(FOUND_BY_WORDS))
        assert [row[0].split()[0] for row in found] == ["document"]
        await connection.run_sync(step_back, "0008")
        left = await connection.execute(text(FOUND_BY_WORDS.replace("origin", "title")))
        assert left.scalar_one() == "A Book"
    await engine.dispose()


KEPT_BEFORE = """
WITH kept AS (
    INSERT INTO source_documents (title, licence, attribution, content_digest)
    VALUES ('A Book', 'CC BY 4.0', 'An author', repeat('1', 64)) RETURNING id
)
INSERT INTO source_passages (document_id, ordinal, heading, body)
SELECT id, 1, 'Forces', 'A force is a push or a pull.' FROM kept
"""

FOUND_BY_WORDS = """
SELECT origin FROM source_passages JOIN source_documents
ON source_documents.id = document_id WHERE search @@ to_tsquery('english', 'pushing')
"""


async def test_tables_that_the_platform_made_are_left_as_they_are(empty_database: str) -> None:
    engine = create_async_engine(on_asyncpg(empty_database), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "CREATE TABLE organizations (organization_id varchar(100) PRIMARY KEY, motto text)"
            )
        )
        await connection.execute(
            text("CREATE TABLE users (user_id varchar(100) PRIMARY KEY, nickname text)")
        )
        await connection.run_sync(migrate)
        columns = await connection.run_sync(
            lambda sync: {column["name"] for column in inspect(sync).get_columns("users")}
        )
    await engine.dispose()
    assert columns == {"user_id", "nickname"}
