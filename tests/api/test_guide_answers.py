"""The answers that the guides show are those of the API's documentation."""

import pytest

from tests.api.guide_answers import SHOWN, with_answers
from tests.api.test_guides import DOCUMENTS, ROOT


@pytest.mark.parametrize("document", DOCUMENTS)
def test_answers_of_a_guide_are_as_the_documentation_has_them(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert with_answers(text) == text, "python -m tests.api.guide_answers writes them anew"


@pytest.mark.parametrize(
    "role", ["administrator", "customer", "expert", "finance", "helpdesk", "manager"]
)
def test_every_role_that_uses_the_api_sees_answers(role: str) -> None:
    assert SHOWN.search((ROOT / f"docs/guides/{role}.md").read_text(encoding="utf-8"))
