"""Whose turn it is in a rollout, and which ways to switch are shown."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.core.errors import UserError
from metaworldx.router.demonstration_schedules import (
    DemoConfig,
    active_experts,
    init_switching,
    switch_experts,
)


def test_turns_are_held_and_stay_among_the_drawn():
    config = DemoConfig(staged=0.0, most=2, shortest_s=0.2, longest_s=0.5, mixed=0.0)
    even = jnp.full(5, 0.2)
    turn = init_switching(config, even, even, jax.random.key(0))
    among = np.isfinite(np.asarray(turn.among))
    assert 1 <= among.sum() <= 2
    step = jax.jit(lambda t: switch_experts(config, t, 0.02))
    leads = []
    for _ in range(300):
        turn = step(turn)
        leads.append(int(jnp.argmax(turn.weights)))
        assert float(turn.weights.sum()) == pytest.approx(1.0)
    assert set(leads) <= set(np.flatnonzero(among))
    changes = np.flatnonzero(np.diff(leads))
    assert np.all(np.diff(changes) >= 10)


def test_a_staged_leader_is_held_until_a_milestone_is_reached():
    config = DemoConfig(staged=1.0, mixed=0.0, shortest_s=0.1, longest_s=0.2)
    even = jnp.full(5, 0.2)
    turn = init_switching(config, even, even, jax.random.key(0))
    assert len(set(np.asarray(turn.stages)[:2].tolist())) == 2  # else nothing is tested
    for reached in (0, 1):
        for _ in range(30):
            turn = switch_experts(config, turn, 0.02, reached)
            assert int(jnp.argmax(turn.weights)) == int(turn.stages[reached])


def test_the_same_turn_goes_on_the_same_way_again():
    config = DemoConfig(staged=0.0, most=3, shortest_s=0.1, longest_s=0.3)
    even = jnp.full(5, 0.2)
    keys = jax.random.split(jax.random.key(0), 8)
    ways = jax.vmap(lambda key: init_switching(config, even, even, key))(keys)
    step = jax.jit(jax.vmap(lambda turn: switch_experts(config, turn, 0.02)))
    told = []
    for turn in (ways, jax.tree.map(lambda x: jnp.repeat(x, 2, axis=0), ways)):
        weights = []
        for _ in range(50):
            turn = step(turn)
            weights.append(np.asarray(turn.weights))
        told.append(np.stack(weights, axis=1))
    np.testing.assert_array_equal(np.repeat(told[0], 2, axis=0), told[1])
    assert np.any(told[0][:, 0] != told[0][:, -1])  # somebody took turns at all


def test_a_mixture_is_held_all_along():
    config = DemoConfig(staged=0.0, most=1, shortest_s=0.1, longest_s=0.1, mixed=1.0)
    even = jnp.full(5, 0.2)
    begin = jax.vmap(lambda key: init_switching(config, even, even, key))
    step = jax.jit(jax.vmap(lambda turn: switch_experts(config, turn, 0.02)))
    turn = first = begin(jax.random.split(jax.random.key(0), 32))
    for _ in range(20):
        turn = step(turn)
        np.testing.assert_array_equal(turn.weights, first.weights)
    share = np.sort(np.asarray(first.weights), axis=-1)[:, ::-1]
    alone = share[:, 1] == 0.0  # its partner is itself
    assert np.all((share[~alone, 1] >= 0.2) & (share[~alone, 1] <= 0.4)) and alone.mean() < 0.6
    np.testing.assert_allclose(share[:, :2].sum(axis=-1), 1.0, rtol=1e-6)


def test_ways_to_switch_are_ranked_by_a_lower_bound():
    from metaworldx.router.demonstrations import _best, _scored

    # One lucky start of four, four good ones, and one that succeeds.
    returns = np.array([300.0, 240.0, 240.0, 240.0, 254.0, 253.0, 254.0, 253.0, 1.0, 1.0, 1.0, 1.0])
    seen = _scored(returns, np.arange(12) == 9, 4)
    np.testing.assert_allclose(seen["scores"][:4], 255.0 - 15.0)
    assert _best(seen, 12).tolist()[:8] == [8, 9, 10, 11, 4, 6, 5, 7]
    np.testing.assert_array_equal(_scored(returns, np.zeros(12, bool), 1)["scores"], returns)


@pytest.mark.parametrize("succeeds", [0.0, 0.25, 0.75])
def test_a_way_that_mostly_succeeds_is_found_among_the_best_and_shown_alone(succeeds):
    from metaworldx.router.demonstrations import _best, _scored, search_demonstrations

    config, asked = DemoConfig(rollouts=64, starts=4, keep=8), []

    def drawn(leads, partners, count, key):
        return np.arange(count)

    def tried(ways, starts, key):
        # Way 5 succeeds from some starts, the higher ones score more.
        asked.append((ways.tolist(), starts))
        whose = np.repeat(ways, starts)
        nth = np.tile(np.arange(starts), len(ways)) / starts
        weights = np.zeros((len(whose), 2, 3))
        weights[..., 0] = 1.0
        seen = _scored(1.0 * whose, (whose == 5) & (nth < succeeds), starts)
        return seen | {"weights": weights, "alive": np.ones((len(whose), 2)), "whose": whose}

    rounds, most = search_demonstrations(config, drawn, tried, np.full(3, 1 / 3), jax.random.key(0))
    assert asked[:2] == [(list(range(32)), 1), (list(range(8)), 4)]
    shown = rounds[-1]["whose"][_best(rounds[-1], most)].tolist()
    if succeeds == 0.75:
        assert asked[2:] == [([5, 7], 16)] and shown == [5] * 8
    else:
        best = [5, 7] if succeeds else [7, 6]
        assert len(rounds) == 2 and shown == [best[0]] * 4 + [best[1]] * 4


@pytest.mark.parametrize(("rollouts", "starts"), [(8, 4), (104, 4), (40, 2), (256, 4), (6, 1)])
def test_every_round_has_as_many_rollouts(rollouts, starts):
    from metaworldx.router.demonstrations import _scored, search_demonstrations

    def tried(ways, starts, key):
        count = len(ways) * starts
        asked.append(count)
        weights = np.ones((count, 2, 3)) / 3
        seen = _scored(np.arange(1.0, count + 1.0), np.ones(count, bool), starts)
        return seen | {"weights": weights, "alive": np.ones((count, 2))}

    asked = []
    config = DemoConfig(rollouts=rollouts, starts=starts, keep=rollouts // 2)
    rounds, most = search_demonstrations(
        config, lambda *x: np.arange(x[2]), tried, np.full(3, 1 / 3), jax.random.key(0)
    )
    # Of the surest way alone are shown, however many are to be kept.
    assert asked == [rollouts // 2] * 3 and len(set(rounds[-1]["scores"][-most:])) == 1


def test_the_best_say_who_leads_and_who_mixes_in():
    weights = np.zeros((2, 4, 3))
    weights[..., 1], weights[..., 2] = 0.7, 0.3
    leads, partners = active_experts(weights, np.ones((2, 4)))
    np.testing.assert_allclose(leads, np.array([0.02, 1.02, 0.02]) / 1.06)
    np.testing.assert_allclose(partners, np.array([0.02, 0.02, 1.02]) / 1.06)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rollouts": 3},
        {"starts": 3},
        {"keep": 300},
        {"shortest_s": 0.0},
        {"elite": 0.0},
        {"width": 0.0},
    ],
)
def test_settings_of_demonstrations_are_checked(wrong):
    with pytest.raises(UserError):
        DemoConfig(**wrong)
