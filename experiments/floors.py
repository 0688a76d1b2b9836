"""What learning adds: experts and composed rows beside the floors that need none of it.

    python experiments/floors.py                      # all tables; the same command goes on
    python experiments/floors.py --tasks h1-push      # some of them
    python experiments/floors.py --tables             # prints what is measured, measures nothing

Every expert in its task, beside the same with offsets of zero (reference, balance law and servos
alone), with a network of random weights, and a held pose. Every composed row beside the best
constant mixture of two experts, which is chosen on other starts than it is reported on, the same
without the networks of its experts and with random ones, and the router over several trainings.
Each part is written to --results as soon as it is measured, and is not measured again. The tables
stand in `docs/results/experts.md` and `docs/results/composition.md`; a test holds them there.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tyro

from baseline_tables import composed_table, experts_table
from metaworldx.cli._teacher_options import guidance_for
from metaworldx.composition.compare import compare
from metaworldx.composition.gating_policies import teacher_gating
from metaworldx.composition.guidance_arrays import encode_guidance
from metaworldx.composition.mixture_search import MixtureConfig, find_mixture, mixture_of
from metaworldx.composition.target_commands import scene_targets
from metaworldx.core.errors import UserError
from metaworldx.core.files import read_json, write_text
from metaworldx.core.host_info import machine
from metaworldx.envs.env import Env
from metaworldx.envs.factory import make
from metaworldx.envs.registry import EnvId
from metaworldx.envs.state import EnvConfig
from metaworldx.evaluation.controllers import Controller, ScriptedController
from metaworldx.evaluation.evaluator import Evaluator
from metaworldx.experts.controller import ExpertController
from metaworldx.experts.joint_offsets import with_offsets
from metaworldx.experts.pool import ExpertPool, expert_named, load_experts, load_pool, shipped_pool
from metaworldx.pipeline.router_trainings import over_trainings
from metaworldx.router.demonstration_schedules import DemoConfig
from metaworldx.router.distill import DistillConfig
from metaworldx.router.router_gating import router_gating
from metaworldx.router.train import RouterConfig, train_router, trained_routers
from metaworldx.vlm.schema import Guidance

EXPERTS, HOLD = "experts", "hold"
_RESULTS = Path(__file__).parent / "results" / "floors"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
      episodes: of every expert and its floors.
      expert_seed: of their starts.
      starts: on which composed rows are reported.
      seed: of these starts; mixtures are screened and chosen on others.
      mixtures: how the best is found.
      trainings: of the router, from the same demonstrations.
      rollouts: tried for these.
      router_steps: updates of each training.
    """

    episodes: int = 10
    expert_seed: int = 7
    starts: int = 50
    seed: int = 3000
    mixtures: MixtureConfig = MixtureConfig()
    trainings: int = 5
    rollouts: int = 256
    router_steps: int = 2000


def main(
    tasks: str = "h1-door,h1-push",
    experts: bool = True,
    teachers: str = "offline,cached",
    cache: Path | None = None,
    out: Path = Path("runs/floors"),
    results: Path = _RESULTS,
    tables: bool = False,
    fresh: bool = False,
    sizes: Sizes = Sizes(),
) -> None:
    """Measures what is missing, then prints the tables.

    Args:
      tasks: composed tasks, with commas between them.
      experts: the table of experts too.
      teachers: who guides the routers, with commas between them; the weights of each are a row.
      cache: folder of kept answers, of the cached teacher; default those that come with the
        package.
      out: folder of the routers and their demonstrations.
      results: folder of the JSON files.
      tables: only prints what has been measured.
      fresh: measures everything anew.
      sizes: how much is measured.
    """
    names = [name.strip() for name in tasks.split(",") if name.strip()]
    who = Teachers(tuple(t.strip() for t in teachers.split(",") if t.strip()), cache, out)
    if not tables:
        kept = partial(Kept, results, _settings(sizes), fresh)
        for task in names:
            _composed(task, sizes, who, kept(task))
        if experts:
            _experts(sizes, kept(EXPERTS))
    if (results / f"{EXPERTS}.json").is_file() and experts:
        print(experts_table(read_json(results / f"{EXPERTS}.json", "measurement")["parts"]))
    for task in names:
        path = results / f"{task}.json"
        if path.is_file():
            print(composed_table(task, read_json(path, "measurement")["parts"]))


@dataclasses.dataclass(frozen=True)
class Teachers:
    """Who guides the routers.

    Attributes:
      names: of teachers.
      cache: folder of kept answers.
      out: folder of the routers and their demonstrations, by teacher and task.
    """

    names: tuple[str, ...]
    cache: Path | None
    out: Path

    def guidance(self, name: str, task: str) -> dict[str, Guidance]:
        """What one of them says of a task, by task."""
        return guidance_for((task,), name, self.cache, None)

    def folder(self, name: str, task: str) -> Path:
        """Of the routers that one of them guides."""
        return self.out / name / task


def _settings(sizes: Sizes) -> dict[str, Any]:
    index = json.loads((shipped_pool() / "pool.json").read_text())
    pool = {each["name"]: each["sha256"] for each in index["experts"]}
    return json.loads(json.dumps({**dataclasses.asdict(sizes), "pool": pool}))


class Kept:
    """The parts of one measurement, in a file."""

    def __init__(self, folder: Path, settings: dict[str, Any], fresh: bool, name: str):
        """Reads what is there.

        Raises:
          UserError: it was measured with other settings.
        """
        self._path = folder / f"{name}.json"
        self._data = {"settings": settings, "machine": machine(), "parts": {}}
        if self._path.is_file() and not fresh:
            self._data = read_json(self._path, "measurement")
            if self._data.get("settings") != settings:
                raise UserError(
                    f"{self._path} was measured with other settings or another pool; give --fresh "
                    "to measure anew, or another --results"
                )

    def part(self, name: str, measure: Callable[[], Any]) -> Any:
        """A part that is there, or as it is measured now."""
        if name not in self._data["parts"]:
            print(f"{self._path.stem}: {name} ...", flush=True)
            self._data["parts"][name] = json.loads(json.dumps(measure()))
            write_text(self._path, json.dumps(self._data, indent=1) + "\n")
        return self._data["parts"][name]


# ---- experts


def _experts(sizes: Sizes, kept: Kept) -> None:
    for expert in load_experts():
        for kind in ("trained", "zero", "random", HOLD):
            kept.part(f"{expert.name} {kind}", partial(_expert, sizes, expert.name, kind))


def _expert(sizes: Sizes, name: str, kind: str) -> dict[str, Any]:
    expert = expert_named(name)
    task = expert.skill.task

    def acts(env: Env) -> Controller:
        if kind == HOLD:
            return ScriptedController(HOLD, env)
        offset = with_offsets([expert], {name: kind}, sizes.expert_seed)
        pool = ExpertPool(offset, EnvId.parse(task).robot)
        return ExpertController(pool, name, env, scene_targets(pool, env))

    make_env = partial(make, task, "native", None)
    evaluator = Evaluator(acts, make_env, sizes.episodes, sizes.expert_seed, kind == "trained")
    found = evaluator(None).as_data()
    shown = ("return_mean", "return_stderr", "length_mean", "no_fall_share", "returns")
    more = ("forward_speed_mean", "milestones", "goal_distance_m", "task")
    return {key: found[key] for key in (*shown, *more)}


# ---- composed


def _composed(task: str, sizes: Sizes, teachers: Teachers, kept: Kept) -> None:
    pool, env = load_pool(None, EnvId.parse(task).robot), _env(task)
    search = partial(find_mixture, sizes.mixtures, pool, env, sizes.seed)
    found = kept.part("mixtures", lambda: search().as_data())
    pair = {name: "zero" for name in found["best"]}
    kept.part("zero offsets", partial(_without, task, sizes, found, pair))
    if "reach" in found["best"]:
        random = {"reach": "random"}
        kept.part("reach random", partial(_without, task, sizes, found, random))
    kept.part("rows", partial(_rows, task, sizes, found, pool))
    for name in teachers.names:
        kept.part(f"router by {name}", partial(_router, task, sizes, teachers, name))
        kept.part(f"rows by {name}", partial(_guided_rows, task, sizes, teachers, name, pool))


def _env(task: str) -> Any:
    return make(task, "native", None, EnvConfig(auto_reset=False))


def _router(task: str, sizes: Sizes, teachers: Teachers, name: str) -> dict[str, Any]:
    config = RouterConfig(
        tasks=(task,),
        demos=DemoConfig(rollouts=sizes.rollouts, keep=min(12, sizes.rollouts // 2)),
        distil=DistillConfig(steps=sizes.router_steps),
        trainings=sizes.trainings,
    )
    guidance, folder = teachers.guidance(name, task), teachers.folder(name, task)
    return train_router(config, guidance, folder, partial(print, flush=True)).router.record


def _rows(task: str, sizes: Sizes, found: dict[str, Any], pool: ExpertPool) -> dict[str, Any]:
    policies = {
        which: (mixture_of(found, which).gating(pool.names), 1.0)
        for which in ("best", "best_single")
    }
    rows = compare(pool, _env(task), policies, sizes.starts, sizes.seed)
    return {name: row.as_data() for name, row in rows.items()}


def _guided_rows(
    task: str, sizes: Sizes, teachers: Teachers, name: str, pool: ExpertPool
) -> dict[str, Any]:
    """A teacher's weights and the routers that it guided, from the same starts as all rows."""
    asked = teachers.guidance(name, task)[task]
    said, confidence = encode_guidance(asked, pool.names), float(asked.confidence)
    routers = trained_routers(teachers.folder(name, task), sizes.trainings)
    policies = {"weights": (teacher_gating(said), confidence)} | {
        f"router {n}": (router_gating(router, said, pool.names), confidence)
        for n, router in enumerate(routers, 1)
    }
    rows = compare(pool, _env(task), policies, sizes.starts, sizes.seed, hold=False)
    weights = rows.pop("weights").as_data()
    trained = list(rows.values())
    data = {"teacher": asked.teacher, "origin": asked.origin, "weights": weights}
    data["router"] = trained[0].as_data()
    if len(trained) > 1:
        data["routers"] = over_trainings(trained)
    return data


def _without(
    task: str, sizes: Sizes, found: dict[str, Any], kinds: dict[str, str]
) -> dict[str, Any]:
    experts = with_offsets(load_experts(), kinds, sizes.expert_seed)
    pool, mixed = ExpertPool(experts, EnvId.parse(task).robot), mixture_of(found)
    policies = {"mixture": (mixed.gating(pool.names), 1.0)}
    return compare(pool, _env(task), policies, sizes.starts, sizes.seed, hold=False)[
        "mixture"
    ].as_data()


if __name__ == "__main__":
    try:
        tyro.cli(main)
    except UserError as error:
        raise SystemExit(f"floors: error: {error}") from None
