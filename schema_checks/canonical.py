"""Deep mode: has PostgreSQL spell the models' expressions its own way.

Every table with an expression that its words leave open is copied, empty, into a temporary one
(`LIKE`); those CHECKs, EXCLUDE constraints, defaults, generated columns and index expressions are
put on the copy; PostgreSQL's text of them is read back; everything is rolled back. Two texts of
PostgreSQL's own can be compared as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, Index, exc

from schema_checks import expressions
from schema_checks.catalog_reading import one_line
from schema_checks.comparison import Pair, database_name
from schema_checks.constraints import condition_of
from schema_checks.errors import CannotCheckError
from schema_checks.expressions import Expression
from schema_checks.rendering import dialect

TABLES_A_STATEMENT = 50  # keeps one statement far below its timeout: a table takes about 3 ms
STATEMENT_TIMEOUT_MS = 30_000

# Runs every statement by itself: one that fails (a column that is missing, say) leaves the rest.
RUN_EACH = """DO $schema_checks$
DECLARE statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY[{statements}]::text[] LOOP
        BEGIN
            EXECUTE statement;
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $schema_checks$"""

READ_BACK = r"""
SELECT 'c', conname::text, pg_get_constraintdef(k.oid)
FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
WHERE c.relnamespace = pg_my_temp_schema() AND c.relname LIKE 'schema\_checks\_%'
  AND contype IN ('c', 'x')
UNION ALL
SELECT 'd', c.relname || '/' || a.attname, pg_get_expr(d.adbin, d.adrelid)
FROM pg_catalog.pg_attrdef AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.adrelid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE c.relnamespace = pg_my_temp_schema() AND c.relname LIKE 'schema\_checks\_%'
UNION ALL
SELECT 'i', c.relname::text,
       coalesce(pg_get_expr(i.indpred, i.indrelid), pg_get_indexdef(i.indexrelid, 1, false))
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE c.relnamespace = pg_my_temp_schema() AND c.relname LIKE 'schema\_checks\_%'
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """One statement, and under which name PostgreSQL's text of it will be read back."""

    statement: str
    key: tuple[str, str]
    expression: Expression | None = None


def canonical_texts(
    connection: Connection, pairs: Sequence[Pair], wanted: Collection[Expression]
) -> dict[Expression, str]:
    """Return PostgreSQL's spelling of those wanted expressions that it accepts.

    Raises:
        CannotCheckError: The role may make no temporary tables, the server is read-only, or the
            connection is in autocommit, where nothing could be rolled back.
    """
    if not wanted:
        return {}
    probes = [probe for place, pair in enumerate(pairs) for probe in _probes(place, pair, wanted)]
    try:
        with _rolled_back(connection):
            connection.exec_driver_sql("CREATE TEMPORARY TABLE schema_checks_probe ()")
            for batch in _batches(probes):
                listed = ", ".join(_quoted(probe.statement) for probe in batch)
                _run(connection, RUN_EACH.format(statements=listed))
            texts = {(row[0], row[1]): str(row[2]) for row in _run(connection, READ_BACK)}
    except exc.DBAPIError as error:
        raise CannotCheckError("expressions (deep mode)", one_line(error)) from error
    return {
        probe.expression: condition_of(text) if probe.key[0] == "c" else text
        for probe in probes
        if probe.expression is not None and (text := texts.get(probe.key)) is not None
    }


@contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    nested = connection.in_transaction()
    transaction = connection.begin_nested() if nested else connection.begin()
    try:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}")
        connection.exec_driver_sql("SELECT set_config('schema_checks.probe', 'on', true)")
        probe = connection.exec_driver_sql("SELECT current_setting('schema_checks.probe', true)")
        if probe.scalar_one() != "on":
            reason = "the connection is in autocommit, so temporary tables could not be rolled back"
            raise CannotCheckError("expressions (deep mode)", reason)
        yield
    finally:
        transaction.rollback()


def _run(connection: Connection, sql: str) -> list[tuple[str, str, str]]:
    """Run SQL as it is; where the driver reads percent signs they are doubled."""
    reads_percent = connection.dialect.paramstyle in {"format", "pyformat"}
    result = connection.exec_driver_sql(sql.replace("%", "%%") if reads_percent else sql)
    return [(row[0], row[1], row[2]) for row in result] if result.returns_rows else []


def _batches(probes: Sequence[Probe]) -> Iterator[list[Probe]]:
    iterator = iter(probes)
    while batch := list(islice(iterator, TABLES_A_STATEMENT * 5)):
        yield batch


def _probes(number: int, pair: Pair, wanted: Collection[Expression]) -> Iterator[Probe]:
    own = [one for one in expressions.of_table(pair.model) if one in wanted]
    if not own or pair.actual.is_view:
        return
    copy = f"schema_checks_{number}"
    relation = pair.actual.relation
    source = f"{_name(relation.schema)}.{_name(relation.name)}"
    yield Probe(f"CREATE TEMPORARY TABLE {copy} (LIKE {source})", ("", ""))
    indexes = {str(index.name): index for index in pair.model.indexes}
    for place, expression in enumerate(own):
        probe = _probe(f"pg_temp.{copy}", f"{copy}_{place}", expression, pair, indexes)
        if probe is not None:
            yield probe


def _probe(
    copy: str, own: str, expression: Expression, pair: Pair, indexes: dict[str, Index]
) -> Probe | None:
    text, owner = expression.text, expression.owner
    table = copy.removeprefix("pg_temp.")
    if expression.kind == "check":
        statement = f"ALTER TABLE {copy} ADD CONSTRAINT {own} CHECK ({text})"
        return Probe(statement, ("c", own), expression)
    if expression.kind == "exclusion":
        statement = f"ALTER TABLE {copy} ADD CONSTRAINT {own} {text}"
        return Probe(statement, ("c", own), expression)
    if expression.kind == "default":
        column = database_name(owner)
        statement = f"ALTER TABLE {copy} ALTER COLUMN {_name(column)} SET DEFAULT {text}"
        return Probe(statement, ("d", f"{table}/{column}"), expression)
    if expression.kind == "computed":
        actual = pair.actual.columns.get(database_name(owner))
        type_text = actual.type.text if actual else "text"
        statement = (
            f"ALTER TABLE {copy} ADD COLUMN {own} {type_text} GENERATED ALWAYS AS ({text}) STORED"
        )
        return Probe(statement, ("d", f"{table}/{own}"), expression)
    if expression.kind == "predicate":
        statement = f"CREATE INDEX {own} ON {copy} ((1)) WHERE {text}"
        return Probe(statement, ("i", own), expression)
    method = indexes[owner].dialect_options["postgresql"]["using"] or "btree"
    return Probe(f"CREATE INDEX {own} ON {copy} USING {method} (({text}))", ("i", own), expression)


def _name(name: str) -> str:
    return str(dialect().identifier_preparer.quote_identifier(name))


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'" if "\\" not in doubled else "E'" + doubled.replace("\\", "\\\\") + "'"
