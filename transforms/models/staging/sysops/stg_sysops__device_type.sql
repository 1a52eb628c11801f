select code as device_type, name as device_name
from {{ source("sysops", "device_type") }}
