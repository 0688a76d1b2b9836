"""Teacher protocol, and a fallback over several teachers in order of preference."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from metaworldx.vlm.schema import Guidance, Question

log = logging.getLogger("metaworldx.vlm")


class TeacherUnavailable(Exception):
    """A teacher cannot answer; the message says why, in one line and without secrets."""


class Teacher(Protocol):
    """A source of guidance."""

    name: str

    def ask(self, question: Question) -> Guidance:
        """Answers a question.

        Raises:
          TeacherUnavailable: it cannot answer, for any reason.
        """
        ...


class FallbackTeacher:
    """Asks teachers in order until one answers; logs each teacher's failure once.

    Attributes:
      name: the teachers' names.
    """

    def __init__(self, teachers: Sequence[Teacher]):
        """Teachers in order of preference."""
        if not teachers:
            raise ValueError("no teachers")
        self._teachers = tuple(teachers)
        self._told: set[str] = set()
        self.name = ", ".join(teacher.name for teacher in self._teachers)

    def ask(self, question: Question) -> Guidance:
        """The first answer, with notes on the teachers that failed.

        Raises:
          TeacherUnavailable: no teacher answers.
        """
        failed: list[str] = []
        for place, teacher in enumerate(self._teachers, 1):
            try:
                found = teacher.ask(question)
            except TeacherUnavailable as error:
                failed.append(f"{teacher.name}: {error}")
                if failed[-1] not in self._told:
                    self._told.add(failed[-1])
                    others = "".join(f"; asking {t.name}" for t in self._teachers[place:][:1])
                    log.warning("teacher %s%s", failed[-1], others)
                continue
            return replace(found, notes=(*failed, *found.notes))
        raise TeacherUnavailable("; ".join(failed))
