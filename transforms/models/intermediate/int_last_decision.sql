-- Why the latest run of the assignment job left a ticket without an expert.
with
    decisions as (
        select
            decision.ticket_id,
            decision.reason,
            decision.outcome,
            row_number() over (
                partition by decision.ticket_id
                order by run.started_at desc, run.run_id desc
            ) as place
        from {{ ref("stg_sysops__assignment_decision") }} as decision
        inner join
            {{ ref("stg_sysops__assignment_run") }} as run
            on run.run_id = decision.run_id
        inner join
            {{ ref("stg_sysops__ticket") }} as ticket
            on ticket.ticket_id = decision.ticket_id
        where ticket.status = 'open'
    )

select ticket_id, reason
from decisions
where place = 1 and outcome <> 'assigned'
