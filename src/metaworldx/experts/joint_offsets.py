"""Joint offsets of the experts' networks for ablations: trained, zero, or of random weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metaworldx.core.errors import UserError, check_known
from metaworldx.experts.expert import Expert, fresh_expert, zero_offset_expert

OFFSETS = ("trained", "zero", "random")


def offsets_from(text: str, names: Sequence[str]) -> dict[str, str]:
    """Kind of offsets by expert, parsed from `zero` or `walk=zero,reach=random`; default trained.

    Raises:
      UserError: unknown kinds or experts, or one named twice.
    """
    if "=" not in text:
        check_known("kind of offsets", text, OFFSETS)
        return dict.fromkeys(names, text)
    found: dict[str, str] = {}
    for part in text.split(","):
        name, _, kind = (piece.strip() for piece in part.partition("="))
        check_known("expert", name, names)
        check_known("kind of offsets", kind, OFFSETS)
        if name in found:
            raise UserError(f"--offsets {text!r:.80} names {name} twice")
        found[name] = kind
    return dict.fromkeys(names, "trained") | found


def with_offsets(experts: Sequence[Expert], kinds: Mapping[str, str], seed: int) -> list[Expert]:
    """Experts with the given kind of joint offsets.

    Args:
      kinds: one of `OFFSETS` by expert; those absent stay trained.
      seed: of random weights.
    """
    made = {
        "trained": lambda expert: expert,
        "zero": zero_offset_expert,
        "random": lambda expert: fresh_expert(expert, seed),
    }
    return [made[kinds.get(expert.name, "trained")](expert) for expert in experts]
