-- A source that lags behind makes the whole warehouse that old.
select min(as_of) as as_of, cast(min(as_of) at time zone 'UTC' as date) as as_of_date
from {{ ref("stg_landing__watermark") }}
