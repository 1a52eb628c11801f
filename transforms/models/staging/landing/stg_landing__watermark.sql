select source, table_name, as_of from {{ source("landing", "watermark") }}
