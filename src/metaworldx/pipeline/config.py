"""Settings of the whole pipeline, and its presets."""

from __future__ import annotations

from dataclasses import dataclass

from metaworldx.composition.q_fusion import FusionConfig
from metaworldx.composition.replanning import ReplanConfig
from metaworldx.core.errors import UserError, check_at_least, check_known, check_seed
from metaworldx.envs.registry import one_robot, parse_id
from metaworldx.residual.reference_schedule import ResidualConfig, reference_schedule
from metaworldx.router.switching import DemoConfig
from metaworldx.vlm.factory import TEACHERS

ABLATIONS = ("router", "vlm", "guide", "imitation")
SCHEDULES = ("none", "paper")


@dataclass(frozen=True)
class PipelineConfig:
    """Everything that decides what a run does.

    Attributes:
      name: of the preset.
      tasks: environments; the guided agent is trained on the first.
      teacher: gemini, cached or offline, falling back in that order.
      cache: folder of kept answers; None takes those that come with the package.
      pool: folder of the experts; None takes the shipped pool.
      without: an ablation: router (the teacher's weights used directly), vlm (rules instead of a
        teacher), guide (the agent learns from scratch: TD-MPC2) or imitation (a small pool
        trained in the run without motion priors). None has them all.
      train_preset: of the agents, cpu or gpu.
      live_skill: an expert trained in this run, to see that it learns; None trains none.
      live_steps: control steps of its training.
      pool_steps: control steps of each expert trained without priors.
      rollouts: tried for each task's demonstrations.
      keep: the best so many of them.
      starts: from how many each way to switch is tried in the second round of `DemoConfig`.
      router_steps: updates of the router.
      router_trainings: routers trained from the same demonstrations, over which the router's row
        is told too; the first of them guides, is filmed and fused.
      mixture_starts: from so many starts every expert and every constant mixture of two is tried,
        and the best again from others: the bar for the router. 0 leaves it out.
      agent_steps: control steps of the guided agent; 0 trains none.
      authority: what its action of 1 adds to the experts'.
      schedule: experts that alone are the guided agent's reference at first: paper (Table IV, over
        the whole training) or none.
      alpha: share of the router's weights where they are fused with what the guided agent's Q
        expects of every expert; 1 leaves that row out.
      replan: also evaluate with a teacher that is asked again about what is left, at stages' ends
        and every so many seconds (0: at stages' ends only); None does not.
      episodes: of each evaluation.
      film_seconds: of each task's film; 0 makes none.
      seed: of everything random.
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
                ResidualConfig(schedule=(self.schedule,)), parse_id(self.tasks[0])[1].name, None
            )
        check_at_least(self, 1, "pool_steps", "router_trainings")
        check_at_least(self, 2, "episodes")
        check_at_least(self, 0.0, "live_steps", "film_seconds", "agent_steps", "mixture_starts")
        check_seed(self.seed)

    def demos(self) -> DemoConfig:
        """How demonstrations are made; of few rollouts no more are kept than the second round has.

        Raises:
          UserError: a number of rollouts that does not go.
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
    """The settings called `quickstart` (two cores, minutes) or `full` (an accelerator).

    Raises:
      UserError: unknown name; the message has the nearest.
    """
    check_known("preset", name, PRESETS)
    return PRESETS[name]
