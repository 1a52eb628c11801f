select
    id as expert_id,
    state,
    substr(zip, 1, 3) as zip3,
    time_zone,
    radius_km,
    active as is_active,
    silences,
    updated_at
from {{ source("sysops", "expert") }}
