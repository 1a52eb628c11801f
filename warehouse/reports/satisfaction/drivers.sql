-- Each choice: how satisfied they are who made it, against the others who could have.
-- It was offered to all who got a template's version in which somebody made it; who
-- answered such a survey and ticked nothing is among the others.
with
    days as (
        from
            answer_days_in(
                $region, $state, $plan, $device, $expert, $since, $until, $as_of
            )
        where template is not null
    ),

    versions as (
        select
            template, template_version, sum(answers) as total, sum(satisfied) as hits
        from days
        group by all
    ),

    made as (
        select
            template,
            template_version,
            answers,
            satisfied,
            unnest(choices, recursive := true)
        from days
    ),

    compared as (
        select
            made.question,
            made.choice,
            total_of(made.answers) as answers,
            total_of(made.satisfied) as satisfied,
            total_of(versions.total) - total_of(made.answers) as others,
            total_of(versions.hits) - total_of(made.satisfied) as others_satisfied
        from
            (
                select
                    template,
                    template_version,
                    question,
                    choice,
                    sum(answers) as answers,
                    sum(satisfied) as satisfied
                from made
                group by all
            ) as made
        inner join
            versions
            on versions.template = made.template
            and versions.template_version = made.template_version
        group by made.question, made.choice
    )

select
    in_words(question) as question,
    in_words(choice) as choice,
    answers,
    satisfied / answers as satisfied_share,
    others,
    others_satisfied / nullif(others, 0) as others_satisfied_share,
    satisfied / answers - others_satisfied / nullif(others, 0) as difference_share,
    case
        when others > 0
        then difference_low(satisfied, answers, others_satisfied, others)
    end as difference_low_share,
    case
        when others > 0
        then difference_high(satisfied, answers, others_satisfied, others)
    end as difference_high_share
from compared
order by difference_share nulls last, question, choice
limit $limit
