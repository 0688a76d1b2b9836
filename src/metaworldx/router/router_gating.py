"""Gating policy of a trained router, and `gating_from`, which reads it off a router's folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from metaworldx.composition.composer import GatingPolicy
from metaworldx.composition.gating_policies import fusion_gating, rule_gating, teacher_gating
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
    return lambda inputs: router.weights(inputs.obs, guidance, inputs.progress)


@dataclass(frozen=True)
class Gating:
    """A gating policy of one task, with its guidance.

    Attributes:
      policy: for the experts' weights.
      confidence: of its teacher, 0 to 1; 1 without a teacher.
      answer: the teacher's; None for rules.
      guidance: the answer as arrays; None for rules.
      under: makes the policy for other guidance, for replanning; rules ignore it.
      router: of a router's policy; None for the others.
      fusion: settings of the fusion with a world model's Q-values; None without fusion.
    """

    policy: GatingPolicy
    confidence: float
    answer: Guidance | None
    guidance: GuidanceArrays | None
    under: Callable[[GuidanceArrays], GatingPolicy]
    router: Router | None = None
    fusion: FusionConfig | None = None

    def fused(self, value: ExpertQFn, fusion: FusionConfig) -> Gating:
        """With its weights fused with a world model's Q-values of every expert."""

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
      folder: of a trained router, which also stores its teacher's answers; rules need none.
      ask: returns a teacher's answer for the task, in place of the stored one.

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
