select article_id, staff_id, helpful, voted_at
from {{ source("sysops", "article_vote") }}
