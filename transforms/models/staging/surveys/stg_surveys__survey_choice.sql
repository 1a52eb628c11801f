select survey_id, question, choice from {{ source("surveys", "survey_choice") }}
