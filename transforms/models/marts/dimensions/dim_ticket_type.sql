select
    ticket_type.ticket_type,
    ticket_type.ticket_type_name,
    ticket_type.device_type,
    device_type.device_name,
    ticket_type.duration_minutes,
    ticket_type.is_active
from {{ ref("stg_sysops__ticket_type") }} as ticket_type
inner join
    {{ ref("stg_sysops__device_type") }} as device_type
    on device_type.device_type = ticket_type.device_type
