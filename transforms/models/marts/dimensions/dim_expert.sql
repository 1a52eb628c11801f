with
    as_of as (select as_of_date from {{ ref("int_as_of") }}),

    skills as (
        select
            expert_skill.expert_id,
            string_agg(skill.skill_name, ', ' order by skill.skill_name) as skills,
            cast(count(*) as integer) as skill_count
        from {{ ref("stg_sysops__expert_skill") }} as expert_skill
        inner join
            {{ ref("stg_sysops__skill") }} as skill
            on skill.skill_code = expert_skill.skill_code
        cross join as_of
        where expert_skill.certified_until >= as_of.as_of_date
        group by expert_skill.expert_id
    )

select
    expert.expert_id,
    {{ location_key("expert.state", "expert.zip3") }} as location_key,
    expert.state,
    expert.time_zone,
    expert.radius_km,
    coalesce(skills.skills, '') as skills,
    coalesce(skills.skill_count, 0) as skill_count,
    expert.is_active
from {{ ref("stg_sysops__expert") }} as expert
left join skills on skills.expert_id = expert.expert_id
