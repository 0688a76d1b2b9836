"""The pipeline's evaluation: routers of several trainings against the best constant mixture."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from helpers.router_demos import ANSWER, NAMES, made_up
from metaworldx.composition.compare import HOLD, PolicyResult
from metaworldx.composition.guidance_arrays import encode_guidance
from metaworldx.composition.mixture_search import mixture_from
from metaworldx.pipeline import PipelineConfig
from metaworldx.pipeline.entrants import Entrant
from metaworldx.pipeline.router_trainings import bar_of
from metaworldx.report.pipeline_page import page
from metaworldx.report.runs_table import cells_of, rows_of
from metaworldx.report.schema import RowKind, report_from
from metaworldx.router.train import (
    RouterConfig,
    train_router,
    trained_routers,
    write_demonstrations,
)

STARTS = 6
MEANS = {
    "expert walk": 250.0,
    "expert reach": 147.0,
    "expert stand": 127.0,
    "constant mixture: walk 0.7, reach 0.3": 257.0,
    "experts by the teacher's weights": 147.0,
    "experts by the router": 262.0,
    "experts by the router, training 2": 249.0,
    "experts by the router, training 3": 251.0,
    HOLD: 8.0,
}
TRAININGS = np.array([262.0, 249.0, 251.0])


def _row(mean, name):
    rng = np.random.default_rng(len(name))
    returns = mean + rng.normal(size=STARTS)
    returns += mean - returns.mean()
    weights = None if name == HOLD else dict.fromkeys(NAMES, 1 / 3)
    lengths, there = np.full(STARTS, 1000), np.zeros(STARTS, bool)
    return PolicyResult(returns, lengths, there, {"hatch turned": 0.5}, weights)


@pytest.fixture
def found(monkeypatch, tmp_path):
    """What `evaluate_task` finds where everybody's returns are made up."""
    module, table = (
        import_module(f"metaworldx.pipeline.{name}") for name in ("evaluate", "entrants")
    )

    class Pool:
        names = NAMES

        def __len__(self):
            return len(NAMES)

    def compare(pool, env, policies, episodes, seed):
        del pool, env, episodes, seed
        return {name: _row(MEANS[name], name) for name in [*policies, HOLD]}

    def routers(config, folder, task, pool):
        del folder, task, pool
        each = range(2, config.router_trainings + 1)
        return [
            Entrant(f"{table.ROUTER}, training {n}", RowKind.TRAININGS, (None, 1.0)) for n in each
        ]

    composed = [
        Entrant(table.TEACHER, RowKind.TEACHER, (None, 1.0)),
        Entrant(table.ROUTER, RowKind.ROUTER, (None, 1.0)),
    ]
    monkeypatch.setattr(module, "pool_of", lambda config, task: Pool())
    monkeypatch.setattr(table, "composed_of", lambda *args: composed)
    monkeypatch.setattr(table, "further_routers", routers)
    env = SimpleNamespace(task=SimpleNamespace(success_bar=600.0))
    monkeypatch.setattr(module, "make", lambda *args: env)
    monkeypatch.setattr(module, "compare", compare)

    def evaluated(trainings=3, bar="walk=0.7,reach=0.3"):
        config = PipelineConfig(agent_steps=0, router_trainings=trainings, episodes=STARTS)
        mixed = None if bar is None else mixture_from(bar, NAMES)
        return module.evaluate_task(config, tmp_path, "h1-door", mixed)

    return evaluated


def _by_name(data):
    return {row["who"]: row for row in data["rows"]}


def test_the_table_has_the_constant_mixture_and_holds_the_router_against_it(found):
    data = found()
    rows = _by_name(data)
    assert rows["constant mixture: walk 0.7, reach 0.3"]["kind"] == "mixture"
    against = {pair["than"] for pair in data["paired"] if "router" in pair["better"]}
    # Walking alone is no longer the bar.
    assert "constant mixture: walk 0.7, reach 0.3" in against and "expert walk" not in against
    pair = next(p for p in data["paired"] if p["better"] == "experts by the router")
    assert pair["difference_mean"] == pytest.approx(262.0 - 257.0)
    assert pair["pairs"] == STARTS


def test_the_router_s_row_is_over_trainings_too(found):
    data = found()
    rows = _by_name(data)
    row = rows["experts by the router, 3 trainings"]
    assert row["kind"] == "trainings" and "experts by the router, training 2" not in rows
    low, high = stats.t.interval(0.95, 2, TRAININGS.mean(), stats.sem(TRAININGS))
    assert row["return_mean"] == pytest.approx(TRAININGS.mean())
    assert (row["return_low"], row["return_high"]) == pytest.approx((low, high))
    assert row["trainings"] == pytest.approx(TRAININGS.tolist())
    # Beside it one training's own figures, over its starts.
    one = rows["experts by the router"]
    assert one["return_mean"] == pytest.approx(262.0)
    assert one["return_stderr"] == pytest.approx(stats.sem(one["returns"]))
    over = next(pair for pair in data["paired"] if pair.get("over") == "trainings")
    assert over["pairs"] == 3
    low, high = stats.t.interval(0.95, 2, TRAININGS.mean() - 257.0, stats.sem(TRAININGS))
    assert (over["low"], over["high"]) == pytest.approx((low, high))


def test_one_training_has_one_row_and_no_mixture_leaves_the_best_expert(found):
    data = found(trainings=1, bar=None)
    assert {row["kind"] for row in data["rows"]} == {"floor", "single", "teacher", "router"}
    assert {pair["than"] for pair in data["paired"] if pair["better"].endswith("router")} == {
        *("expert walk", HOLD, "experts by the teacher's weights")
    }


def test_the_terminal_s_table_and_the_page_tell_how_many_trainings(found, tmp_path):
    task = {"task": "h1-door", "success_bar": 600.0, "episodes": STARTS, **found()}
    task["rows"] = [{k: v for k, v in row.items() if k != "returns"} for row in task["rows"]]
    data = {"run": {"preset": "quickstart"}, "tasks": [task]}
    shown = [" | ".join(cells) for cells in cells_of(rows_of({"demo": report_from(data)}))]
    line = next(line for line in shown if "3 trainings" in line)
    low, high = stats.t.interval(0.95, 2, TRAININGS.mean(), stats.sem(TRAININGS))
    assert f"254.0 ({low:.1f} to {high:.1f})" in line
    assert any("constant mixture: walk 0.7, reach 0.3" in line for line in shown)
    html = page(data, tmp_path)
    assert "experts by the router, 3 trainings" in html and "chosen on other starts" in html
    assert "3 trainings" in html and f"254.0 ({low:.1f} to {high:.1f})" in html


def test_the_bar_is_the_mixture_where_there_is_one():
    returns = {"expert a": np.ones(2), "expert b": np.zeros(2), "mixed": np.zeros(2)}
    kinds = {"expert a": "single", "expert b": "single"}
    assert bar_of(returns, kinds) == "expert a"
    assert bar_of(returns, {**kinds, "mixed": "mixture"}) == "mixed"


def test_routers_of_further_trainings_learn_the_same_and_are_not_the_same(tmp_path):
    from metaworldx.experts.pool import descriptions
    from metaworldx.router.distill import DistillConfig

    names = list(descriptions())
    demos = made_up(len(names), names.index("walk"), names.index("reach"), steps=60)
    for folder in ("one", "three"):
        write_demonstrations(demos, tmp_path / folder / "demonstrations" / "h1-door.npz")
    settings = {"tasks": ("h1-door",), "distil": DistillConfig(steps=300)}
    config = RouterConfig(**settings)
    alone = train_router(config, {"h1-door": ANSWER}, tmp_path / "one").router
    config = RouterConfig(**settings, trainings=3)
    result = train_router(config, {"h1-door": ANSWER}, tmp_path / "three")
    routers = trained_routers(tmp_path / "three", 3)
    assert len(routers) == 3 == 1 + len(result.others)
    guidance = encode_guidance(ANSWER, names)
    obs, progress = demos.obs[:, :50].reshape(-1, demos.obs.shape[-1]), demos.progress[:, :50]
    weights = [np.asarray(r.weights(obs, guidance, progress.reshape(-1))) for r in routers]
    first = np.asarray(alone.weights(obs, guidance, progress.reshape(-1)))
    # The first is what one training gives.
    np.testing.assert_allclose(weights[0], first, atol=1e-3)
    led = demos.explained[:, :50].reshape(len(obs), -1).argmax(axis=-1)
    for each in weights:
        assert np.mean(each.argmax(axis=-1) == led) > 0.9
    assert np.abs(weights[1] - weights[0]).max() > 1e-3 < np.abs(weights[2] - weights[1]).max()
