"""Gating policy of a trained router, and `gating_from`, which reads it off a router's folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from metaworldx.composition.composer import GatingPolicy
from metaworldx.composition.gating import fusion_gating, rule_gating, teacher_gating
from metaworldx.composition.guidance_arrays import GuidanceArrays, encode_guidance
from metaworldx.composition.q_fusion import ExpertQFn, FusionConfig
from metaworldx.core.errors import UserError, check_known
from metaworldx.router.router import Router, check_fits, load_router
from metaworldx.router.train import kept_guidance
from metaworldx.vlm.schema import Guidance

GATINGS = ("router", "teacher", "rules")


def router_gating(router: Router, guidance: GuidanceArrays, names: Sequence[str]) -> GatingPolicy:
    """A trained router under a teacher's guidance.

    Args:
      guidance: of the task, or of each environment by itself.
      names: of the pool's experts.

    Raises:
      UserError: a router of other experts.
    """
    check_fits(router, tuple(names))
    return lambda seen: router.weights(seen.obs, guidance, seen.progress)


@dataclass(frozen=True)
class Gating:
    """A gating policy of one task, and what it goes by.

    Attributes:
      policy: chooses the experts' weights at every step.
      confidence: of its teacher, 0 to 1; 1 without a teacher.
      answer: the teacher's; None for rules.
      guidance: the answer as arrays; None for rules.
      under: the policy under other guidance, for replanning; rules heed none.
      router: that is used; None for the others.
      fusion: how the weights are fused with a world model's Q; None where they are not.
    """

    policy: GatingPolicy
    confidence: float
    answer: Guidance | None
    guidance: GuidanceArrays | None
    under: Callable[[GuidanceArrays], GatingPolicy]
    router: Router | None = None
    fusion: FusionConfig | None = None

    def fused(self, value: ExpertQFn, fusion: FusionConfig) -> Gating:
        """The same, its weights fused with what a world model expects of every expert."""

        def under(guidance: GuidanceArrays) -> GatingPolicy:
            return fusion_gating(self.under(guidance), value, fusion)

        policy = fusion_gating(self.policy, value, fusion)
        return replace(self, policy=policy, under=under, fusion=fusion)


def gating_from(
    by: str,
    names: Sequence[str],
    task: str,
    folder: Path | None = None,
    ask: Callable[[], Guidance | None] | None = None,
) -> Gating:
    """A task's gating policy over a pool's experts.

    Args:
      by: a trained router, its teacher's weights alone, or rules.
      names: of the pool's experts.
      task: the environment's id.
      folder: of a trained router, which keeps its teacher's answers too; rules need none.
      ask: gives a teacher's answer about the task, in place of the kept one.

    Raises:
      UserError: no such policy, no router in the folder or one of other experts, or no answer.
    """
    check_known("gating policy", by, GATINGS)
    if by == "rules":
        policy = rule_gating(names)
        return Gating(policy, 1.0, None, None, lambda guidance: policy)
    router, under = None, teacher_gating
    if by == "router":
        if folder is None:
            raise UserError("a router needs its folder (metaworldx train router)")
        router = load_router(folder)
        under = partial(router_gating, router, names=tuple(names))
    if ask is None and folder is not None:
        ask = partial(kept_guidance, folder, task)
    answer = None if ask is None else ask()
    if answer is None:
        raise UserError(f"{folder or 'no folder of a router'} keeps no guidance for {task}")
    guidance = encode_guidance(answer, names)
    return Gating(under(guidance), float(guidance.confidence), answer, guidance, under, router)
