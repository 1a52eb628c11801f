select run_id, ticket_id, outcome, expert_id, candidates, reason
from {{ source("sysops", "assignment_decision") }}
