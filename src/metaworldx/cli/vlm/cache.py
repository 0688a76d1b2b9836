"""`metaworldx vlm cache`."""

from __future__ import annotations

from pathlib import Path

from metaworldx.core.errors import UserError


def main(
    tasks: tuple[str, ...] = (),
    texts: tuple[str, ...] = (),
    teacher: str = "gemini",
    model: str | None = None,
    pool: Path | None = None,
    out: Path = Path("guidance"),
    again: bool = False,
) -> int:
    """Ask a teacher about tasks and cache its answers, one JSON file per task.

    Existing answers are not asked again, so an interrupted command can be repeated.

    Args:
      tasks: environments, e.g. h1-door h1-push; default, without texts, all of the robot h1.
      texts: free-text tasks.
      teacher: gemini or offline, without fallback.
      model: of Gemini; default its settings'.
      pool: folder of a pool of experts; default the shipped one.
      out: folder for the files.
      again: also ask about tasks with a cached answer.
    """
    from tqdm import tqdm

    from metaworldx.cli._teacher_options import question_for, settings_for
    from metaworldx.core.files import check_writable
    from metaworldx.envs.registry import environment_ids
    from metaworldx.vlm.base import Teacher, TeacherUnavailable
    from metaworldx.vlm.cached import file_of, write_guidance
    from metaworldx.vlm.gemini.teacher import GeminiTeacher
    from metaworldx.vlm.offline.teacher import OfflineTeacher

    if teacher not in ("gemini", "offline"):
        raise UserError(f"teacher is {teacher!r}; answers to keep come from gemini or offline")
    source: Teacher = (
        OfflineTeacher() if teacher == "offline" else GeminiTeacher(settings_for(model))
    )
    if not tasks and not texts:
        tasks = tuple(name for name in environment_ids() if name.startswith("h1-"))
    shown = teacher == "gemini"
    questions = [question_for(task, None, None, pool, False) for task in tasks]
    questions += [question_for(None, text, None, pool, False) for text in texts]
    check_writable(out / "any.json")
    written = 0
    for question in tqdm(questions, unit=" tasks", disable=None):
        path = file_of(question, out)
        if path.exists() and not again:
            continue
        if shown and question.task:
            question = question_for(question.task, None, None, pool, True)
        try:
            found = source.ask(question)
        except TeacherUnavailable as error:
            raise UserError(
                f"{teacher} has no answer for {question.task or question.text!r}: {error} "
                f"({written} written to {out})"
            ) from None
        write_guidance(question, found, path)
        written += 1
    print(f"wrote {written} answers to {out}, {len(questions) - written} were there")
    return 0
