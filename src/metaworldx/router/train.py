"""Training of a router: guidance, demonstrations, distillation, and the run's folder."""

from __future__ import annotations

import dataclasses
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.guidance_arrays import encode_guidance
from metaworldx.composition.observation import OBS_SIZE
from metaworldx.core.errors import UserError, check_at_least, check_seed
from metaworldx.core.files import (
    check_entries,
    check_same_run,
    read_json,
    read_npz,
    write_bytes,
    write_text,
)
from metaworldx.core.host_info import machine
from metaworldx.envs.factory import make
from metaworldx.envs.registry import EnvId, one_robot
from metaworldx.envs.state import EnvConfig
from metaworldx.experts.pool import ExpertPool, load_experts
from metaworldx.router.dataset import concatenate, from_demonstrations, synthetic_guidance
from metaworldx.router.demonstration_schedules import DemoConfig
from metaworldx.router.demonstrations import Demonstrations, demonstrate
from metaworldx.router.distill import DistillConfig, LossCurve, RouterDataset, distill
from metaworldx.router.network import RouterParams, RouterSizes
from metaworldx.router.router import FILE, Router, load_router, save_router
from metaworldx.vlm.schema import Guidance, InvalidResponse, guidance_from

CONFIG, GUIDANCE, CURVE, DEMOS = "config.json", "guidance.json", "curve.json", "demonstrations"
TRAININGS = "trainings"
_EVERY = 20
_KEPT = ("tasks", "pool", "seed")
"""Settings besides `demos` that demonstrations depend on; others reuse kept demonstrations."""


@dataclass(frozen=True)
class RouterConfig:
    """Settings of a router's training.

    Attributes:
      tasks: ids of the environments with demonstrations.
      pool: folder of the experts; None takes the shipped pool.
      seed: of all random numbers.
      demos: search for demonstrations.
      distil: distillation.
      trainings: number of routers distilled from the same demonstrations with different seeds, to
        measure their spread. The first is the router.
    """

    tasks: tuple[str, ...]
    pool: str | None = None
    seed: int = 0
    demos: DemoConfig = field(default_factory=DemoConfig)
    distil: DistillConfig = field(default_factory=DistillConfig)
    trainings: int = 1

    def __post_init__(self):
        check_at_least(self, 1, "trainings")
        if not self.tasks:
            raise UserError("no tasks given; --tasks takes environments, e.g. h1-door,h1-push")
        one_robot(self.tasks)
        check_seed(self.seed)


@dataclass(frozen=True)
class RouterResult:
    """A trained router, those of further trainings, each task's demonstrations, and the times."""

    router: Router
    others: tuple[Router, ...]
    demos: Mapping[str, Demonstrations]
    seconds: Mapping[str, float]


def train_router(
    config: RouterConfig,
    guidance: Mapping[str, Guidance],
    folder: Path,
    tell: Callable[[str], Any] = lambda text: None,
) -> RouterResult:
    """Trains a router into a folder; existing demonstrations are reused.

    Args:
      guidance: teachers' answers by task: of the config's tasks, and of others without
        demonstrations.
      tell: called with a line of progress.

    Raises:
      UserError: a folder with a run of other settings, experts that do not fit, or settings by
        which the network does not stay finite; a router that was there stays then.
    """
    settings = _check(config, guidance, folder)
    pool = ExpertPool(
        load_experts(None if config.pool is None else Path(config.pool)),
        EnvId.parse(config.tasks[0]).robot_spec.model,
    )
    answers = {task: encode_guidance(each, pool.names) for task, each in guidance.items()}
    seconds: dict[str, float] = {}
    paths = {task: folder / DEMOS / f"{task}.npz" for task in config.tasks}
    demos = {
        task: read_demonstrations(path, len(pool)) for task, path in paths.items() if path.is_file()
    }
    # All that is given is fine; what is written from here on, the same command goes on with.
    if not (folder / CONFIG).is_file():
        _write_config(settings, folder)
    keys = jax.random.split(jax.random.key(config.seed), len(config.tasks) + 2)
    for task, key in zip(config.tasks, keys, strict=False):
        if task in demos:
            continue
        begun = time.monotonic()
        env = make(task, "native", None, EnvConfig(auto_reset=False))
        tell(f"{task}: {config.demos.rollouts} rollouts under random weights")
        demos[task] = demonstrate(config.demos, pool, env, answers[task].prior, key)
        seconds[f"demonstrations {task}"] = time.monotonic() - begun
        write_demonstrations(demos[task], paths[task])
        tell(
            f"{task}: the best {len(demos[task].returns)} of them return "
            f"{demos[task].returns.mean():.1f}, all {demos[task].all_returns.mean():.1f}"
        )
    begun = time.monotonic()
    shown = concatenate([from_demonstrations(demos[task], answers[task]) for task in config.tasks])
    free = synthetic_guidance(len(pool), list(answers.values()), shown.obs, keys[-2])
    dataset = concatenate([shown, free])
    first, *rest = [
        _distilled(config.distil, dataset, keys[-1] if not n else jax.random.fold_in(keys[-1], n))
        for n in range(config.trainings)
    ]
    sizes, params, curve = first
    seconds["distillation"] = time.monotonic() - begun
    record = {
        "tasks": list(config.tasks),
        "teacher": ", ".join(sorted({each.teacher for each in guidance.values()})),
        "teacher_origin": "; ".join(sorted({each.origin for each in guidance.values()} - {""})),
        "pool": config.pool or "shipped",
        "seed": config.seed,
        "rollouts": config.demos.rollouts,
        "kept": {
            task: {
                "return_mean": float(demos[task].returns.mean()),
                "successes": int(demos[task].successes.sum()),
            }
            for task in config.tasks
        },
    }
    router = Router(pool.names, sizes, params, record)
    others = tuple(
        Router(pool.names, sizes, other, record | {"training": n})
        for n, (_, other, _) in enumerate(rest, 2)
    )
    for path, other in zip(_others(folder, config.trainings), others, strict=True):
        save_router(other, path)
    # A router that was there keeps the answers and settings that it was trained with until now.
    save_router(router, folder / FILE)
    given = {task: each.as_data() for task, each in guidance.items()}
    write_text(folder / GUIDANCE, json.dumps(given, indent=1) + "\n")
    _write_config(settings, folder)
    write_text(folder / CURVE, json.dumps(_thinned(curve)) + "\n")
    times = "" if config.trainings == 1 else f" {config.trainings} times"
    tell(f"distilled{times} in {seconds['distillation']:.1f} s; wrote {folder / FILE}")
    return RouterResult(router, others, demos, seconds)


def trained_routers(folder: Path, trainings: int) -> list[Router]:
    """The router in a folder, and those of further trainings from the same demonstrations.

    Args:
      trainings: their required number.

    Raises:
      UserError: one is not there, or damaged.
    """
    return [load_router(folder), *map(load_router, _others(folder, trainings))]


def _others(folder: Path, trainings: int) -> list[Path]:
    return [folder / TRAININGS / f"router-{n}.npz" for n in range(2, trainings + 1)]


def _distilled(
    config: DistillConfig, dataset: RouterDataset, key: jax.Array
) -> tuple[RouterSizes, RouterParams, LossCurve]:
    """One training, checked for finite parameters."""
    sizes, params, curve = distill(config, dataset, key)
    jax.block_until_ready(params)
    if not all(bool(jnp.isfinite(x).all()) for x in jax.tree.leaves((params, curve))):
        raise UserError(
            "the router did not stay finite; needs a smaller beta, lambda_0 or learning_rate"
        )
    return sizes, params, curve


def kept_guidance(folder: Path, task: str) -> Guidance | None:
    """The answer about a task that a router was trained with; None if it was without one.

    Raises:
      UserError: the file that keeps them is damaged.
    """
    path = folder / GUIDANCE
    if not path.is_file():
        return None
    what = "file of a teacher's answers"
    answers = {_plain(name): each for name, each in read_json(path, what).items()}
    if _plain(task) not in answers:
        return None
    wanted, where = answers[_plain(task)], f"{path} is no {what}: that of {task}"
    check_entries(wanted, ("teacher", "relevance"), where)
    check_entries(wanted["relevance"], (), f"{where}: relevance")
    try:
        who, origin = str(wanted["teacher"]), str(wanted.get("teacher_origin", ""))
        return guidance_from(wanted, dict.fromkeys(wanted["relevance"], ""), who, origin)
    except InvalidResponse as error:
        raise UserError(f"{where}: {error}") from None


def _plain(task: str) -> str:
    return task.removesuffix("-v0")


def _check(config: RouterConfig, guidance: Mapping[str, Guidance], folder: Path) -> dict[str, Any]:
    """The settings as JSON data, checked against the guidance and the folder's run."""
    missing = [task for task in config.tasks if task not in guidance]
    if missing:
        raise UserError(f"no guidance for {', '.join(missing)}")
    settings = json.loads(json.dumps(dataclasses.asdict(config)))
    path = folder / CONFIG
    if path.is_file():
        what = "settings of a router's training"
        begun = read_json(path, what).get("router")
        if not isinstance(begun, dict) or not isinstance(begun.get("demos"), dict):
            raise UserError(f"{path} holds no {what}: it has no object under 'router'")
        had = {name: begun.get(name) for name in _KEPT} | begun["demos"]
        check_same_run(folder, had, {name: settings[name] for name in _KEPT} | settings["demos"])
    return settings


def _write_config(settings: dict[str, Any], folder: Path) -> None:
    data = {"router": settings, "machine": machine()}
    write_text(folder / CONFIG, json.dumps(data, indent=1) + "\n")


def _thinned(curve: LossCurve) -> dict[str, list[float]]:
    """Means over blocks of updates."""
    out = {}
    for name in ("task", "demo", "rate"):
        values = np.asarray(getattr(curve, name))
        parts = np.array_split(values, max(1, len(values) // _EVERY))
        out[name] = [float(part.mean()) for part in parts]
    return out


# ---- demonstrations on disk


def write_demonstrations(demos: Demonstrations, path: Path) -> None:
    """Writes demonstrations as `.npz`, whole or not at all."""
    buffer = io.BytesIO()
    data = {f.name: getattr(demos, f.name) for f in dataclasses.fields(demos)}
    np.savez_compressed(buffer, **data)  # pyright: ignore[reportArgumentType]
    write_bytes(path, buffer.getvalue())


def read_demonstrations(path: Path, experts: int | None = None) -> Demonstrations:
    """Demonstrations from their file.

    Args:
      experts: required K; None accepts any.

    Raises:
      UserError: damaged, or something else: other arrays, sizes that do not fit one another, the
        observation or K, numbers that are not finite, P_demo off the simplex, or no step of a
        running episode.
    """
    what = "file of demonstrations"
    data, names = read_npz(path, what), [f.name for f in dataclasses.fields(Demonstrations)]
    try:
        if sorted(data) != sorted(names):
            odd = sorted(set(data) ^ set(names))[0]
            raise UserError(f"{odd[:60]!r} is {'unknown' if odd in data else 'missing'}")
        demos = Demonstrations(**{name: _of_kind(name, data[name]) for name in names})
        _check_shapes(demos, experts)
        _check_numbers(demos)
    except UserError as error:
        raise UserError(f"{path} is no {what}: {error}") from None
    return demos


_SIMPLEX = 1e-3
"""Tolerance of P_demo's sum."""


def _of_kind(name: str, array: np.ndarray) -> np.ndarray:
    """A field's array, in the kind that it is written in."""
    if name in ("alive", "successes"):
        if array.dtype != bool:
            raise UserError(f"{name} is of {array.dtype}; must be bool")
    elif array.dtype.kind not in "fiu":
        raise UserError(f"{name} is of {array.dtype}; must be real numbers")
    return array


def _check_shapes(demos: Demonstrations, experts: int | None) -> None:
    if demos.explained.ndim != 3:
        raise UserError(f"explained is {demos.explained.shape}; must be (D, T, K)")
    count, steps, has = demos.explained.shape
    if experts is not None and has != experts:
        raise UserError(f"it is of {has} experts; the pool has {experts}")
    if 0 in (count, steps, has, demos.all_returns.size):
        raise UserError("it is empty")
    for name, shape in (
        ("obs", (count, steps, OBS_SIZE)),
        ("progress", (count, steps)),
        ("weights", (count, steps, has)),
        ("alive", (count, steps)),
        *((name, (count,)) for name in ("returns", "successes", "scores")),
        ("all_returns", (demos.all_returns.size,)),
    ):
        found = getattr(demos, name).shape
        if found != shape:
            raise UserError(f"{name} is {found}; must be {shape}")


def _check_numbers(demos: Demonstrations) -> None:
    """Checks the steps before each episode's end."""
    if not demos.alive.any():
        raise UserError("no step of it is of a running episode")
    running = ("obs", "progress", "explained", "weights")
    for name in (*running, "returns", "scores", "all_returns"):
        array = getattr(demos, name)
        # What float64 holds, float32 may not.
        with np.errstate(over="ignore"):
            counts = array[demos.alive if name in running else ...].astype(np.float32)
        if not np.all(np.isfinite(counts)):
            raise UserError(f"{name} holds NaN, infinity or what float32 cannot")
    shown = demos.explained[demos.alive].astype(float)
    # Eq. 11 has the logarithm of every share.
    if np.any(shown <= 0.0) or np.any(np.abs(shown.sum(axis=-1) - 1.0) > _SIMPLEX):
        raise UserError("explained holds shares of 0 or less, or some that do not sum to 1")
