-- What a card number could be, in any column of one table: for who looks for numbers that are
-- where none may be, without being able to read anything else. {schema} is where it is made.
-- The rules are those of orchestration/card_scan/rules.py, which judges what comes out of here.
CREATE OR REPLACE FUNCTION {schema}.digit_runs(of_schema text, of_table text, skipped text[])
RETURNS TABLE (column_name text, place text, digits text)
LANGUAGE plpgsql {security}
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    it record;
    value text;
BEGIN
    FOR it IN
        SELECT a.attname::text AS name, base.typname::text AS type, base.typcategory AS category
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        JOIN pg_type base ON base.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
        WHERE n.nspname = of_schema AND c.relname = of_table AND c.relkind IN ('r', 'm')
            AND a.attname <> ALL (skipped)
            -- Types that cannot hold 13 digits in a row as a number or a text.
            AND base.typcategory NOT IN ('B', 'D', 'E', 'R', 'T', 'I')
            AND base.typname <> ALL ('{{int2,int4,oid,float4,uuid,xid,xid8,tid,pg_lsn,'
                '_int2,_int4,_oid,_float4,_uuid,_date,_timestamptz,_bool}}'::text[])
    LOOP
        value := CASE
            -- Bytes that are letters stay what they are; others end a run of digits.
            WHEN it.type = 'bytea' THEN
                format($$regexp_replace(encode(%I, 'escape'), '\\[0-7]{{3}}', '|', 'g')$$, it.name)
            WHEN it.type = 'float8' THEN format(
                'CASE WHEN %1$I BETWEEN 1e12 AND 9.2e18 THEN trunc(%1$I)::int8::text END', it.name)
            WHEN it.type = 'numeric' THEN format('trunc(%I)::text', it.name)
            ELSE format('%I::text', it.name)
        END;
        -- First a pattern without memory, which is quick; what it finds is looked at closely.
        RETURN QUERY EXECUTE format($$
            SELECT %L::text, place, run[1]
            FROM (
                SELECT ctid::text AS place, %s AS value FROM ONLY %I.%I OFFSET 0
            ) AS cells, regexp_matches(
                regexp_replace(regexp_replace(value, %L, ' ', 'gi'), %L, ' ', 'gi'), %L, 'g'
            ) AS run
            WHERE value ~ '[0-9](?:[ -]?[0-9]){{12}}'
                AND length(translate(run[1], ' -', '')) >= 13
            $$,
            it.name, value, of_schema, of_table,
            '(?<![0-9a-z])[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(?![0-9a-z])',
            '(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{{24,}}(?![0-9a-z])',
            '(?<![0-9])(?<![0-9][.])([0-9]+(?:[ -][0-9]+)*)'
        );
    END LOOP;
END
$body$;
