-- Each choice: how satisfied they are who made it, against the others who could have.
-- It was offered to all who got a template's version in which somebody made it; who
-- answered such a survey and ticked nothing is among the others.
with
    answers as (
        from answers_in($region, $state, $plan, $device, $expert, $since, $until)
    ),

    choices as (
        select distinct
            choice.survey_id,
            choice.question,
            choice.choice,
            choice.template,
            choice.template_version
        from fct_survey_choice as choice
        inner join answers on answers.survey_id = choice.survey_id
    ),

    asked as (
        select
            offered.question,
            offered.choice,
            count(*) as total,
            count(*) filter (where answers.is_satisfied) as hits
        from
            (
                select distinct question, choice, template, template_version
                from choices
            ) as offered
        inner join
            answers
            on answers.template = offered.template
            and answers.template_version = offered.template_version
        group by all
    ),

    chosen as (
        select
            choices.question,
            choices.choice,
            count(*) as answers,
            count(*) filter (where answers.is_satisfied) as satisfied
        from choices
        inner join answers on answers.survey_id = choices.survey_id
        group by all
    ),

    compared as (
        select
            chosen.*,
            asked.total - chosen.answers as others,
            asked.hits - chosen.satisfied as others_satisfied
        from chosen
        inner join
            asked on asked.question = chosen.question and asked.choice = chosen.choice
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
