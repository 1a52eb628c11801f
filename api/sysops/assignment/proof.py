"""What an assignment run keeps as its proof, and what that says in words. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Certificate(msgspec.Struct, frozen=True):
    """Total cost of the choice and of its dual prices, in cost units, and how often a condition
    of the optimum was broken; it `holds` when both are equal and none was."""

    primal: int
    dual: int
    unwitnessed: int
    improvable: int
    unpriced: int
    holds: bool


class LeftOut(msgspec.Struct, frozen=True):
    """Pairs of a ticket and an expert that were not considered: `pairs` were priced, `added` were
    considered after all; by `serving` of them more might be served, by all at most `cost` saved.
    """

    pairs: int
    added: int
    serving: int
    cost: int


class Proof(msgspec.Struct, frozen=True):
    """`served` is how many tickets of a priority got an expert, and how many there were; `terms`
    sum the parts of the objective."""

    served: dict[str, tuple[int, int]]
    terms: dict[str, int]
    certificate: Certificate
    left_out: LeftOut
    nearest_experts: int
    rounds: int
    repairs: int


def proof_of(evidence: Mapping[str, Any] | None) -> Proof | None:
    """The proof that is kept with a run; None for runs of before there was one."""
    return None if evidence is None else msgspec.convert(evidence, Proof)


def in_words(status: str, proof: Proof | None, *, proven: bool | None) -> list[str]:
    """What a run proves, exactly: no more than its certificate says."""
    if proof is None:
        return [_NO_PROOF[status]]
    words = [_PROVEN if proven else _NOT_PROVEN]
    if proven:
        words.append(_left_out(proof))
    if proof.repairs:
        words.append(
            f"{_many(proof.repairs, 'window')} could not be had, because the day could not be"
            " driven with it; all this is about what was left."
        )
    return words


_NO_PROOF = {
    "running": "The run is at work, and has proven nothing yet.",
    "failed": "The run ended early, before it had proven anything; the next one did its work.",
    "finished": "No proof was kept of this run.",
}
_PROVEN = (
    "Proven: no choice serves more tickets of any priority without serving fewer of a higher one,"
    " and none that serves as many costs less."
)
_NOT_PROVEN = (
    "Not proven: the certificate of the optimum did not hold, so that another solver decided, and"
    " administrators were told."
)


def _left_out(proof: Proof) -> str:
    left, nearest = proof.left_out, f"the {proof.nearest_experts:,} nearest suitable experts"
    if left.pairs == 0:
        return "Every suitable expert was considered for every ticket."
    pairs = f"Pruning to {nearest} of a ticket left out {_many(left.pairs, 'pair')}"
    if not left.serving and not left.cost:
        return f"{pairs}, none of which could gain anything."
    return (
        f"{pairs}, by which at most {_many(left.serving, 'ticket')} more might be served, and at"
        f" most {_many(left.cost, 'cost unit')} saved."
    )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
