select id as search_id, results, asked_by, asked_at
from {{ source("sysops", "article_query") }}
