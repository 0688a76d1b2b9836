"""Tables of experts and composed rows beside floors: what learning does not raise is said so."""

import numpy as np
import pytest
from scipy import stats

from baseline_tables import added, composed_table, experts_table
from metaworldx.composition.compare import HOLD


def _row(mean, spread=1.0, seed=0, **more):
    returns = mean + spread * np.random.default_rng(seed).normal(size=10)
    returns += mean - returns.mean()
    return {
        "return_mean": float(returns.mean()),
        "return_stderr": float(stats.sem(returns)),
        "returns": returns.tolist(),
        "length_mean": 1000.0,
        "success_share": 0.5,
        "no_fall_share": 1.0,
        "forward_speed_mean": 0.5,
        "task": "h1-walk-v0",
        "goal_distance_m": None,
        "milestones": {},
    } | more


def test_what_a_network_adds_is_paired_and_told_where_it_is_nothing():
    trained, zero = _row(100.0, 5.0, 1), _row(90.0, 5.0, 2)
    apart = np.array(trained["returns"]) - zero["returns"]
    low, high = stats.t.interval(0.95, 9, apart.mean(), stats.sem(apart))
    assert added(trained, zero) == f"+10.0 ({low:.1f} to {high:.1f})"
    assert added(zero, trained).endswith("not raised by learning")
    assert added(trained, trained).endswith("not raised by learning")


def test_experts_stand_beside_their_floors():
    parts = {"walk trained": _row(613.8), "walk zero": _row(220.5, seed=1), "run hold": _row(9.0)}
    lines = experts_table(parts).splitlines()
    walk, run = (next(line for line in lines if f"| {name} |" in line) for name in ("walk", "run"))
    assert "613.8 ±" in walk and "220.5 ±" in walk and "+393.3" in walk
    assert run.count(" - ") == 8 and "9.0 ±" in run


def test_the_router_is_held_against_the_best_constant_mixture():
    over = _row(258.0, seed=3, trainings=[257.0, 259.0], return_low=245.3, return_high=270.7)
    rows = {HOLD: _row(8.0), "best": _row(257.0, seed=4), "best_single": _row(249.5, seed=5)}
    guided = {"teacher": "offline", "origin": "a lexicon", "weights": _row(147.0)}
    guided |= {"router": _row(262.0, seed=6), "routers": over}
    found = {"best": {"walk": 0.7, "reach": 0.3}, "best_single": {"walk": 1.0}}
    parts = {"mixtures": found, "rows": rows, "zero offsets": _row(20.0, seed=7)}
    parts["rows by offline"] = guided
    text = composed_table("h1-door", parts)
    assert "best constant mixture: walk 0.7, reach 0.3" in text and "walk alone" in text
    assert "258.0 (245.3 to 270.7)" in text and "2 trainings" in text
    assert "weights of offline" in text and "offline: a lexicon" in text
    assert "random" not in text
    verdict = "is above" if "is above the best" in text else "cannot be told from"
    apart = np.array(over["returns"]) - rows["best"]["returns"]
    low = stats.t.interval(0.95, 9, apart.mean(), stats.sem(apart))[0]
    assert (verdict == "is above") == (low > 0.0)
    assert composed_table("h1-push", {}) == "h1-push: not measured yet\n"


@pytest.mark.parametrize("kind", ["zero", "trained"])
def test_the_hand_s_distance_is_told_for_reaching(kind):
    near = {"hand near its goal": 0.2}
    found = _row(6000.0, goal_distance_m=1.68, milestones=near, task="h1-reach-v0")
    assert "1.68 m" in experts_table({f"reach {kind}": found})
