"""No value in the warehouse looks like an e-mail address, a phone number or a card number."""

from collections.abc import Iterator, Mapping, Sequence

from data_tests.promise import Promise, no_row
from warehouse import personal_data as patterns


def personal_data(
    schema: str, words: Mapping[str, Sequence[str]], where: Mapping[str, str]
) -> Iterator[Promise]:
    """One promise a table that has text columns (`words`), of all its rows or of some."""
    for table, columns in words.items():
        text = f"concat_ws(E'\\n', {', '.join(columns)})"
        yield no_row(
            f"{schema}.{table}",
            "personal_data",
            f"{text} ~ '{patterns.HINT}' AND {text} ~ '{patterns.ANY}'",
            "nothing that looks like an e-mail address, a phone number or a card number",
            among=where.get(table, "true"),
            blocks=True,
        )
