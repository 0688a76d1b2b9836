"""What the commands of `vlm` ask teachers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.envs.registry import EnvId
    from metaworldx.vlm.gemini.teacher import GeminiSettings
    from metaworldx.vlm.schema import Guidance, Question


def settings_for(model: str | None) -> GeminiSettings:
    """Gemini's settings, with another model if one is given."""
    from metaworldx.vlm.gemini.teacher import GeminiSettings

    return GeminiSettings() if model is None else GeminiSettings(model=model)


def question_for(
    task: str | EnvId | None, text: str | None, image: Path | None, pool: Path | None, shown: bool
) -> Question:
    """What a teacher is asked about a task or a text, over the experts of a pool.

    Args:
      image: a picture of the scene.
      shown: without one, a task's start is drawn for Gemini, if there is a key to ask it with
        and OpenGL to draw with.

    Raises:
      UserError: both or neither of task and text, or any of them that does not do.
    """
    from metaworldx.envs.registry import EnvId
    from metaworldx.experts.pool import descriptions
    from metaworldx.rendering.scene_images import look_at_task, picture_in
    from metaworldx.vlm.questions import question_of_task, question_of_text

    if (task is None) == (text is None):
        raise UserError("give either --task (an environment) or --text (a task in words)")
    experts = descriptions(pool)
    images = () if image is None else (picture_in(image),)
    if text is not None:
        return question_of_text(text, experts, images)
    assert task is not None
    env = EnvId.parse(task)
    if shown and not images and os.environ.get("GEMINI_API_KEY"):
        picture = look_at_task(env)
        images = () if picture is None else (picture,)
    return question_of_task(env, experts, images)


def guidance_for(
    tasks: Sequence[str], first: str, cache: Path | None, pool: Path | None
) -> dict[str, Guidance]:
    """A teacher's answers about tasks, and offline ones about HumanoidBench's others.

    Args:
      tasks: ids; the answers come under these names.
      first: gemini, cached or offline, falling back in that order.
    """
    from metaworldx.envs.registry import EnvId, environment_ids
    from metaworldx.vlm.factory import teachers_from

    asked = teachers_from(first, cache, settings_for(None))
    found = {
        task: asked.ask(question_for(task, None, None, pool, shown=first == "gemini"))
        for task in tasks
    }
    there = {EnvId.parse(task).task for task in tasks}
    offline = teachers_from("offline")
    for task in environment_ids():
        name = EnvId.parse(task).task
        if name not in there:
            there.add(name)
            found[task] = offline.ask(question_for(task, None, None, pool, shown=False))
    return found
