-- One row a mirrored table: up to when all that was committed there is in the numbers.
select
    landed_table,
    source,
    as_of as landed_at,
    extract(epoch from (max(as_of) over () - as_of)) / 60 as behind_minutes
from dim_landed_table
order by landed_at, landed_table
limit $limit
