"""What learning adds: experts and composed rows beside the floors that need none of it.

    python experiments/floors.py                      # all tables; the same command goes on
    python experiments/floors.py --tasks h1-push      # some of them
    python experiments/floors.py --tables             # prints what is measured, measures nothing

Every expert in its task, beside the same with offsets of zero (reference, balance law and servos
alone), with a network of random weights, and a held pose. Every composed row beside the best
constant mixture of two experts, which is chosen on other starts than it is reported on, the same
without the networks of its experts and with random ones, and the router over several trainings.
Each part is written to --results as soon as it is measured, and is not measured again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tyro

from metaworldx.bench.machine import machine
from metaworldx.commands.questions import guidance_for
from metaworldx.envs.factory import make
from metaworldx.envs.registry import parse_id
from metaworldx.envs.state import EnvConfig
from metaworldx.errors import UserError
from metaworldx.experts.offsets import with_offsets
from metaworldx.experts.pool import ExpertPool, expert_named, load_experts, load_pool, shipped_pool
from metaworldx.files import read_json, write_text
from metaworldx.pipeline.trainings import over_trainings
from metaworldx.report.floors import composed_table, experts_table
from metaworldx.router.choosers import by_router, by_teacher
from metaworldx.router.distil import DistilConfig
from metaworldx.router.told import told
from metaworldx.router.turns import DemoConfig
from metaworldx.training.compare import compare, paired
from metaworldx.training.controllers import ExpertController, ScriptedController
from metaworldx.training.evaluate import Evaluator
from metaworldx.training.mixtures import MixtureConfig, find_mixture, mixture_of
from metaworldx.training.routing import RouterConfig, train_router, trained_routers

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
    teacher: str = "offline",
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
      teacher: who guides the router; its weights are a row beside the offline teacher's.
      cache: folder of kept answers, of the cached teacher.
      out: folder of the routers and their demonstrations.
      results: folder of the JSON files.
      tables: only prints what has been measured.
      fresh: measures everything anew.
      sizes: how much is measured.
    """
    names = [name.strip() for name in tasks.split(",") if name.strip()]
    if not tables:
        kept = partial(Kept, results, _settings(sizes, teacher), fresh)
        for task in names:
            _composed(task, sizes, teacher, cache, out / teacher / task, kept(task))
        if experts:
            _experts(sizes, kept(EXPERTS))
    if (results / f"{EXPERTS}.json").is_file() and experts:
        print(experts_table(read_json(results / f"{EXPERTS}.json", "measurement")["parts"]))
    for task in names:
        path = results / f"{task}.json"
        if path.is_file():
            print(composed_table(task, read_json(path, "measurement")["parts"]))


def _settings(sizes: Sizes, teacher: str) -> dict[str, Any]:
    index = json.loads((shipped_pool() / "pool.json").read_text())
    pool = {each["name"]: each["sha256"] for each in index["experts"]}
    return json.loads(json.dumps({**dataclasses.asdict(sizes), "teacher": teacher, "pool": pool}))


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
    if kind == HOLD:
        acts: Any = partial(ScriptedController, HOLD)
    else:
        pool = ExpertPool(
            with_offsets([expert], {name: kind}, sizes.expert_seed), parse_id(task)[0].name
        )
        acts = partial(ExpertController, pool, name)
    make_env = partial(make, task, "native", None)
    evaluator = Evaluator(acts, make_env, sizes.episodes, sizes.expert_seed, kind == "trained")
    found = evaluator(None).as_data()
    shown = ("return_mean", "return_stderr", "length_mean", "no_fall_share", "returns")
    more = ("forward_speed_mean", "milestones", "goal_distance_m", "task")
    return {key: found[key] for key in (*shown, *more)}


# ---- composed


def _composed(
    task: str, sizes: Sizes, teacher: str, cache: Path | None, folder: Path, kept: Kept
) -> None:
    pool, env = load_pool(None, parse_id(task)[0].name), _env(task)
    search = partial(find_mixture, sizes.mixtures, pool, env, sizes.seed)
    found = kept.part("mixtures", lambda: search().as_data())
    kept.part("router", partial(_router, task, sizes, teacher, cache, folder))
    kept.part("rows", partial(_rows, task, sizes, teacher, cache, folder, found, pool))
    pair = {name: "zero" for name in found["best"]}
    kept.part("zero offsets", partial(_without, task, sizes, found, pair))
    if "reach" in found["best"]:
        random = {"reach": "random"}
        kept.part("reach random", partial(_without, task, sizes, found, random))


def _env(task: str) -> Any:
    return make(task, "native", None, EnvConfig(auto_reset=False))


def _router(
    task: str, sizes: Sizes, teacher: str, cache: Path | None, folder: Path
) -> dict[str, Any]:
    config = RouterConfig(
        tasks=(task,),
        demos=DemoConfig(rollouts=sizes.rollouts, keep=min(12, sizes.rollouts // 2)),
        distil=DistilConfig(steps=sizes.router_steps),
        trainings=sizes.trainings,
    )
    guidance = guidance_for((task,), teacher, cache, None)
    return train_router(config, guidance, folder, partial(print, flush=True)).router.record


def _rows(
    task: str,
    sizes: Sizes,
    teacher: str,
    cache: Path | None,
    folder: Path,
    found: dict[str, Any],
    pool: ExpertPool,
) -> dict[str, Any]:
    choosers: dict[str, Any] = {}
    for which in ("best", "best_single"):
        choosers[which] = mixture_of(found, which).chooser(pool.names), 1.0
    for name in dict.fromkeys(("offline", teacher)):
        asked = guidance_for((task,), name, cache, None)[task]
        said = told(asked, pool.names)
        choosers[f"teacher {asked.teacher}"] = by_teacher(said), float(said.confidence)
    asked = guidance_for((task,), teacher, cache, None)[task]
    said = told(asked, pool.names)
    for n, router in enumerate(trained_routers(folder, sizes.trainings), 1):
        choosers[f"router {n}"] = by_router(router, said, pool.names), float(said.confidence)
    rows = compare(pool, _env(task), choosers, sizes.starts, sizes.seed)
    trained = [rows.pop(name) for name in list(rows) if name.startswith("router ")]
    data = {name: row.as_data() for name, row in rows.items()}
    data["router"] = trained[0].as_data()
    if len(trained) > 1:
        data["routers"] = over_trainings(trained)
    against = "routers" if len(trained) > 1 else "router"
    data["difference"] = paired(data[against]["returns"], data["best"]["returns"])
    return data


def _without(
    task: str, sizes: Sizes, found: dict[str, Any], kinds: dict[str, str]
) -> dict[str, Any]:
    experts = with_offsets(load_experts(), kinds, sizes.expert_seed)
    pool, mixed = ExpertPool(experts, parse_id(task)[0].name), mixture_of(found)
    chooser = {"mixture": (mixed.chooser(pool.names), 1.0)}
    return compare(pool, _env(task), chooser, sizes.starts, sizes.seed, hold=False)[
        "mixture"
    ].as_data()


if __name__ == "__main__":
    try:
        tyro.cli(main)
    except UserError as error:
        raise SystemExit(f"floors: error: {error}") from None
