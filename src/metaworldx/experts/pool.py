"""Pool of experts: one batched call computes every expert's action."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.agents.tdmpc2.learner import act
from metaworldx.agents.tdmpc2.world_model import Params
from metaworldx.core.assets import asset_root
from metaworldx.core.errors import UserError, check_known
from metaworldx.core.files import check_entries, read_json, write_text
from metaworldx.envs.actions import normalize_action
from metaworldx.envs.env import Env
from metaworldx.experts.balance_controller import balance_errors
from metaworldx.experts.body_frame import ROBOT, BodyFrame, body_frame
from metaworldx.experts.expert import Expert, load_expert, save_expert
from metaworldx.experts.motion_command import (
    MotionCommand,
    advance_command,
    command_features,
    hand_errors,
    hand_offsets,
    init_command,
    observe_heading,
    reference_frame_of,
)
from metaworldx.experts.motion_library import MotionLibrary, build_motion_library, concatenate
from metaworldx.experts.observation import expert_observation, observation_size, phase_features
from metaworldx.experts.pd_targets import PdTargets
from metaworldx.motion.clip import COMMAND
from metaworldx.motion.kinematics import robot_tree

INDEX, FORMAT = "pool.json", "metaworldx-pool-1"
_ENTRY = ("name", "description", "file")
_DT = 0.02


def shipped_pool() -> Path:
    """Folder of the pool that comes with the package."""
    return Path(str(asset_root())) / "pool"


@struct.dataclass
class _Stacked:
    """Parameters that differ between experts, stacked `[K, ...]`."""

    params: Params
    authority: jax.Array
    feedback: jax.Array
    heading_gain: jax.Array
    hand_gain: jax.Array
    clock_gain: jax.Array


class ExpertPool:
    """K experts with stacked parameters; its functions may be jitted and vmapped.

    Given a batch of robots they vmap themselves.

    Attributes:
      experts, names: in the order of the weights.
      sizes: of their networks.
      library, first_clip: all experts' clips, and the index of each one's first.
      joints: map from the experts' joints to the controlled robot's.
    """

    def __init__(self, experts: Sequence[Expert], robot: str = ROBOT):
        """Stacks experts.

        Args:
          experts: of the same sizes and joints, each of another skill.
          robot: the controlled robot: h1, or one with its joints (h1hand, h1strong).

        Raises:
          UserError: none, two of one skill, other sizes or joints than the robot's or one
            another's, or an unknown robot.
        """
        if not experts:
            raise UserError("a pool of no experts; needs at least 1")
        for expert in experts:
            if expert.skill.preview:
                raise UserError(
                    f"{expert.name!r} sees its reference ahead: a tracker, no expert for a pool"
                )
            _check_fits_robot(expert)
        first = experts[0]
        for other in experts[1:]:
            if other.sizes != first.sizes:
                raise UserError(
                    f"expert {other.name!r} has {_told(other)}, {first.name!r} has "
                    f"{_told(first)}; experts of a pool need the same sizes"
                )
        self.experts = tuple(experts)
        self.names = tuple(expert.name for expert in experts)
        if len(set(self.names)) < len(self.names):
            raise UserError(f"a pool with two experts of one skill: {', '.join(self.names)}")
        self.sizes = first.sizes
        parts = [build_motion_library(ROBOT, expert.clips, expert.skill.then) for expert in experts]
        counts = [part.clips for part in parts]
        self.first_clip = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
        self.library: MotionLibrary = concatenate(parts)
        self._stacked = _Stacked(
            params=jax.tree.map(lambda *x: jnp.stack(x), *(expert.params for expert in experts)),
            authority=jnp.array([expert.skill.authority for expert in experts]),
            feedback=jnp.array([expert.skill.feedback for expert in experts]),
            heading_gain=jnp.array([expert.skill.heading_gain for expert in experts]),
            hand_gain=jnp.array([expert.skill.hand_gain for expert in experts]),
            clock_gain=jnp.array([expert.skill.clock_gain for expert in experts]),
        )
        self.joints = JointMap(robot)

    def __len__(self) -> int:
        return len(self.experts)

    def index(self, name: str) -> int:
        """Index of the expert of that skill.

        Raises:
          UserError: none is; the message has the nearest.
        """
        check_known("expert", name, self.names)
        return self.names.index(name)

    def check_robot(self, env: Env) -> None:
        """Raises UserError if an environment's robot is not the pool's."""
        if env.action_size != self.joints.action_size:
            raise UserError(
                f"{env.id} has {env.action_size} actions; the pool is for a robot with "
                f"{self.joints.action_size}"
            )

    def body_frame(self, qpos: jax.Array, qvel: jax.Array) -> BodyFrame:
        """The robot's state in its heading frame `[...]`, computed once per step.

        Args:
          qpos, qvel: the robot's own `[..., nq]`, `[..., nv]`.
        """
        return body_frame(ROBOT, self.joints.own_qpos(qpos), self.joints.own_qvel(qvel))

    def begin(self, body: BodyFrame, phase: jax.Array | float = 0.0) -> MotionCommand:
        """Initial command of every expert `[..., K]`: its clip `Skill.evaluated`.

        Args:
          phase: initial phase of cyclic clips, 0 to 1 `[...]`.
        """
        clips = self.first_clip + np.array([e.skill.evaluated for e in self.experts], np.int32)

        seconds = jnp.where(self.library.loop[clips], self.library.duration[clips], 0.0)

        def one(body: BodyFrame, phase: jax.Array) -> MotionCommand:
            begin = jax.vmap(init_command, in_axes=(None, 0, 0, None))
            return begin(self.library, jnp.asarray(clips), phase * seconds, body)

        phase = jnp.broadcast_to(phase, body.yaw.shape)
        return _over_leading(one, body.yaw.ndim)(body, phase)

    def with_command(self, motion: MotionCommand, expert: int, command: jax.Array) -> MotionCommand:
        """With another command `[11]` for one expert, and its clip of the nearest command.

        Args:
          motion: of one robot `[K]`.
          expert: its index.
          command: with targets relative to `motion.anchor`.
        """
        begin, count = self.first_clip[expert], len(self.experts[expert].clips)
        known = self.library.command[begin : begin + count]
        clip = begin + jnp.argmin(jnp.square(known - command).sum(axis=-1)).astype(jnp.int32)
        return motion.replace(
            clip=motion.clip.at[expert].set(clip), command=motion.command.at[expert].set(command)
        )

    def speed_of(self, motion: MotionCommand) -> jax.Array:
        """Forward speed of each expert's clip, of the shape of `motion`, m/s."""
        return self.library.command[motion.clip, COMMAND["speed"].start]

    def phase_of(self, motion: MotionCommand) -> jax.Array:
        """Phase of each expert's gait cycle, 0 to 1; 0 without a gait `[..., K]`."""
        cycle = self.library.loop[motion.clip] & (self.speed_of(motion) > 0.0)
        return jnp.where(cycle, motion.seconds / self.library.duration[motion.clip] % 1.0, 0.0)

    def advance(self, motion: MotionCommand, body: BodyFrame) -> MotionCommand:
        """One control step of 0.02 s later.

        Args:
          motion: `[..., K]`.
          body: the robot at the action `[...]`.
        """

        def expert(f: MotionCommand, gain: jax.Array, own: jax.Array) -> MotionCommand:
            return advance_command(self.library, observe_heading(self.library, f, own), _DT, gain)

        def one(motion: MotionCommand, qpos: jax.Array) -> MotionCommand:
            each = jax.vmap(expert, in_axes=(0, 0, None))
            return each(motion, self._stacked.clock_gain, qpos)

        return _over_leading(one, body.yaw.ndim)(motion, body.qpos)

    def act(self, motion: MotionCommand, body: BodyFrame) -> jax.Array:
        """Deterministic action of every expert, in [-1, 1] of the actuators `[..., K, A]`.

        Joints that experts do not have (fingers) get the target 0.

        Args:
          motion: `[..., K]`.
          body: the robot now `[...]`.
        """

        def one(e: _Stacked, f: MotionCommand, body: BodyFrame) -> jax.Array:
            now = reference_frame_of(self.library, f)
            phase = phase_features(now.phase, self.library.loop[f.clip])
            command = command_features(self.library, f, body, e.heading_gain)
            errors = balance_errors(now, f.heading, body)
            obs = expert_observation(body, errors, phase, command)
            offset = act(self.sizes, e.params, obs, jax.random.key(0), deterministic=True)
            target = reference_frame_of(self.library, f, _DT)
            motors = self.joints.motors
            balance = motors.feedback.offsets(e.feedback, errors, now.contacts)
            off = hand_errors(self.library, f, now, body)
            balance = balance + hand_offsets(now, off, e.hand_gain)
            return motors.ctrl(target, balance, offset, e.authority)

        axes = body.yaw.ndim
        over_robots = _over_leading(one, axes, in_axes=(None, 0, 0))
        # Experts on the outermost axis: their networks are then K products of all robots' rows.
        over_experts = jax.vmap(over_robots, in_axes=(0, axes, None), out_axes=axes)
        return self.joints.actions(over_experts(self._stacked, motion, body))


class JointMap:
    """The experts' joints in a robot that may have more."""

    def __init__(self, robot: str):
        """Of a robot by its name."""
        tree, own = robot_tree(robot), robot_tree(ROBOT)
        hinges = np.array([tree.joints.index(name) for name in own.joints])
        model = tree.model
        names = [model.actuator(i).name for i in range(model.nu)]
        self._qpos = np.concatenate([np.arange(7), 7 + hinges])
        self._qvel = np.concatenate([np.arange(6), 6 + hinges])
        self._actuators = np.array([names.index(name) for name in own.joints])
        self._low = np.asarray(model.actuator_ctrlrange[:, 0], np.float32)
        self._high = np.asarray(model.actuator_ctrlrange[:, 1], np.float32)
        self.motors = PdTargets(own.model)
        self.action_size: int = model.nu

    def own_qpos(self, qpos: jax.Array) -> jax.Array:
        """`[..., 7 + J]` of a robot's qpos."""
        return qpos[..., self._qpos]

    def own_qvel(self, qvel: jax.Array) -> jax.Array:
        """`[..., 6 + J]` of a robot's qvel."""
        return qvel[..., self._qvel]

    def actions(self, ctrl: jax.Array) -> jax.Array:
        """Actions in [-1, 1] `[..., A]` for joint targets `[..., J]`."""
        low, high = jnp.asarray(self._low), jnp.asarray(self._high)
        still = jnp.broadcast_to(jnp.clip(0.0, low, high), (*ctrl.shape[:-1], len(self._low)))
        whole = still.at[..., self._actuators].set(ctrl)
        return normalize_action(whole, low, high)

    def with_hinges(self, action: jax.Array, hinges: np.ndarray, ctrl: jax.Array) -> jax.Array:
        """Actions `[..., A]`, those of some hinges (of the experts' own) in favour of targets.

        Args:
          hinges: their numbers `[N]`.
          ctrl: joint targets, NaN where the action stays `[..., N]`.
        """
        at = self._actuators[hinges]
        low, high = jnp.asarray(self._low[at]), jnp.asarray(self._high[at])
        wanted = normalize_action(ctrl, low, high)
        return action.at[..., at].set(jnp.where(jnp.isnan(ctrl), action[..., at], wanted))


def _over_leading(function: Any, axes: int, in_axes: Any = 0) -> Any:
    for _ in range(axes):
        function = jax.vmap(function, in_axes=in_axes)
    return function


def _check_fits_robot(expert: Expert) -> None:
    """Raises UserError unless an expert observes and moves what the experts' robot has."""
    actuators, observed = robot_tree(ROBOT).model.nu, observation_size(ROBOT)
    for what, has, needed in (
        ("actions", expert.sizes.action_size, actuators),
        ("observations", expert.sizes.obs_size, observed),
    ):
        if has != needed:
            raise UserError(
                f"expert {expert.name!r} has {has} {what}; an expert of the robot {ROBOT} has "
                f"{needed}"
            )


def _told(expert: Expert) -> str:
    sizes = expert.sizes
    return (
        f"{sizes.obs_size} observations, {sizes.action_size} actions and networks "
        f"{sizes.encoder_size}/{sizes.latent_size}/{sizes.hidden_size} wide"
    )


# ---- folders


def load_pool(folder: Path | None = None, robot: str = ROBOT) -> ExpertPool:
    """The pool in a folder; None takes the one that comes with the package.

    Raises:
      UserError: no pool there, or an expert's file that cannot be read or does not fit.
    """
    return ExpertPool(load_experts(folder), robot)


def load_experts(folder: Path | None = None) -> list[Expert]:
    """The experts of the pool in a folder, in its order."""
    folder = folder or shipped_pool()
    index = _index(folder)
    return [load_expert(folder / entry["file"]) for entry in index["experts"]]


def descriptions(folder: Path | None = None) -> dict[str, str]:
    """Description of each expert of the pool in a folder, by name; reads no weights."""
    found = {
        str(entry["name"]): str(entry["description"])
        for entry in _index(folder or shipped_pool())["experts"]
    }
    if not found:
        raise UserError(f"no experts in the pool in {folder}")
    return found


def expert_named(name: str, folder: Path | None = None) -> Expert:
    """The expert of that skill in the pool in a folder.

    Raises:
      UserError: as `load_experts`; none is of that skill, with the nearest.
    """
    experts = {expert.name: expert for expert in load_experts(folder)}
    check_known("expert", name, experts)
    return experts[name]


def add_expert(expert: Expert, folder: Path) -> None:
    """Adds an expert to the pool in a folder (created if needed); replaces one of its skill."""
    index = {"format": FORMAT, "robot": ROBOT, "experts": []}
    if (folder / INDEX).exists():
        index = _index(folder)
    file = f"{expert.name}.npz"
    digest = save_expert(expert, folder / file)
    entry = {
        "name": expert.name,
        "description": expert.skill.description,
        "file": file,
        "sha256": digest,
        "record": expert.record,
    }
    others = [e for e in index["experts"] if e["name"] != expert.name]
    index["experts"] = sorted([*others, entry], key=lambda e: _place(e["name"]))
    write_text(folder / INDEX, json.dumps(index, indent=1) + "\n")


def _index(folder: Path) -> dict[str, Any]:
    path = folder / INDEX
    if not path.is_file():
        raise UserError(f"no pool of experts in {folder}: it has no {INDEX}")
    what = "list of a pool's experts"
    index, where = read_json(path, what), f"{path} is no {what}: it"
    check_entries(index, ("format", "experts"), where)
    if index["format"] != FORMAT:
        raise UserError(f"{where} has the format {index['format']!r:.60}; must be {FORMAT!r}")
    if not isinstance(index["experts"], list):
        raise UserError(f"{where} has no list under 'experts'")
    for number, entry in enumerate(index["experts"]):
        check_entries(entry, _ENTRY, f"{where}s expert {number}")
        for key in _ENTRY:
            if not isinstance(entry[key], str):
                raise UserError(
                    f"{where}s expert {number} has {entry[key]!r:.60} for {key}; needs a text"
                )
        file = entry["file"]
        if not file or Path(file).name != file:
            raise UserError(
                f"{where}s expert {number} has {file!r:.60} for file; needs a name in the folder"
            )
    return index


def _place(name: str) -> tuple[int, str]:
    from metaworldx.experts.skills import SKILLS

    known = list(SKILLS)
    return (known.index(name) if name in known else len(known), name)
