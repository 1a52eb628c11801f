select id as article_link_id, article_id, ticket_id, linked_at
from {{ source("sysops", "article_link") }}
