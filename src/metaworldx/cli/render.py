"""`metaworldx render TASK`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def main(
    task: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="TASK")],
    /,
    policy: str = "hold",
    run: Path | None = None,
    expert: str | None = None,
    pool: Path | None = None,
    checkpoint: str = "latest",
    out: Path | None = None,
    steps: int | None = None,
    seed: int = 0,
    backend: str = "native",
    collisions: str | None = None,
    camera: str | None = None,
    width: int = 640,
    height: int = 480,
) -> int:
    """Run one episode of a policy, write a video and print its return.

    Args:
      task: environment, e.g. h1-door (metaworldx envs lists all); `all` makes a contact sheet
        with the initial state of every task.
      policy: hold (the keyframe's pose) or random.
      run: folder of a training run, whose agent's policy acts instead.
      expert: skill of a pool's expert that acts instead.
      pool: folder of a pool of experts; default the shipped one.
      checkpoint: of the run, latest or best (of its own evaluations).
      out: file to write, .mp4 or .gif for a video, .png for a strip of stills; default
        out/TASK-POLICY.mp4, or out/TASK-RUN.mp4.
      steps: control steps of 0.02 s to run at most; default until the episode ends.
      seed: of the initial state and of the random policy.
      backend: physics, auto, native, mjx or warp.
      collisions: feet, body or full; default the task's.
      camera: one of the model's cameras; default follows the robot.
      width: of a frame, pixels.
      height: of a frame, pixels.
    """
    if task == "all":
        return _sheet(out or Path("out") / "tasks.png", seed)
    from metaworldx.core.errors import UserError
    from metaworldx.envs.factory import make
    from metaworldx.envs.rollout import watch
    from metaworldx.envs.scripted_baselines import scripted_returns
    from metaworldx.envs.scripted_policies import scripted_policy
    from metaworldx.rendering.renderer import Renderer
    from metaworldx.rendering.video import STILL_ENDINGS, check_output, still_places, write_frames

    for name, value in (("steps", steps), ("width", width), ("height", height)):
        if value is not None and value < 1:
            raise UserError(f"{name} is {value}; needs at least 1")
    if run is not None and expert is not None:
        raise UserError("--run and --expert exclude each other")
    env = make(task, backend, collisions)
    if run is not None:
        from metaworldx.residual.run_config import read_run_config
        from metaworldx.training.method import acting_in
        from metaworldx.training.trained_agent import load_agent

        trained = load_agent(run, checkpoint)
        env = acting_in(env, read_run_config(run))
        acting, policy = trained.policy(env), run.resolve().name
    elif expert is not None:
        from metaworldx.experts.motion_tracking_env import expert_policy
        from metaworldx.experts.pool import expert_named
        from metaworldx.experts.task_targets import targets_fn_of

        chosen = expert_named(expert, pool)
        env, acting = expert_policy(chosen, env, targets_fn_of(env))
        policy = expert
    else:
        acting = scripted_policy(policy, env)
    path = out or Path("out") / f"{env.id}-{policy}.mp4"
    check_output(path)
    with Renderer(env, width, height, camera) as renderer:
        states = watch(env, acting, steps or env.max_episode_steps, seed)
        stills = path.suffix.lower() in STILL_ENDINGS
        drawn = [states[i] for i in still_places(len(states))] if stills else states
        write_frames(path, [renderer.frame(state) for state in drawn], 1.0 / env.dt)
    last = states[-1]
    total = float(last.finished_return if last.done else last.episode_return)
    print(f"{env.id}, {policy}: return {total:.1f} in {len(states) - 1} steps; wrote {path}")
    for name, floor in scripted_returns(env.id).items():
        returns = ", ".join(f"{value:.1f}" for value, _ in floor)
        lengths = ", ".join(str(length) for _, length in floor)
        print(f"HumanoidBench itself, {name}: return {returns} in {lengths} steps (3 seeds)")
    return 0


def _sheet(path: Path, seed: int) -> int:
    from metaworldx.core.errors import UserError
    from metaworldx.rendering.contact_sheet import contact_sheet, task_ids
    from metaworldx.rendering.video import write_frames

    if path.suffix.lower() != ".png":
        raise UserError(f"cannot write {path}: a contact sheet's ending must be .png")
    write_frames(path, [contact_sheet(task_ids(), seed=seed)], fps=1)
    print(f"wrote {path}")
    return 0
