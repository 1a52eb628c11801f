select
    code as ticket_type,
    name as ticket_type_name,
    device_type,
    duration_minutes,
    active as is_active
from {{ source("sysops", "ticket_type") }}
