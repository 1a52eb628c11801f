"""Survey links: an id signed with a key of ours, so that no secret is stored and none guessed."""

from uuid import UUID

from api.kernel.signed_ids import SignedIds

PATH = "/customer/surveys"


class SurveyLinks:
    """Makes and reads the tokens of survey links."""

    def __init__(self, key: str) -> None:
        """Raises ValueError for a key that is too short to keep a secret."""
        self._signed = SignedIds(key, "survey")

    def token(self, survey_id: UUID) -> str:
        """The token of one survey; it says nothing and can be in a URL."""
        return self._signed.token(survey_id)

    def url(self, base_url: str, survey_id: UUID) -> str:
        """The link that a customer gets."""
        return f"{base_url.rstrip('/')}{PATH}/{self.token(survey_id)}"

    def read(self, token: str) -> UUID | None:
        """The survey of a token, None for one that we did not make."""
        return self._signed.read(token)
