with
    solved as (
        select search_id, min(solved_at) as solved_at
        from {{ ref("stg_sysops__article_solution") }}
        where search_id is not null
        group by search_id
    )

select
    search.search_id,
    search.asked_by,
    search.results,
    search.results = 0 as is_in_vain,
    solved.search_id is not null as is_solved,
    search.asked_at,
    solved.solved_at
from {{ ref("stg_sysops__article_query") }} as search
left join solved on solved.search_id = search.search_id
