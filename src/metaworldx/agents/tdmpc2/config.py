"""Settings of TD-MPC2: network sizes, loss coefficients, planner, and presets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from metaworldx.core.errors import UserError, check_at_least, check_known, nearest

ACTORS = ("policy", "mppi", "mixed")


@dataclass(frozen=True)
class PlannerSettings:
    """Settings of the sampling planner; defaults are TD-MPC2's.

    Attributes:
      method: `mppi` weights elites by exp(temperature * value), `cem` weights them alike.
      objective: `terminal_q` sums H rewards and one Q at the end (TD-MPC2); `eq7` sums
        `R + mu Q` over the H steps (Eq. 7 of MetaWorld-X).
      mu: weight of Q in `eq7`.
      samples, elites, policy_trajectories: candidates, how many of them are kept, and how many
        come from the policy.
      iterations: rounds of sampling and refitting; None is 8 for 20 actions or more, else 6.
      min_std, max_std: bounds of the sampling width, in action units.
      temperature: sharpness of MPPI's weights, per unit of value.
      dtype: what the networks compute in while planning.
      rows: at most so many latents (environments times samples) are evaluated together and the
        environments planned for in turn, which bounds the memory: about 20 arrays of
        `rows * hidden_size` numbers. 0 plans for all at once.
    """

    method: Literal["mppi", "cem"] = "mppi"
    objective: Literal["terminal_q", "eq7"] = "terminal_q"
    mu: float = 1.0
    samples: int = 512
    elites: int = 64
    policy_trajectories: int = 24
    iterations: int | None = None
    min_std: float = 0.05
    max_std: float = 2.0
    temperature: float = 0.5
    dtype: Literal["float32", "bfloat16"] = "float32"
    rows: int = 0

    def __post_init__(self):
        _one_of("planner method", self.method, ("mppi", "cem"))
        _one_of("planner objective", self.objective, ("terminal_q", "eq7"))
        _one_of("planner dtype", self.dtype, ("float32", "bfloat16"))
        if self.iterations is not None:
            _at_least("planner iterations", self.iterations, 1)
        _at_least("planner policy_trajectories", self.policy_trajectories, 0)
        _at_least("planner elites", self.elites, 1)
        _at_least("planner rows", self.rows, 0)
        _at_least("planner samples", self.samples, self.policy_trajectories + 1)
        _at_least("planner samples", self.samples, self.elites)
        if not 0.0 < self.min_std <= self.max_std:
            raise UserError(
                f"planner stds are {self.min_std} to {self.max_std}; needs 0 < min_std <= max_std"
            )


@dataclass(frozen=True)
class PlannerConfig(PlannerSettings):
    """The planner's settings in full."""

    iterations: int = 6


@dataclass(frozen=True, kw_only=True)
class _Hyperparameters:
    """What a run sets and the agent's functions take as it is.

    Attributes:
      encoder_size: width of the encoder's hidden layer.
      simnorm_size: a latent is made of groups of this many that each sum to one.
      num_q, num_bins, vmin, vmax: the Q-ensemble and its bins, equally wide in symlog.
      dropout: on the first layer of the Q-functions while they are trained.
      log_std_min, log_std_max: range of the policy's log standard deviation.
      normalise_obs: scale observations by their running mean and standard deviation; TD-MPC2
        does not.
      episodic: learn when episodes terminate, and discount by it.
      *_coef: weights of the losses.
      rho: a step's loss counts rho times the one before it.
      tau: step of the target Q-functions and of the running scale towards the present.
      learning_rate, encoder_rate_scale: of Adam; the encoder's is scaled.
      decay_updates: over so many updates the learning rates fall along a cosine to a tenth;
        0 keeps them, as TD-MPC2 does.
      grad_clip: bound of the gradients' global norm, model and policy apart.
      action_penalty: lambda of MetaWorld-X's `lambda ||pi_mean(z) - a_ref||^2` in the policy's
        loss. A residual agent's actions are added to a_ref, so that it is
        `lambda ||pi_mean(z)||^2`; for any agent that keeps a young policy off the ends of its
        actuators' ranges. 0 is TD-MPC2's loss.
    """

    encoder_size: int = 256
    simnorm_size: int = 8
    num_q: int = 5
    num_bins: int = 101
    vmin: float = -10.0
    vmax: float = 10.0
    dropout: float = 0.01
    log_std_min: float = -10.0
    log_std_max: float = 2.0
    normalise_obs: bool = False
    episodic: bool = True
    consistency_coef: float = 20.0
    reward_coef: float = 0.1
    value_coef: float = 0.1
    termination_coef: float = 1.0
    entropy_coef: float = 1e-4
    action_penalty: float = 0.0
    rho: float = 0.5
    tau: float = 0.01
    learning_rate: float = 3e-4
    encoder_rate_scale: float = 0.3
    decay_updates: int = 0
    grad_clip: float = 20.0

    def __post_init__(self):
        check_at_least(self, 1, "encoder_size", "simnorm_size")
        check_at_least(self, 2, "num_q", "num_bins")
        check_at_least(self, 0, "decay_updates", "action_penalty")
        if self.vmin >= self.vmax:
            raise UserError(f"vmin is {self.vmin}; needs less than vmax ({self.vmax})")
        _below_one("dropout", self.dropout)


@dataclass(frozen=True)
class AgentSettings(_Hyperparameters):
    """What a run sets of the agent; None is what its size has, or what follows from the task.

    Attributes:
      size: small or paper, whose widths are taken where none are given.
      act_with: acting in training: policy, mppi, or mixed.
      plan_fraction: share of the environments in which MPPI acts when mixed.
      plan_horizon: MPPI's horizon in steps; None is the length of a sampled sequence.
      decay_rate: the learning rates fall to a tenth over the run, so that its end is steadier.
      latent_size, hidden_size, discount: as in `AgentConfig`.
      planner: the planner's own settings.
    """

    size: str = "small"
    act_with: str = "policy"
    plan_fraction: float = 0.25
    plan_horizon: int | None = None
    decay_rate: bool = False
    latent_size: int | None = None
    hidden_size: int | None = None
    discount: float | None = None
    planner: PlannerSettings = field(default_factory=PlannerSettings)

    def __post_init__(self):
        super().__post_init__()
        _one_of("agent preset", self.size, _SIZES)
        check_known("act_with", self.act_with, ACTORS)
        if self.plan_horizon is not None:
            _at_least("plan_horizon", self.plan_horizon, 1)
        if not 0.0 <= self.plan_fraction <= 1.0:
            raise UserError(f"plan_fraction is {self.plan_fraction}; needs 0 to 1")

    def planning_envs(self, num_envs: int) -> int:
        """Number of environments in which MPPI acts in training: the first ones."""
        share = {"policy": 0.0, "mppi": 1.0, "mixed": self.plan_fraction}[self.act_with]
        return round(share * num_envs)

    def config(
        self, obs_size: int, action_size: int, *, horizon: int, updates: int, episode_length: int
    ) -> AgentConfig:
        """The settings in full for an environment's sizes.

        Args:
          horizon: steps of a sampled sequence.
          updates: of the whole run.
          episode_length: in control steps; sets the discount where none is given.

        Raises:
          UserError: sizes below one, or settings that do not go together.
        """
        base = preset(self.size, obs_size, action_size, episode_length)
        planner = PlannerConfig(**_given(self.planner, base.planner))
        given = {**_given(self, base), "planner": planner}
        if self.decay_rate and not self.decay_updates:
            given["decay_updates"] = updates
        return AgentConfig(**given, horizon=horizon, obs_size=obs_size, action_size=action_size)


@dataclass(frozen=True)
class AgentConfig(_Hyperparameters):
    """Static settings of the agent's functions under `jit`; hashable.

    Attributes:
      obs_size, action_size: numbers in one observation and one action.
      latent_size, hidden_size: widths of a latent, and of the two hidden layers of every network
        but the encoder.
      horizon: steps of the latent rollout, in training and in planning.
      discount: per control step.
      planner: the planner's own settings.
    """

    obs_size: int
    action_size: int
    latent_size: int = 512
    hidden_size: int = 512
    horizon: int = 3
    discount: float = 0.99
    planner: PlannerConfig = field(default_factory=PlannerConfig)

    def __post_init__(self):
        super().__post_init__()
        sizes = ("obs_size", "action_size", "latent_size", "hidden_size", "horizon")
        check_at_least(self, 1, *sizes)
        if self.latent_size % self.simnorm_size:
            raise UserError(
                f"latent_size is {self.latent_size}; "
                f"needs a multiple of simnorm_size ({self.simnorm_size})"
            )
        _below_one("discount", self.discount)


def _given(settings: Any, base: Any) -> dict[str, Any]:
    """Those settings that `base` has too and that are not None; else base's own."""
    names = {f.name for f in fields(settings)} & {f.name for f in fields(base)}
    found = {name: getattr(settings, name) for name in names}
    return {name: getattr(base, name) if x is None else x for name, x in found.items()}


_SIZES = {"paper": {}, "small": {"latent_size": 256, "hidden_size": 256}}


def preset(name: str, obs_size: int, action_size: int, episode_length: int) -> AgentConfig:
    """An agent's settings for an environment.

    Args:
      name: `paper` (512 wide) or `small` (256 wide, for CPUs).
      episode_length: in control steps; sets the discount.

    Raises:
      UserError: unknown preset, or sizes below one.
    """
    _one_of("agent preset", name, _SIZES)
    _at_least("episode_length", episode_length, 1)
    iterations = 8 if action_size >= 20 else 6
    return AgentConfig(
        obs_size=obs_size,
        action_size=action_size,
        discount=discount_for(episode_length),
        planner=PlannerConfig(iterations=iterations),
        **_SIZES[name],
    )


def discount_for(episode_length: int) -> float:
    """TD-MPC2's discount for episodes of `episode_length` control steps.

    `clip((T/5 - 1) / (T/5), 0.95, 0.995)`.
    """
    fraction = episode_length / 5.0
    return min(max((fraction - 1.0) / fraction, 0.95), 0.995)


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise UserError(f"{name} is {value}; needs at least {least}")


def _below_one(name: str, value: float) -> None:
    if not 0.0 <= value < 1.0:
        raise UserError(f"{name} is {value}; needs at least 0 and below 1")


def _one_of(kind: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise UserError(nearest(kind, value, known))
