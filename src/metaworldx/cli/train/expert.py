"""`metaworldx train expert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from metaworldx.core.errors import UserError


def main(
    skill: str | None = None,
    preset: str | None = None,
    config: Path | None = None,
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
    0; --resume continues from the newest checkpoint, with the run's own settings.

    Args:
      skill: stand, walk, run, sit, carry, reach, crawl or stair.
      preset: cpu (native MuJoCo, two cores) or gpu; what the file and the options below do not
        say. Default cpu.
      config: file of settings, run.toml, with names as --set has them; or the config.json of a run
        to train anew. Options and --set go before it.
      out: run folder; default runs/expert-SKILL-SEED.
      resume: resume the run in --out.
      seed: of all random numbers.
      steps: control steps to collect over all environments.
      num_envs: environments stepped together.
      backend: auto, native, mjx or warp.
      max_minutes: training time limit in minutes.
      eval_every: control steps between evaluations.
      settings: any other setting as NAME=VALUE, the value in JSON, e.g. batch=512; or with
        agent., planner., skill. or imitation. in front for these parts' own, e.g.
        skill.w_task=0 or imitation.kappa=1; may be repeated.
    """
    from metaworldx.cli.train.agent import begin, finish
    from metaworldx.experts.train import ExpertConfig, for_skill, with_expert_settings

    given = dict(
        skill=skill, seed=seed, steps=steps, num_envs=num_envs, backend=backend,
        max_minutes=max_minutes, eval_every=eval_every,
    )  # fmt: skip
    flags = {name: value for name, value in given.items() if value is not None}
    begun, changes = begin(preset, config, out, resume, flags, settings)
    named = changes.pop("skill", None) or changes.pop("skill.name", None)
    if not isinstance(begun, ExpertConfig):
        if named is None:
            from metaworldx.experts.skills import SKILLS

            raise UserError(f"no skill given; --skill takes one of {', '.join(SKILLS)}")
        begun = for_skill(begun, str(named))
    wanted = with_expert_settings(begun, changes)
    folder = out or Path("runs") / f"expert-{wanted.skill.name}-{wanted.train.seed}"
    return finish(wanted, folder, resume)
