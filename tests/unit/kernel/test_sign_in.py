"""When a password may be tried, which ones are taken, and what a refresh token does."""

from datetime import UTC, datetime, timedelta

import argon2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.errors import Invalid
from api.kernel.sign_in.passwords import (
    NewPassword,
    hash_password,
    password_matches,
    refuse_personal,
    renewed,
)
from api.kernel.sign_in.rules import (
    TokenState,
    failures_before,
    gives_away,
    refreshing,
    wait_left,
)
from tests import hashing

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (11, 1920), (12, 3600), (13, 3600), (10**6, 3600)],
)
def test_each_wrong_password_after_the_fifth_doubles_the_wait_to_an_hour(
    failures: int, seconds: int
) -> None:
    assert wait_left(failures, NOW, NOW) == timedelta(seconds=seconds)


def test_the_wait_ends() -> None:
    assert wait_left(5, NOW - 29 * SECOND, NOW) == SECOND
    assert wait_left(5, NOW - 30 * SECOND, NOW) <= timedelta(0)


@pytest.mark.parametrize(("hours", "counted"), [(0, 7), (23.9, 7), (24, 0), (500, 0)])
def test_wrong_passwords_count_for_a_day(hours: float, counted: int) -> None:
    assert failures_before(7, NOW - timedelta(hours=hours), NOW) == counted


@pytest.mark.parametrize(
    ("expires_in", "used", "revoked", "verdict"),
    [
        (1, False, False, "rotate"),
        (0, False, False, "refuse"),
        (1, True, False, "stolen"),
        (0, True, False, "stolen"),
        (1, False, True, "refuse"),
        (1, True, True, "refuse"),
    ],
)
def test_a_refresh_token_is_good_once_and_a_second_time_means_two_hands(
    expires_in: int, used: bool, revoked: bool, verdict: str
) -> None:
    state = TokenState(
        expires_at=NOW + expires_in * SECOND,
        used_at=NOW - SECOND if used else None,
        revoked_at=NOW - SECOND if revoked else None,
    )
    assert refreshing(state, NOW) == verdict


@given(st.integers(min_value=0, max_value=10**9))
def test_one_failure_more_never_waits_less(failures: int) -> None:
    assert wait_left(failures, NOW, NOW) <= wait_left(failures + 1, NOW, NOW) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short words", "at least 12"),
        ("x" * 201, "at most 200"),
        ("abababababababab", "same few characters"),
        ("password1234", "leaked"),
        ("iloveyouiloveyou", "leaked"),
        ("P@ssw0rd1234", "leaked"),
        ("ILoveYouILoveYou", "leaked"),
        ("correcthorsebatterystaple", "leaked"),
    ],
)
def test_a_password_that_is_tried_early_is_refused_in_words_that_help(
    password: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        NewPassword.parse(password)
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    ["a few words are fine", "пароль из слов", "jK8#mLq9vT2z", "yyyyyyyyyabc"],
)
def test_any_other_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    taken = NewPassword.parse(password)
    assert taken == password
    assert password not in repr(taken)


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("ada.lovelace@example.com", "ada.lovelace@example.com"),
        ("my-Ada_Lovelace!", "ada.lovelace"),
        ("LOVELACE and the horse", "lovelace"),
        ("a BYRON of 1815", "Byron"),
        ("the Sysops-Squad of 2026", "Sysops Squad"),
        ("PENULTIMATE electronics", "Penultimate"),
        ("granada and li in spain", None),
        ("correct horse battery staple", None),
    ],
)
def test_a_password_with_the_address_or_the_name_in_it_is_given_away(
    password: str, word: str | None
) -> None:
    assert gives_away(password, "ada.lovelace@example.com", "Ada Li Byron") == word
    if word is not None:
        with pytest.raises(Invalid) as refused:
            refuse_personal(password, "ada.lovelace@example.com", "Ada Li Byron")
        assert [(it.pointer, word in it.detail) for it in refused.value.errors] == [
            ("/password", True)
        ]


@pytest.fixture
def in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords as they are kept outside of tests."""
    hashing.use(hashing.IN_EARNEST, monkeypatch)


@pytest.mark.usefixtures("in_earnest")
async def test_a_password_is_kept_as_argon2id_and_unknown_accounts_never_match() -> None:
    kept = await hash_password("correct horse")
    found = argon2.extract_parameters(kept)
    assert found.type is argon2.Type.ID
    # OWASP's least: 19 MiB, 2 passes, 1 lane.
    assert found.memory_cost >= 19 * 1024
    assert found.time_cost >= 2
    assert await password_matches("correct horse", kept)
    assert not await password_matches("wrong", kept)
    assert not await password_matches("a password that nobody has", None)


def test_a_guess_at_an_unknown_account_takes_as_much_work_as_at_a_known_one() -> None:
    nobodys = hashing.NOBODYS_IN_EARNEST
    assert not hashing.IN_EARNEST.check_needs_rehash(nobodys)
    assert len(nobodys) == len(hashing.IN_EARNEST.hash("correct horse"))


@pytest.mark.usefixtures("in_earnest")
async def test_a_hash_of_other_parameters_is_made_anew_and_one_of_ours_stays() -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("correct horse")
    kept = await renewed("correct horse", old)
    assert kept != old
    assert await password_matches("correct horse", kept)
    assert await renewed("correct horse", kept) == kept
