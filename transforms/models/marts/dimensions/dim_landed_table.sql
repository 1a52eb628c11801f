select source || '.' || table_name as landed_table, source, table_name, as_of
from {{ ref("stg_landing__watermark") }}
