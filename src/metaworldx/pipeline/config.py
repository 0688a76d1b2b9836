"""Pipeline settings and presets."""

from __future__ import annotations

from dataclasses import dataclass

from metaworldx.composition.q_fusion import FusionConfig
from metaworldx.composition.replanning import ReplanConfig
from metaworldx.core.errors import UserError, check_at_least, check_known, check_seed
from metaworldx.envs.registry import EnvId, one_robot
from metaworldx.residual.reference_schedule import reference_schedule
from metaworldx.residual.train import ResidualConfig
from metaworldx.router.demonstration_schedules import DemoConfig
from metaworldx.vlm.factory import TEACHERS

ABLATIONS = ("router", "vlm", "guide", "imitation")
SCHEDULES = ("none", "paper")


@dataclass(frozen=True)
class PipelineConfig:
    """Settings of a pipeline run.

    Attributes:
      name: of the preset.
      tasks: environments; the residual agent is trained on the first.
      teacher: gemini, cached or offline, falling back in that order.
      cache: folder of cached answers; None uses the shipped ones.
      pool: folder of the experts; None uses the shipped pool.
      without: an ablation: router (the teacher's weights used directly), vlm (rules instead of a
        teacher), guide (TD-MPC2 from scratch instead of the residual agent) or imitation (a small
        pool trained in the run without motion priors). None is the full method.
      train_preset: of the agents, cpu or gpu.
      live_skill: skill of an expert trained in this run as a check; None for none.
      live_steps: control steps of its training.
      pool_steps: control steps of each expert trained without priors.
      rollouts: number of rollouts in the search for each task's demonstrations.
      keep: number of demonstrations.
      starts: initial states per schedule in the second round of `DemoConfig`.
      router_steps: updates of the router.
      router_trainings: routers trained from the same demonstrations, for statistics over trainings;
        the first one is used in the residual agent, the video and the fusion.
      mixture_starts: initial states in the search for the best constant mixture of two experts, the
        router's baseline; it is re-evaluated from others. 0 disables it.
      agent_steps: control steps of the residual agent; 0 for none.
      authority: scale of its action relative to the experts'.
      schedule: reference schedule of the residual agent: paper (Table IV, scaled to the whole
        training) or none.
      alpha: share of the router's weights in the fusion with the residual agent's Q-values; 1
        disables the fusion.
      replan: also evaluate with replanning, at stages' ends and at this interval in seconds (0: at
        stages' ends only); None does not.
      episodes: of each evaluation.
      film_seconds: of each task's video; 0 for none.
      seed: of all randomness.
    """

    name: str = "quickstart"
    tasks: tuple[str, ...] = ("h1-door",)
    teacher: str = "gemini"
    cache: str | None = None
    pool: str | None = None
    without: str | None = None
    train_preset: str = "cpu"
    live_skill: str | None = "stand"
    live_steps: int = 20_800
    pool_steps: int = 20_800
    rollouts: int = 256
    keep: int = 12
    starts: int = 4
    router_steps: int = 2000
    router_trainings: int = 5
    mixture_starts: int = 1
    agent_steps: int = 19_200
    authority: float = 0.1
    schedule: str = "none"
    alpha: float = 0.7
    replan: float | None = None
    episodes: int = 10
    film_seconds: float = 8.0
    seed: int = 0

    def __post_init__(self):
        if not self.tasks:
            raise UserError("no tasks; needs at least one environment, e.g. h1-door")
        one_robot(self.tasks)
        check_known("teacher", self.teacher, TEACHERS)
        if self.without is not None:
            check_known("ablation", self.without, ABLATIONS)
        self.demos()
        FusionConfig(self.alpha)
        ReplanConfig(self.replan or None)
        check_known("schedule", self.schedule, SCHEDULES)
        if self.schedule != "none" and self.agent_steps and self.without != "guide":
            reference_schedule(
                ResidualConfig(schedule=(self.schedule,)),
                EnvId.parse(self.tasks[0]).task_class,
                None,
            )
        check_at_least(self, 1, "pool_steps", "router_trainings")
        check_at_least(self, 2, "episodes")
        check_at_least(self, 0.0, "live_steps", "film_seconds", "agent_steps", "mixture_starts")
        check_seed(self.seed)

    def demos(self) -> DemoConfig:
        """Settings of the demonstrations, with `keep` limited to the second round's rollouts.

        Raises:
          UserError: invalid number of rollouts.
        """
        keep = min(self.keep, max(1, self.rollouts // 2))
        return DemoConfig(rollouts=self.rollouts, keep=keep, starts=self.starts)


PRESETS = {
    "quickstart": PipelineConfig(),
    "full": PipelineConfig(
        name="full",
        tasks=("h1-door", "h1-basketball", "h1-push", "h1-truck", "h1-package"),
        train_preset="gpu",
        live_steps=20_000_000,
        pool_steps=20_000_000,
        rollouts=1024,
        keep=20,
        router_steps=10_000,
        mixture_starts=10,
        agent_steps=20_000_000,
        schedule="paper",
        episodes=50,
        film_seconds=20.0,
    ),
}


def preset(name: str) -> PipelineConfig:
    """The preset `quickstart` (two cores, minutes) or `full` (an accelerator).

    Raises:
      UserError: unknown name, with the nearest known one.
    """
    check_known("preset", name, PRESETS)
    return PRESETS[name]
