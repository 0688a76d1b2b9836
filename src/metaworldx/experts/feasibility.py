"""Feasibility filter: which clips a robot can track with its own motors, and why not the rest.

A privileged tracker, an expert that also observes the reference ahead (`Skill.preview`), tracks
each clip in native simulation, without external forces.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.agents.tdmpc2 import act
from metaworldx.core.assets import asset_root
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.rollout import RolloutStep, init_rollout, scan_rollout
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.experts.body_frame import up_in_pelvis
from metaworldx.experts.expert import Expert
from metaworldx.experts.motion_library import build_motion_library, height_at, reference_frame_at
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv
from metaworldx.motion.checks import check_motion
from metaworldx.motion.clip import Clip

SECONDS = 8.0
"""Duration for which a cyclic clip is tracked."""
MAX_HEIGHT, MAX_LEAN, MAX_JOINTS = 0.25, 0.8, 0.6
"""Limits of tracking: pelvis's height in the world (m), its lean (rad), root mean square of the
hinges (rad) off the clip's."""
LEAST_TRACKED = 0.8
"""Least tracked share of a clip, on average."""


@dataclass(frozen=True)
class Feasibility:
    """Result of tracking one clip.

    Attributes:
      clip: its name.
      tracked: share of its duration until tracking was lost, mean over the episodes.
      falls: share of the episodes with a fall during the clip.
      joint_error: root mean square over hinges and tracked steps, rad.
      height_error: mean error of the pelvis's height over tracked steps, m.
      speed: mean forward speed over tracked steps, m/s; `speed_asked` is the clip's.
      reason: why it is dropped; empty if it is kept.
    """

    clip: str
    tracked: float
    falls: float
    joint_error: float
    height_error: float
    speed: float
    speed_asked: float
    reason: str

    @property
    def feasible(self) -> bool:
        """Whether it is kept."""
        return not self.reason


@struct.dataclass
class _Seen:
    """Of one step, shapes `[B]`."""

    height: jax.Array
    lean: jax.Array
    joints: jax.Array
    speed: jax.Array
    fallen: jax.Array


def shipped_trackers() -> Path:
    """Folder of the trackers that come with the package, laid out as a pool of experts."""
    return Path(str(asset_root())) / "trackers"


def follow_clips(
    tracker: Expert, clips: Sequence[Clip], episodes: int = 8, seed: int = 0
) -> list[Feasibility]:
    """Tracks every clip from its beginning, over several episodes.

    Cyclic clips are tracked for SECONDS from the task's own reset, others for their duration from
    their first state with noise.

    Args:
      tracker: privileged tracker of the clips' skill.
      clips: of the tracker's joints.

    Raises:
      UserError: no clips, other joints than the tracker's, or no episodes.
    """
    if episodes < 1:
        raise UserError(f"episodes is {episodes}; needs at least 1")
    plain = make(tracker.skill.task, "native", None, EnvConfig(auto_reset=False))
    library = build_motion_library(plain.task.robot.spec.model, list(clips))
    env = MotionTrackingEnv(plain, library, dataclasses.replace(tracker.skill, clips=()))
    if env.obs_size != tracker.sizes.obs_size:
        raise UserError(
            f"the tracker {tracker.name} observes {tracker.sizes.obs_size} numbers; its skill "
            f"makes {env.obs_size}"
        )
    seconds = np.array([SECONDS if clip.loop else clip.duration for clip in clips])
    steps = np.ceil(seconds / env.dt).astype(int)
    chosen = jnp.repeat(jnp.arange(len(clips)), episodes)

    @jax.jit
    def run(keys: jax.Array) -> _Seen:
        begin = init_rollout(env.reset_on(keys, chosen))
        return scan_rollout(env, track, record, tracker.params, begin, steps=int(steps.max()))[1]

    def track(params: Any, carry: None, state: EnvState, key: None) -> Any:
        unused = jax.random.key(0)
        return act(tracker.sizes, params, state.obs, unused, deterministic=True), carry, None

    def record(step: RolloutStep) -> _Seen:
        return jax.vmap(seen)(step.after)

    def seen(state: EnvState) -> _Seen:
        robot, motion = env.task.robot, state.memory.follow
        qpos, qvel = robot.qpos(state.readings), robot.qvel(state.readings)
        target = reference_frame_at(library, motion.clip, motion.seconds)
        up = up_in_pelvis(qpos) @ target.up
        ahead = jnp.array([jnp.cos(motion.heading), jnp.sin(motion.heading)])
        return _Seen(
            height=jnp.abs(qpos[2] - height_at(library, motion.clip, motion.seconds)),
            lean=jnp.arccos(jnp.clip(up, -1.0, 1.0)),
            joints=jnp.sqrt(jnp.square(qpos[7:] - target.qpos[7:]).mean()),
            speed=qvel[:2] @ ahead,
            fallen=state.fallen | state.diverged,
        )

    path = run(jax.random.split(jax.random.key(seed), len(chosen)))
    path = jax.tree.map(lambda x: np.asarray(x).reshape(len(x), len(clips), episodes), path)
    return [
        _judged(clip, jax.tree.map(lambda x, c=c: x[: steps[c], c], path))
        for c, clip in enumerate(clips)
    ]


def _judged(clip: Clip, seen: _Seen) -> Feasibility:
    """From the steps `[T, E]` that the clip lasted."""
    limits = (
        ("the robot falls", seen.fallen),
        (f"the pelvis's height is lost by over {MAX_HEIGHT} m", seen.height > MAX_HEIGHT),
        (f"the pelvis leans by over {MAX_LEAN} rad off", seen.lean > MAX_LEAN),
        (f"the joints are lost by over {MAX_JOINTS} rad", seen.joints > MAX_JOINTS),
    )
    lost = np.any([broken for _, broken in limits], axis=0)
    alive = np.cumsum(lost, axis=0) == 0
    tracked = float(alive.mean())
    weight = np.maximum(alive.sum(), 1)
    asked = clip.qpos[-1, :2] - clip.qpos[0, :2]
    return Feasibility(
        clip=clip.name,
        tracked=tracked,
        falls=float(seen.fallen.any(axis=0).mean()),
        joint_error=float(np.sqrt((np.square(seen.joints) * alive).sum() / weight)),
        height_error=float((seen.height * alive).sum() / weight),
        speed=float((seen.speed * alive).sum() / weight),
        speed_asked=float(np.linalg.norm(asked) / clip.duration),
        reason=_reason(clip, tracked, lost, limits),
    )


def _reason(clip: Clip, tracked: float, lost: np.ndarray, limits) -> str:
    """Why a clip is dropped: a physical limit, or the most frequent failure."""
    found = check_motion(clip)
    if found.limit_excess > 1e-3:
        return f"a joint is {found.limit_excess:.3f} rad outside of its range"
    if found.speed > 1.0:
        return f"{found.fastest} moves at {found.speed:.2f} times its motor's speed"
    if tracked >= LEAST_TRACKED:
        return ""
    first = lost.argmax(axis=0)
    episodes = np.flatnonzero(lost.any(axis=0))
    counts = [int(broken[first[episodes], episodes].sum()) for _, broken in limits]
    what = limits[int(np.argmax(counts))][0]
    return f"{tracked:.0%} followed, {LEAST_TRACKED:.0%} needed: {what}"
