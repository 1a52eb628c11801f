select code as skill_code, name as skill_name from {{ source("sysops", "skill") }}
