"""TaskTargets a teacher again while a task goes on: at a stage's end, or every few seconds.

The control loop stops for it between two chunks of steps; nobody is asked inside.
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

Look = Callable[[int], bytes | None]
"""A picture (PNG) of the environment with that number, as it is now; None if it cannot be drawn."""


@dataclass(frozen=True)
class ReplanConfig:
    """When a teacher is asked again.

    Attributes:
      seconds: every so many, besides every stage's end; None only then.
    """

    seconds: float | None = None

    def __post_init__(self):
        if self.seconds is not None and not 0.0 < self.seconds < float("inf"):
            raise UserError(f"replanning every {self.seconds} s; needs over 0")


class Replanner:
    """Asks a teacher about what is left of a task.

    Environments that have reached the same milestones get the same answer. Where the teacher has
    none, what it said before holds on.
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
        """For one task.

        Args:
          question, answer: at the task's start.
          names: of the pool's experts.
          milestones: of the task, in words.
        """
        self._teacher, self._question, self._answer = teacher, question, answer
        self._names, self._milestones, self._config = tuple(names), tuple(milestones), config
        self._first = encode_guidance(answer, self._names)
        self._unanswered: set[bytes] = set()

    def first(self, count: int) -> GuidanceArrays:
        """The answer at the start, for each of so many environments."""
        return jax.tree.map(lambda x: jnp.broadcast_to(x, (count, *x.shape)), self._first)

    def again(
        self,
        guidance: GuidanceArrays,
        reached: np.ndarray,
        now: float,
        before: float,
        look: Look | None,
    ) -> GuidanceArrays:
        """Guidance for each environment, asked anew where that is due.

        Args:
          guidance: that holds, of each environment `[B, ...]`.
          reached: which milestones have been `[B, M]`, bool.
          now: seconds since the start.
          before: when this was called last.
          look: shows an environment to the teacher; None shows nothing.
        """
        every = self._config.seconds
        turn = every is not None and int(now / every) > int(before / every)
        reached = np.asarray(reached, bool)[:, : len(self._milestones)]
        share = reached.sum(axis=1) / max(len(self._milestones), 1)
        due = (share > np.asarray(guidance.begun) + 1e-6) | turn
        # What is done is done: nobody is asked how to do nothing.
        due &= share < 1.0
        # Who had no answer at a stage's end is not asked the same again at once.
        if not turn:
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
        done = [m for m, there in zip(self._milestones, reached, strict=True) if there]
        left = [m for m, there in zip(self._milestones, reached, strict=True) if not there]
        question = question_of_rest(self._question, self._answer.stages[stage:], done, left)
        if picture is not None:
            question = question.with_images((picture,))
        try:
            answer = self._teacher.ask(question)
        except TeacherUnavailable as error:
            log.warning("replanning: %s; the last answer holds on", error)
            self._unanswered.add(reached.tobytes())
            return None
        return encode_guidance(answer, self._names, begun=float(share))
