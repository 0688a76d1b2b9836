"""`metaworldx vlm ask`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.vlm.schema import Guidance, Question


def main(
    task: str | None = None,
    text: str | None = None,
    image: Path | None = None,
    teacher: str = "gemini",
    model: str | None = None,
    cache: Path | None = None,
    pool: Path | None = None,
    prompt: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False,
    out: Path | None = None,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Ask a teacher for guidance on a task: relevance of the experts, and stages.

    Teachers fall back in order: gemini (needs the environment variable GEMINI_API_KEY), then
    cached, then offline; failures are printed with the reason.

    Args:
      task: environment, e.g. h1-door.
      text: a free-text task instead.
      image: an image of the scene (PNG or JPEG); default for Gemini the task's initial state.
      teacher: first teacher: gemini, cached or offline.
      model: of Gemini; default its settings'.
      cache: folder of cached answers (metaworldx vlm cache); default the shipped ones.
      pool: folder of a pool of experts; default the shipped one.
      prompt: print the prompt for Gemini instead of asking.
      out: also write the answer to this file.
      as_json: print JSON instead of a table.
    """
    from metaworldx.cli._teacher_options import question_for, settings_for
    from metaworldx.core.files import check_writable
    from metaworldx.vlm.base import TeacherUnavailable
    from metaworldx.vlm.cached import write_guidance
    from metaworldx.vlm.factory import teachers_from
    from metaworldx.vlm.prompt import prompt_for

    source = teachers_from(teacher, cache, settings_for(model))
    if out is not None:
        check_writable(out)
    question = question_for(task, text, image, pool, shown=prompt or teacher == "gemini")
    if prompt:
        print(prompt_for(question))
        return 0
    try:
        found = source.ask(question)
    except TeacherUnavailable as error:
        raise UserError(f"no teacher has an answer: {error}") from None
    if out is not None:
        write_guidance(question, found, out)
    if as_json:
        print(json.dumps(found.as_data(), indent=1))
    else:
        _print(question, found)
    return 0


def _print(question: Question, found: Guidance) -> None:
    from metaworldx.cli._tables import print_table

    ordered = sorted(found.relevance.items(), key=lambda item: -item[1])
    print_table(
        f"{question.task or question.text}: {found.teacher}, confidence {found.confidence:.2f}",
        ["expert", "relevance", "does"],
        [[name, f"{score:.1f}", question.experts[name]] for name, score in ordered],
    )
    for number, stage in enumerate(found.stages, 1):
        shares = ", ".join(f"{name} {share:.0%}" for name, share in stage.experts.items())
        print(f"{number}. {stage.text} ({shares})")
    if found.origin:
        print(f"origin: {found.origin}")
