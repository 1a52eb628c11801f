"""No value in the warehouse looks like an e-mail address, a phone number or a card number."""

from collections.abc import Iterator, Mapping, Sequence

from data_tests.promise import Promise
from warehouse import personal_data as patterns


def personal_data(
    schema: str, words: Mapping[str, Sequence[str]], where: Mapping[str, str]
) -> Iterator[Promise]:
    """One promise a table that has text columns (`words`), of all its rows or of some."""
    for table, columns in words.items():
        text = f"concat_ws(E'\\n', {', '.join(columns)})"
        suspect = f"{text} ~ '{patterns.HINT}' AND {text} ~ '{patterns.ANY}'"
        # Single braces are the library's own places to fill in.
        suspect = suspect.replace("{", "{{").replace("}", "}}")
        # What is found is only counted: a sample would carry the data further.
        yield Promise(
            f"{schema}.{table}",
            "personal_data",
            "UnexpectedRowsExpectation",
            {
                "unexpected_rows_query": f"SELECT 1 AS found FROM {{batch}} "  # noqa: S608 - our names
                f"WHERE ({where.get(table, 'true')}) AND {suspect}"
            },
            blocks=True,
        )
