select expert_id, skill as skill_code, level as skill_level, certified_until
from {{ source("sysops", "expert_skill") }}
