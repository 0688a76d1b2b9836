"""`metaworldx train expert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from metaworldx.core.errors import UserError


def main(
    skill: str | None = None,
    preset: str = "cpu",
    out: Path | None = None,
    resume: bool = False,
    seed: int | None = None,
    steps: int | None = None,
    num_envs: int | None = None,
    backend: str | None = None,
    max_minutes: float | None = None,
    eval_every: int | None = None,
    settings: Annotated[tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(name="set")] = (),
) -> int:
    """Train the expert of a skill under its human motion priors, and save it in a run folder.

    The agent is that of `train agent`; its reward is Eq. 4's alignment with the skill's clips
    beside the task's. Interrupted (Ctrl-C, SIGTERM) it saves a checkpoint and leaves with status
    0; --resume goes on from the newest checkpoint, with the run's own settings.

    Args:
      skill: stand, walk, run, sit, carry, reach, crawl or stair.
      preset: cpu (native MuJoCo, two cores) or gpu; what the options below do not say.
      out: run folder; default runs/expert-SKILL-SEED.
      resume: go on with the run in --out.
      seed: of everything random.
      steps: control steps to collect over all environments.
      num_envs: environments stepped together.
      backend: auto, native, mjx or warp.
      max_minutes: stop after so many minutes of training.
      eval_every: control steps between evaluations.
      settings: any other setting as NAME=VALUE, the value in JSON, e.g. batch=512; or with
        agent., planner., skill. or imitation. in front for these parts' own, e.g.
        skill.w_task=0 or imitation.kappa=1; may be repeated.
    """
    from metaworldx.cli.train.agent import finish, with_settings
    from metaworldx.training.config import as_data, checked, for_skill, from_data
    from metaworldx.training.config import preset as named
    from metaworldx.training.run_dir import read_config

    if resume and out is None:
        raise UserError("--resume needs the run's folder: --out DIR")
    if not resume and skill is None:
        from metaworldx.experts.skills import SKILLS

        raise UserError(f"no skill given; --skill takes one of {', '.join(SKILLS)}")
    given = dict(
        seed=seed, steps=steps, num_envs=num_envs, backend=backend, max_minutes=max_minutes,
        eval_every=eval_every,
    )  # fmt: skip
    if resume and out is not None:
        begun = read_config(out)
    else:
        begun = for_skill(named(preset), skill or "")
    changes = {name: value for name, value in given.items() if value is not None}
    config = checked(from_data(with_settings(as_data(begun) | changes, settings)))
    folder = out or Path("runs") / f"expert-{config.skill}-{config.seed}"
    return finish(config, folder, resume)
