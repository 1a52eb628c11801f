select device_type, device_name from {{ ref("stg_sysops__device_type") }}
