"""Settings of a training run: a typed dataclass, two presets, and changes by name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metaworldx.agents import settings_class
from metaworldx.agents.tdmpc2.config import AgentSettings, PlannerSettings
from metaworldx.core.config import flat, renamed, with_changes
from metaworldx.core.errors import UserError, check_at_least, check_known, check_seed

EVALUATORS = ("policy", "mppi", "both")
PLACES = ("device", "host")


@dataclass(frozen=True)
class TrainConfig:
    """Settings that determine a run.

    Attributes:
      task: environment, e.g. h1-stand.
      algorithm: tdmpc2, or a learner from outside the package, e.g. my_pkg:MyLearner.
      agent: the algorithm's own settings.
      init_from: folder of another run with the initial agent (its best checkpoint if there is
        one); None initialises randomly.
      backend: auto, native, mjx or warp.
      collisions: feet, body or full; None takes the task's.
      num_envs: environments stepped together.
      steps: control steps to collect, over all environments.
      horizon: steps in a sampled sequence.
      capacity: transitions that the replay holds.
      replay_on: memory of the replay buffer, device or host.
      batch: sequences in an update's batch.
      utd: updates per collected control step of one environment.
      collect_steps: control steps of every environment between two rounds of updates.
      epoch_rounds: rounds of collection and updates in an epoch (one jitted call).
      seed_steps: control steps under random actions, before any update.
      shards: logical shards of environments and replay; devices must divide them.
      end_head_below_m, end_pelvis_below_m: end training episodes when head or pelvis is lower;
        None never does. Evaluation never ends episodes early.
      eval_every: control steps between evaluations; 0 evaluates only at the end.
      eval_episodes: episodes of an evaluation; 0 never evaluates.
      eval_with: acting in evaluations: policy, mppi or both.
      checkpoint_every: control steps between checkpoints.
      checkpoint_keep: checkpoints kept.
      checkpoint_replay: save the replay too; without it resuming is not exact.
      stop_at: stop once an evaluation's mean return reaches this; None never stops.
      max_minutes: stop, as if all steps were done, after this long; None never stops.
      max_bad_epochs: stop after this number of consecutive epochs in which most updates were
        skipped for values that are not finite.
      seed: of everything random.
    """

    task: str = "h1-stand"
    algorithm: str = "tdmpc2"
    agent: Any = AgentSettings()
    init_from: str | None = None
    backend: str = "auto"
    collisions: str | None = None
    num_envs: int = 32
    steps: int = 2_000_000
    horizon: int = 3
    capacity: int = 1_000_000
    replay_on: str = "device"
    batch: int = 256
    utd: float = 1 / 32
    collect_steps: int = 1
    epoch_rounds: int = 250
    seed_steps: int = 16_000
    shards: int = 8
    end_head_below_m: float | None = None
    end_pelvis_below_m: float | None = None
    eval_every: int = 200_000
    eval_episodes: int = 10
    eval_with: str = "policy"
    checkpoint_every: int = 200_000
    checkpoint_keep: int = 2
    checkpoint_replay: bool = True
    stop_at: float | None = None
    max_minutes: float | None = None
    max_bad_epochs: int = 5
    seed: int = 0

    @staticmethod
    def field_types(data: Mapping[str, Any]) -> dict[str, type]:
        """Of the agent's settings, as the algorithm has them."""
        return {"agent": settings_class(str(data.get("algorithm", "tdmpc2")))}

    # ---- sizes that follow

    @property
    def updates_per_round(self) -> int:
        """Updates after every `collect_steps` steps."""
        return round(self.utd * self.num_envs * self.collect_steps)

    @property
    def steps_per_epoch(self) -> int:
        """Control steps over all environments in an epoch."""
        return self.num_envs * self.collect_steps * self.epoch_rounds

    @property
    def seed_epochs(self) -> int:
        """Epochs of random actions."""
        return math.ceil(self.seed_steps / self.steps_per_epoch)

    @property
    def epochs(self) -> int:
        """Epochs of the whole run, the seed phase included."""
        return math.ceil(self.steps / self.steps_per_epoch)

    @property
    def updates(self) -> int:
        """Updates of the whole run."""
        return max(0, self.epochs - self.seed_epochs) * self.epoch_rounds * self.updates_per_round

    @property
    def slots(self) -> int:
        """Replay slots of each environment: whole rounds that hold `capacity` transitions."""
        rounds = self.capacity // (self.num_envs * self.collect_steps)
        return rounds * self.collect_steps


# Two cores manage few updates: many cheap ones on single steps, and many for each step collected,
# learn faster than few on rollouts in the latent space. Noise of bounded width and a pull towards
# the middle of the actuators' ranges keep young policies up for longer. The replay keeps all that
# a run of 90 minutes sees: with 500,000 the return fell from 500 to 160 once old falls had gone.
_NATIVE_CPU = TrainConfig(
    horizon=1,
    capacity=3_000_000,
    utd=1 / 8,
    epoch_rounds=200,
    seed_steps=12_800,
    end_head_below_m=1.1,
    eval_every=128_000,
    checkpoint_every=512_000,
    agent=AgentSettings(
        action_penalty=0.06,
        encoder_size=128,
        latent_size=128,
        hidden_size=128,
        num_q=2,
        dropout=0.0,
        discount=0.985,
        log_std_min=-4.0,
        log_std_max=-1.5,
        normalise_obs=True,
        entropy_coef=3e-5,
        learning_rate=6e-4,
        encoder_rate_scale=1.0,
        tau=0.02,
        # Plans stay where the policy has acted: its noise is about 0.22 wide, and what model and Q
        # make of wider actions is a guess.
        planner=PlannerSettings(objective="eq7", samples=256, min_std=0.02, max_std=0.2),
    ),
)
_ACCELERATOR = TrainConfig(
    num_envs=4096,
    steps=50_000_000,
    capacity=4_096_000,
    batch=1024,
    utd=1 / 1024,
    epoch_rounds=50,
    seed_steps=400_000,
    shards=16,
    eval_every=2_000_000,
    eval_with="both",
    checkpoint_every=4_000_000,
    agent=AgentSettings(normalise_obs=True),
)
PRESETS = {"cpu": _NATIVE_CPU, "gpu": _ACCELERATOR}


def preset(name: str) -> TrainConfig:
    """The settings called `cpu` (native MuJoCo, two cores) or `gpu`.

    Raises:
      UserError: unknown name; the message has the nearest.
    """
    check_known("preset", name, PRESETS)
    return PRESETS[name]


def checked(config: TrainConfig) -> TrainConfig:
    """The settings, checked for consistency.

    Raises:
      UserError: naming the first setting that does not, and what would.
    """
    check_known("replay_on", config.replay_on, PLACES)
    if config.algorithm == "tdmpc2":
        check_known("eval_with", config.eval_with, EVALUATORS)
    check_at_least(
        config,
        1,
        *("num_envs", "steps", "horizon", "capacity", "batch", "collect_steps", "epoch_rounds"),
        *("shards", "checkpoint_every", "checkpoint_keep", "max_bad_epochs"),
    )
    check_at_least(config, 0, "seed_steps", "eval_every", "eval_episodes")
    check_seed(config.seed)
    for name in ("num_envs", "batch"):
        if getattr(config, name) % config.shards:
            raise UserError(
                f"{name} is {getattr(config, name)}; must be a multiple of the {config.shards} "
                "shards"
            )
    wanted = config.utd * config.num_envs * config.collect_steps
    if round(wanted) < 1 or abs(wanted - round(wanted)) > 1e-6 * wanted:
        right = max(1, round(wanted)) / (config.num_envs * config.collect_steps)
        raise UserError(
            f"utd is {config.utd:g}, which makes {wanted:g} updates after each round of "
            f"{config.num_envs * config.collect_steps} steps; must be whole, e.g. utd {right:g}"
        )
    if config.slots < config.horizon + config.collect_steps:
        raise UserError(
            f"capacity {config.capacity} holds {config.slots} steps of each of "
            f"{config.num_envs} environments; sequences of {config.horizon} need "
            f"{(config.horizon + config.collect_steps) * config.num_envs} or more"
        )
    if config.batch > config.capacity:
        raise UserError(f"batch {config.batch} is larger than the replay, {config.capacity}")
    return config


# ---- changes by name

FORMER_NAMES = {
    **{
        name: f"agent.{name}"
        for name in ("act_with", "plan_fraction", "plan_horizon", "action_penalty", "decay_rate")
    },
    "begin_with": "init_from",
    "agent": "agent.size",
    "planner.": "agent.planner.",
    "planner_settings.": "agent.planner.",
    "agent_settings.": "agent.",
}
"""Names that settings had in format 1, and have on the command line."""
_WITHOUT_EFFECT = ("agent.guidance_weight", "agent.planner.guidance_weight")
"""Names that format 1 may hold, which nothing read."""


def with_settings(config: TrainConfig, changes: Mapping[str, Any]) -> TrainConfig:
    """The settings with changes by name, old or new; `agent.NAME` for the agent's own.

    Raises:
      UserError: an unknown name (with the nearest), or a value of another type.
    """
    new = renamed(changes, FORMER_NAMES)
    algorithm = new.get("algorithm", config.algorithm)
    if algorithm != config.algorithm and isinstance(algorithm, str):
        config = dataclasses.replace(
            config, algorithm=algorithm, agent=settings_class(algorithm)(), eval_with="policy"
        )
    return with_changes(config, new)


def from_format_1(data: Mapping[str, Any]) -> TrainConfig:
    """The settings that version 0.1 wrote, without those of its methods.

    Raises:
      UserError: as `with_settings`.
    """
    methods = ("skill", "skill_settings", "imitation_settings", "guide", "guide_settings")
    own = flat({name: value for name, value in data.items() if name not in methods})
    changes = renamed(own, FORMER_NAMES)
    changes = {name: value for name, value in changes.items() if name not in _WITHOUT_EFFECT}
    horizon = changes.pop("agent.horizon", data.get("horizon"))
    if horizon != data.get("horizon"):
        raise UserError(
            f"its agent's horizon is {horizon} and its sequences' is {data.get('horizon')}; "
            "they are one setting now"
        )
    return with_settings(TrainConfig(), changes)
