"""Replanning: asks the teacher again during an episode, at a stage's end or at fixed intervals.

The request is made between two chunks of control steps, never within one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.guidance_arrays import GuidanceArrays, encode_guidance, stage_index
from metaworldx.core.errors import UserError
from metaworldx.vlm.base import Teacher, TeacherUnavailable
from metaworldx.vlm.questions import question_of_rest
from metaworldx.vlm.schema import Guidance, Question

log = logging.getLogger("metaworldx.router")

RenderFn = Callable[[int], bytes | None]
"""Current image (PNG) of the environment with that index; None if rendering fails."""


@dataclass(frozen=True)
class ReplanConfig:
    """When to replan.

    Attributes:
      seconds: interval between requests, besides those at a stage's end; None for these alone.
    """

    seconds: float | None = None

    def __post_init__(self):
        if self.seconds is not None and not 0.0 < self.seconds < float("inf"):
            raise UserError(f"replanning every {self.seconds} s; needs over 0")


class Replanner:
    """Asks a teacher about the rest of a task.

    Environments with the same milestones reached get the same answer. If the teacher is
    unavailable, the last answer stays in force.
    """

    def __init__(
        self,
        teacher: Teacher,
        question: Question,
        answer: Guidance,
        names: Sequence[str],
        milestones: Sequence[str],
        config: ReplanConfig = ReplanConfig(),
    ):
        """Replanner of one task.

        Args:
          question, answer: at the task's start.
          names: of the pool's experts.
          milestones: the task's, in words.
        """
        self._teacher, self._question, self._answer = teacher, question, answer
        self._names, self._milestones, self._config = tuple(names), tuple(milestones), config
        self._first = encode_guidance(answer, self._names)
        self._unanswered: set[bytes] = set()

    def first(self, count: int) -> GuidanceArrays:
        """The answer at the start, repeated for `count` environments."""
        return jax.tree.map(lambda x: jnp.broadcast_to(x, (count, *x.shape)), self._first)

    def again(
        self,
        guidance: GuidanceArrays,
        reached: np.ndarray,
        now: float,
        before: float,
        look: RenderFn | None,
    ) -> GuidanceArrays:
        """Guidance of each environment, updated where a request is due.

        Args:
          guidance: current guidance of each environment `[B, ...]`.
          reached: milestones reached `[B, M]`, bool.
          now: time since the start, s.
          before: time of the last call, s.
          look: renders an environment for the teacher; None sends no image.
        """
        interval = self._config.seconds
        periodic = interval is not None and int(now / interval) > int(before / interval)
        reached = np.asarray(reached, bool)[:, : len(self._milestones)]
        share = reached.sum(axis=1) / max(len(self._milestones), 1)
        due = (share > np.asarray(guidance.progress_at_answer) + 1e-6) | periodic
        # A completed task needs no plan.
        due &= share < 1.0
        # A question that failed at a stage's end is not repeated before the next interval.
        if not periodic:
            due &= np.array([row.tobytes() not in self._unanswered for row in reached], bool)
        if not due.any():
            return guidance
        fields = jax.tree.map(lambda x: np.array(x), guidance)
        known: dict[bytes, GuidanceArrays | None] = {}
        for n in np.flatnonzero(due):
            key = reached[n].tobytes()
            if key not in known:
                known[key] = self._ask(reached[n], share[n], None if look is None else look(int(n)))
            answer = known[key]
            if answer is None:
                continue
            for old, new in zip(jax.tree.leaves(fields), jax.tree.leaves(answer), strict=True):
                old[n] = np.asarray(new)
        return jax.tree.map(jnp.asarray, fields)

    def _ask(
        self, reached: np.ndarray, share: float, picture: bytes | None
    ) -> GuidanceArrays | None:
        stage = int(stage_index(self._first, jnp.asarray(share)))
        done = [m for m, is_done in zip(self._milestones, reached, strict=True) if is_done]
        left = [m for m, is_done in zip(self._milestones, reached, strict=True) if not is_done]
        question = question_of_rest(self._question, self._answer.stages[stage:], done, left)
        if picture is not None:
            question = question.with_images((picture,))
        try:
            answer = self._teacher.ask(question)
        except TeacherUnavailable as error:
            log.warning("replanning: %s; the last answer holds on", error)
            self._unanswered.add(reached.tobytes())
            return None
        return encode_guidance(answer, self._names, progress_at_answer=float(share))
