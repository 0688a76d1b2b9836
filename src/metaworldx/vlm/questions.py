"""Questions to a teacher: about a task, a text, or what is left of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from metaworldx.core.errors import UserError
from metaworldx.vlm.schema import MAX_TEXT, Question, Stage

if TYPE_CHECKING:
    from metaworldx.envs.registry import EnvId


def question_of_task(
    env: EnvId, experts: Mapping[str, str], images: tuple[bytes, ...] = ()
) -> Question:
    """What a teacher is asked about an environment's task, in the task's own words."""
    task = env.task_class
    text = task.instruction or task.name.replace("_", " ")
    return Question(text, experts, task.scene_description, env.text, images)


def question_of_text(
    text: str, experts: Mapping[str, str], images: tuple[bytes, ...] = ()
) -> Question:
    """What a teacher is asked about a task in somebody's own words.

    Raises:
      UserError: empty, over 2,000 letters, or no text at all: bytes that are not UTF-8.
    """
    text = " ".join(text.split())
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        # What a command line holds of bytes that are no letters; no file or request takes it.
        raise UserError("the task's text is not UTF-8")
    if not any(letter.isalnum() for letter in text):
        raise UserError("the task's text is empty; say in a sentence what is to be done")
    if len(text) > MAX_TEXT:
        raise UserError(f"the task's text has {len(text)} letters; {MAX_TEXT} at most")
    return Question(text, experts, images=images)


def question_of_rest(
    question: Question, stages: Sequence[Stage], done: Sequence[str], left: Sequence[str]
) -> Question:
    """What a teacher is asked in the middle of a task: about what is left of it.

    It belongs to no task's id, so that an answer that is kept for the whole is not taken for it.

    Args:
      question: about the whole.
      stages: that are left, as they were told; the whole task's text without any.
      done, left: milestones that are reached, and those that are not.
    """
    text = ", then ".join(stage.text.rstrip(". ") for stage in stages) or question.text
    parts = [
        question.scene,
        f"The whole task was: {question.text}" if stages else "",
        f"Reached already: {', '.join(done)}." if done else "Nothing is reached yet.",
        f"Not reached yet: {', '.join(left)}." if left else "",
    ]
    scene = " ".join(part for part in parts if part)
    return Question(text[:MAX_TEXT], question.experts, scene, "", question.images)
