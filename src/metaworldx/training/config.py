"""Settings of a training run: one typed struct, two presets, and their JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin, get_type_hints

from metaworldx.core.errors import UserError, check_at_least, check_known, check_seed, nearest

ACTORS = ("policy", "mppi", "mixed")
EVALUATORS = ("policy", "mppi", "both")
PLACES = ("device", "host")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a run does.

    Attributes:
      task: environment, e.g. h1-stand.
      skill: an expert's skill; the agent then follows its clips in the task, and its rewards are
        Eq. 4's alignment beside the task's. None trains on the task alone.
      skill_settings, imitation_settings: fields of the skill and of its Eq. 4 that differ.
      guide: composed experts whose action the agent's is added to: by a router, by a teacher's
        weights, or by rules; None leaves it alone in the task.
      guide_settings: fields of `GuideConfig` (the router's folder, authority, schedule).
      begin_with: folder of another run whose agent this one begins with (its best checkpoint if
        there is one); None begins with random weights.
      backend: auto, native, mjx or warp.
      collisions: feet, body or full; None takes the task's.
      num_envs: environments stepped together.
      steps: control steps to collect, over all environments.
      agent: size of the agent, small or paper.
      agent_settings: fields of the agent's config that differ from its size's.
      planner_settings: fields of its planner's config that do.
      horizon: steps in a sampled sequence.
      capacity: transitions that the replay holds.
      replay_on: where the replay lives, device or host memory.
      batch: sequences in an update's batch.
      utd: updates per collected control step of one environment.
      collect_steps: control steps of every environment between two rounds of updates.
      epoch_rounds: rounds of collection and updates in an epoch (one jitted call).
      seed_steps: control steps under random actions, before any update.
      shards: logical shards of environments and replay; devices must divide them.
      act_with: who acts while training: policy, mppi, or mixed.
      plan_fraction: share of the environments in which MPPI acts when mixed.
      plan_horizon: steps that MPPI looks ahead; None is `horizon`.
      action_penalty: weight of `||pi_mean(z)||^2` in the policy's loss, which keeps a young policy
        off the ends of its actuators' ranges; 0 is TD-MPC2's loss.
      decay_rate: the learning rates fall to a tenth over the run, so that its end is steadier.
      end_head_below_m, end_pelvis_below_m: end training episodes when head or pelvis is lower;
        None never does. Evaluation never ends episodes early.
      eval_every: control steps between evaluations; 0 evaluates only at the end.
      eval_episodes: episodes of an evaluation; 0 never evaluates.
      eval_with: who acts in evaluations: policy, mppi or both.
      checkpoint_every: control steps between checkpoints.
      checkpoint_keep: checkpoints kept.
      checkpoint_replay: save the replay too; without it resuming is not exact.
      stop_at: stop once an evaluation's mean return reaches this; None never stops.
      max_minutes: stop, as if all steps were done, after this long; None never stops.
      max_bad_epochs: stop after so many epochs in a row in which most updates were skipped for
        numbers that are not finite.
      seed: of everything random.
    """

    task: str = "h1-stand"
    skill: str | None = None
    skill_settings: dict[str, Any] = field(default_factory=dict)
    imitation_settings: dict[str, Any] = field(default_factory=dict)
    guide: str | None = None
    guide_settings: dict[str, Any] = field(default_factory=dict)
    begin_with: str | None = None
    backend: str = "auto"
    collisions: str | None = None
    num_envs: int = 32
    steps: int = 2_000_000
    agent: str = "small"
    agent_settings: dict[str, Any] = field(default_factory=dict)
    planner_settings: dict[str, Any] = field(default_factory=dict)
    horizon: int = 3
    capacity: int = 1_000_000
    replay_on: str = "device"
    batch: int = 256
    utd: float = 1 / 32
    collect_steps: int = 1
    epoch_rounds: int = 250
    seed_steps: int = 16_000
    shards: int = 8
    act_with: str = "policy"
    plan_fraction: float = 0.25
    plan_horizon: int | None = None
    action_penalty: float = 0.0
    decay_rate: bool = False
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

    @property
    def planning_envs(self) -> int:
        """Environments of each shard in which MPPI acts: the first ones."""
        if self.act_with != "mixed":
            return self.num_envs // self.shards if self.act_with == "mppi" else 0
        return round(self.plan_fraction * (self.num_envs // self.shards))


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
    action_penalty=0.06,
    end_head_below_m=1.1,
    eval_every=128_000,
    checkpoint_every=512_000,
    agent_settings={
        "encoder_size": 128,
        "latent_size": 128,
        "hidden_size": 128,
        "num_q": 2,
        "dropout": 0.0,
        "discount": 0.985,
        "log_std_min": -4.0,
        "log_std_max": -1.5,
        "normalise_obs": True,
        "entropy_coef": 3e-5,
        "learning_rate": 6e-4,
        "encoder_rate_scale": 1.0,
        "tau": 0.02,
    },
    # Plans stay where the policy has acted: its noise is about 0.22 wide, and what model and Q make
    # of wider actions is a guess.
    planner_settings={"objective": "eq7", "samples": 256, "min_std": 0.02, "max_std": 0.2},
)
# Returns of rewards up to 1 at this discount stay below 67: bins that reach no further are finer.
_NARROW_VALUES = {"num_bins": 51, "vmin": -1.0, "vmax": 5.0}
_ACCELERATOR = TrainConfig(
    num_envs=4096,
    steps=50_000_000,
    agent="small",
    capacity=4_096_000,
    batch=1024,
    utd=1 / 1024,
    epoch_rounds=50,
    seed_steps=400_000,
    shards=16,
    eval_every=2_000_000,
    eval_with="both",
    checkpoint_every=4_000_000,
    agent_settings={"normalise_obs": True},
)
PRESETS = {"cpu": _NATIVE_CPU, "gpu": _ACCELERATOR}


def preset(name: str) -> TrainConfig:
    """The settings called `cpu` (native MuJoCo, two cores) or `gpu`.

    Raises:
      UserError: unknown name; the message has the nearest.
    """
    check_known("preset", name, PRESETS)
    return PRESETS[name]


def for_skill(config: TrainConfig, skill: str) -> TrainConfig:
    """A preset's settings for training a skill's expert.

    Raises:
      UserError: unknown skill.
    """
    from metaworldx.experts.skills import skill_named

    numbers = skill_named(skill)
    config = dataclasses.replace(
        config,
        skill=skill,
        # The balance's gains stay those of the run, whatever the shipped file says later.
        skill_settings={"feedback": list(numbers.feedback)},
        task=numbers.task,
        decay_rate=True,
        end_head_below_m=None,
        end_pelvis_below_m=None,
    )
    if config.agent_settings != _NATIVE_CPU.agent_settings:
        return config
    return dataclasses.replace(
        config,
        steps=1_000_000,
        capacity=1_000_000,
        seed_steps=6_400,
        action_penalty=0.03,
        agent_settings={**config.agent_settings, **_NARROW_VALUES, "log_std_max": -1.9},
    )


def checked(config: TrainConfig) -> TrainConfig:
    """The same settings, found to make sense together.

    Raises:
      UserError: naming the first setting that does not, and what would.
    """
    for name, known in (
        ("act_with", ACTORS),
        ("eval_with", EVALUATORS),
        ("replay_on", PLACES),
    ):
        check_known(name, getattr(config, name), known)
    check_at_least(
        config,
        1,
        *("num_envs", "steps", "horizon", "capacity", "batch", "collect_steps", "epoch_rounds"),
        *("shards", "checkpoint_every", "checkpoint_keep", "max_bad_epochs"),
    )
    if config.guide is not None and config.skill is not None:
        raise UserError("a skill's expert is trained without a guide; leave out skill or guide")
    check_at_least(config, 0, "seed_steps", "eval_every", "eval_episodes", "action_penalty")
    check_seed(config.seed)
    if config.plan_horizon is not None and config.plan_horizon < 1:
        raise UserError(f"plan_horizon is {config.plan_horizon}; needs at least 1")
    if not 0.0 <= config.plan_fraction <= 1.0:
        raise UserError(f"plan_fraction is {config.plan_fraction}; needs 0 to 1")
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


# ---- JSON


def as_data(config: TrainConfig) -> dict[str, Any]:
    """The settings as JSON data."""
    return dataclasses.asdict(config)


def from_data(data: dict[str, Any]) -> TrainConfig:
    """Settings from JSON data.

    Raises:
      UserError: unknown key (with the nearest), or a value of the wrong type.
    """
    hints = get_type_hints(TrainConfig)
    for key, value in data.items():
        if key not in hints:
            raise UserError(nearest("setting", key, hints))
        if not _fits(value, hints[key]):
            raise UserError(f"setting {key} is {value!r}; must be {hints[key]}")
    return TrainConfig(**data)


def parse_setting(text: str) -> tuple[str, Any]:
    """`NAME=VALUE` as name and value; a VALUE that is not JSON is a string.

    Raises:
      UserError: no `=`.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"setting {text!r}; must be NAME=VALUE, e.g. epoch_rounds=100")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _fits(value: Any, hint: Any) -> bool:
    options = get_args(hint) if get_origin(hint) is not dict else ()
    if options:
        return any(_fits(value, option) for option in options)
    kind = get_origin(hint) or hint
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)
