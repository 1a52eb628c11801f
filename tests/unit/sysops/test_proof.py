"""What a run proves, in words: what its certificate says and no more."""

from typing import Any

import pytest

from api.sysops.assignment.proof import in_words, proof_of

EVIDENCE: dict[str, Any] = {
    "served": {"urgent": [1, 2], "high": [0, 0], "normal": [3, 3], "low": [0, 1]},
    "terms": {"travel": 12},
    "certificate": {
        "primal": 12, "dual": 12, "unwitnessed": 0, "improvable": 0, "unpriced": 0, "holds": True,
    },
    "nearest_experts": 40,
    "left_out": {"pairs": 1248, "added": 0, "serving": 0, "cost": 0},
    "rounds": 1,
    "repairs": 0,
    "solver": "auction",
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "proven", "said"),
    [
        ({}, True, "left out 1,248 pairs, none of which could gain anything."),
        (
            {"left_out": {"pairs": 1, "added": 0, "serving": 0, "cost": 7}},
            True,
            (
                "left out 1 pair, by which at most 0 tickets more might be served, and at most 7"
                " cost units saved."
            ),
        ),
        (
            {"left_out": {"pairs": 0, "added": 3, "serving": 0, "cost": 0}, "repairs": 2},
            True,
            "Every suitable expert was considered for every ticket. 2 windows could not be had",
        ),
        ({}, False, "Not proven: the certificate of the optimum did not hold"),
    ],
)
def test_a_run_claims_what_its_certificate_says_and_no_more(
    more: dict[str, Any], proven: bool, said: str
) -> None:
    words = " ".join(in_words("finished", proof_of(EVIDENCE | more), proven=proven))
    assert said in words
    assert words.startswith("Proven: no choice serves more") is proven
    assert ("none of which" in words) <= proven


@pytest.mark.parametrize("status", ["running", "failed", "finished"])
def test_a_run_without_a_proof_says_so(status: str) -> None:
    (words,) = in_words(status, proof_of(None), proven=None)
    assert "proven" in words or "No proof" in words
