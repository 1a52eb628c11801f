select
    link.article_link_id as use_id,
    link.article_id,
    'resolved' as kind,
    link.ticket_id,
    link.linked_at as used_at
from {{ ref("stg_sysops__article_link") }} as link
union all
select
    solution.article_solution_id as use_id,
    solution.article_id,
    case
        when solution.said_by = 'customers' then 'ended_online' else 'ended_call'
    end as kind,
    cast(null as uuid) as ticket_id,
    solution.solved_at as used_at
from {{ ref("stg_sysops__article_solution") }} as solution
