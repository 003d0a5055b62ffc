"""The catalog queries.

Each returns one row of JSON texts, so that a remote database costs one round trip a query and
no driver's type conversion matters. They read `pg_catalog` only. Rows of `pg_constraint` with
`contype = 'n'` (NOT NULL constraints, new in PostgreSQL 18) are left out: `attnotnull` says the
same on every version.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import TextClause, text

SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

# A just-in-time compiler would take longer than the queries: their cost estimate passes
# jit_above_cost (100000) at about a thousand tables.
LIMITS = text(
    "SELECT set_config('statement_timeout', CAST(:milliseconds AS text), true),"
    " set_config('jit', 'off', true)"
)

# Rows are columnar: one JSON array for each attribute, not one for each row. PostgreSQL writes that
# in half the time, and reading it back is one zip(). Attributes that few rows differ in are one
# text, the row's traits, so that each distinct combination is read only once.

# Relations of every schema of the users, whether a model maps them or not: "table missing" can
# then say that it exists elsewhere. The privileges are the current role's.
SESSION = text(r"""
WITH spaces AS MATERIALIZED (
    SELECT oid, nspname::text AS name, has_schema_privilege(oid, 'USAGE') AS usage
    FROM pg_catalog.pg_namespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
), relations AS (
    SELECT c.oid, s.name AS space, c.relname::text AS name, c.relkind::text AS kind,
           CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE') END AS usage,
           CASE WHEN c.relkind <> 'S' AND c.relname = ANY (CAST(:names AS text[])) THEN concat(
               CASE WHEN has_table_privilege(c.oid, 'SELECT')
                      OR has_any_column_privilege(c.oid, 'SELECT') THEN 'r' END,
               CASE WHEN has_table_privilege(c.oid, 'INSERT')
                      OR has_any_column_privilege(c.oid, 'INSERT') THEN 'a' END,
               CASE WHEN has_table_privilege(c.oid, 'UPDATE')
                      OR has_any_column_privilege(c.oid, 'UPDATE') THEN 'w' END,
               CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN 'd' END) END AS granted
    FROM pg_catalog.pg_class AS c JOIN spaces AS s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
)
SELECT current_user::text,
       current_setting('server_version_num')::int,
       to_json(current_schemas(false))::text,
       current_setting('statement_timeout'),
       coalesce((SELECT json_agg(json_build_array(name, usage)) FROM spaces), '[]')::text,
       (SELECT json_build_array(json_agg(oid::bigint), json_agg(space), json_agg(name),
                                json_agg(kind), json_agg(usage), json_agg(granted))
        FROM relations)::text
""")

DETAILS = """
WITH attributes AS MATERIALIZED (
    SELECT attrelid, attnum, attname, atttypid, atttypmod, attcollation, attnotnull, attidentity,
           attgenerated
    FROM pg_catalog.pg_attribute
    WHERE attrelid = ANY (CAST(:oids AS oid[])) AND attnum > 0 AND NOT attisdropped
)
SELECT
    ({columns})::text,
    ({defaults})::text,
    ({types})::text,
    ({constraints})::text,
    ({indexes})::text,
    ({opclasses})::text
"""

COLUMNS = """
    SELECT json_build_array(
        json_agg(attrelid::bigint), json_agg(attnum), json_agg(attname),
        json_agg(concat_ws('/', atttypid, atttypmod, attcollation, attnotnull, attidentity,
                           attgenerated)))
    FROM attributes
"""

DEFAULTS = """
    SELECT json_build_array(
        json_agg(d.adrelid::bigint), json_agg(d.adnum), json_agg(pg_get_expr(d.adbin, d.adrelid)))
    FROM pg_catalog.pg_attrdef AS d
    WHERE d.adrelid = ANY (CAST(:oids AS oid[]))
"""

TYPES = """
    SELECT json_agg(json_build_array(
        concat_ws('/', u.atttypid, u.atttypmod, u.attcollation),
        CASE WHEN u.attcollation <> t.typcollation THEN (
            SELECT c.collname FROM pg_catalog.pg_collation AS c WHERE c.oid = u.attcollation) END,
        t.typtype = 'd' AND t.typnotnull, t.typdefault,
        format_type(u.atttypid, u.atttypmod),
        (SELECT s.nspname FROM pg_catalog.pg_namespace AS s WHERE s.oid = t.typnamespace),
        t.typname, t.typtype,
        CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
        CASE WHEN t.typcategory = 'A' THEN (
            SELECT json_build_array(s.nspname, e.typname, e.typtype)
            FROM pg_catalog.pg_type AS e
            JOIN pg_catalog.pg_namespace AS s ON s.oid = e.typnamespace
            WHERE e.oid = t.typelem) END,
        (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum AS l
         WHERE l.enumtypid IN (t.oid, t.typelem))))
    FROM (SELECT DISTINCT atttypid, atttypmod, attcollation FROM attributes) AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.atttypid
"""

CONSTRAINTS = """
    SELECT json_build_array(
        json_agg(k.conrelid::bigint), json_agg(k.conname), json_agg(k.confrelid::bigint),
        json_agg(concat_ws('/', k.contype, k.condeferrable, k.condeferred, k.convalidated,
                           k.confdeltype, k.confupdtype, k.confmatchtype,
                           coalesce(k.conkey, '{}'), coalesce(k.confkey, '{}'))),
        json_agg(CASE WHEN k.contype IN ('c', 'x') THEN pg_get_constraintdef(k.oid) END))
    FROM pg_catalog.pg_constraint AS k
    WHERE k.conrelid = ANY (CAST(:oids AS oid[])) AND k.contype IN ('p', 'u', 'f', 'c', 'x')
"""

# {nulls_not_distinct} is a column from PostgreSQL 15 on, and the constant false before.
INDEXES = """
    SELECT json_build_array(
        json_agg(i.indrelid::bigint), json_agg(c.relname),
        json_agg(concat_ws('/', i.indisunique, i.indisprimary, i.indisvalid AND i.indisready,
                           {nulls_not_distinct}, i.indnkeyatts, i.indkey, i.indoption, i.indclass,
                           m.amname)),
        json_agg(pg_get_expr(i.indpred, i.indrelid)),
        json_agg(CASE WHEN i.indexprs IS NOT NULL THEN (
            SELECT json_agg(pg_get_indexdef(i.indexrelid, place, false) ORDER BY place)
            FROM generate_series(1, i.indnkeyatts) AS place) END))
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = ANY (CAST(:oids AS oid[])) AND i.indislive
"""

OPCLASSES = """
    SELECT json_object_agg(o.oid::text, o.opcname) FROM pg_catalog.pg_opclass AS o
    WHERE NOT o.opcdefault
"""


@cache
def details(server_version: int) -> TextClause:
    """Return the query that reads columns, constraints and indexes of the relations `:oids`."""
    nulls = "i.indnullsnotdistinct" if server_version >= 150000 else "false"  # noqa: PLR2004 - server_version_num of PostgreSQL 15
    return text(
        DETAILS.format(
            columns=COLUMNS,
            defaults=DEFAULTS,
            types=TYPES,
            constraints=CONSTRAINTS,
            indexes=INDEXES.format(nulls_not_distinct=nulls),
            opclasses=OPCLASSES,
        )
    )
