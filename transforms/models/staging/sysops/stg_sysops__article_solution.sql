select id as article_solution_id, article_id, query_id as search_id, said_by, solved_at
from {{ source("sysops", "article_solution") }}
