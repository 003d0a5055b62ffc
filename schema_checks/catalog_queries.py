"""The catalog queries.

Each returns one row of JSON texts, so that a remote database costs one round trip a query and
no driver's type conversion matters. They read `pg_catalog` only. Rows of `pg_constraint` with
`contype = 'n'` (NOT NULL constraints, new in PostgreSQL 18) are left out: `attnotnull` says the
same on every version.
"""

from __future__ import annotations

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"

STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = {milliseconds}"

# Relations of every schema of the users, whether a model maps them or not: "table missing" can
# then say that it exists elsewhere. The privileges are the current role's.
SESSION = r"""
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
       coalesce((SELECT json_agg(json_build_array(oid::bigint, space, name, kind, usage, granted))
                 FROM relations), '[]')::text
"""

COLUMNS = """
    SELECT json_build_array(
        a.attrelid::bigint, a.attnum, a.attname,
        format_type(a.atttypid, a.atttypmod),
        ts.nspname, t.typname, t.typtype,
        CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
        CASE WHEN t.typcategory = 'A' THEN json_build_array(es.nspname, e.typname, e.typtype) END,
        CASE WHEN coalesce(e.typtype, t.typtype) = 'e' THEN (
            SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum AS l
            WHERE l.enumtypid = coalesce(e.oid, t.oid)) END,
        a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
        coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault),
        a.attidentity, a.attgenerated,
        CASE WHEN a.attcollation <> t.typcollation THEN c.collname END
    ) AS entry
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_namespace AS ts ON ts.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_type AS e ON t.typcategory = 'A' AND e.oid = t.typelem
    LEFT JOIN pg_catalog.pg_namespace AS es ON es.oid = e.typnamespace
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation
    WHERE a.attrelid = ANY (CAST(:oids AS oid[])) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum
"""

CONSTRAINTS = """
    SELECT json_build_array(
        k.conrelid::bigint, k.conname, k.contype, k.conkey,
        k.condeferrable, k.condeferred, k.convalidated,
        CASE WHEN k.contype = 'f' THEN json_build_array(
            fs.nspname, f.relname,
            (SELECT json_agg(fa.attname ORDER BY u.place)
             FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
             JOIN pg_catalog.pg_attribute AS fa
               ON fa.attrelid = k.confrelid AND fa.attnum = u.number),
            k.confdeltype, k.confupdtype, k.confmatchtype) END,
        CASE WHEN k.contype IN ('c', 'x') THEN pg_get_constraintdef(k.oid) END,
        k.conindid::bigint
    ) AS entry
    FROM pg_catalog.pg_constraint AS k
    LEFT JOIN pg_catalog.pg_class AS f ON f.oid = k.confrelid AND k.confrelid <> 0
    LEFT JOIN pg_catalog.pg_namespace AS fs ON fs.oid = f.relnamespace
    WHERE k.conrelid = ANY (CAST(:oids AS oid[])) AND k.contype IN ('p', 'u', 'f', 'c', 'x')
    ORDER BY k.conrelid, k.conname
"""

# {nulls_not_distinct} is a column from PostgreSQL 15 on, and the constant false before.
INDEXES = """
    SELECT json_build_array(
        i.indrelid::bigint, i.indexrelid::bigint, c.relname, m.amname,
        i.indisunique, i.indisprimary, i.indisvalid AND i.indisready,
        {nulls_not_distinct},
        i.indnkeyatts, string_to_array(i.indkey::text, ' ')::int[],
        string_to_array(i.indoption::text, ' ')::int[],
        CASE WHEN i.indexprs IS NOT NULL THEN (
            SELECT json_agg(pg_get_indexdef(i.indexrelid, place, false) ORDER BY place)
            FROM generate_series(1, i.indnkeyatts) AS place) END,
        pg_get_expr(i.indpred, i.indrelid),
        (SELECT json_agg(CASE WHEN o.opcdefault THEN NULL ELSE o.opcname END ORDER BY u.place)
         FROM unnest(i.indclass) WITH ORDINALITY AS u (class, place)
         JOIN pg_catalog.pg_opclass AS o ON o.oid = u.class)
    ) AS entry
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = ANY (CAST(:oids AS oid[])) AND i.indislive
    ORDER BY i.indrelid, c.relname
"""


def details(server_version: int) -> str:
    """Return the query that reads columns, constraints and indexes of the relations `:oids`."""
    nulls = "i.indnullsnotdistinct" if server_version >= 150000 else "false"  # noqa: PLR2004 - server_version_num of PostgreSQL 15
    parts = (COLUMNS, CONSTRAINTS, INDEXES.format(nulls_not_distinct=nulls))
    texts = ", ".join(
        f"coalesce((SELECT json_agg(part.entry) FROM ({part}) AS part), '[]')::text"  # noqa: S608 - only the constants above
        for part in parts
    )
    return f"SELECT {texts}"
