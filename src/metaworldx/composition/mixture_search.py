"""Constant mixtures of two experts: the baseline for gating policies, and its search.

Every pair is tried at a few shares, and every expert alone; the best are tried again from other
starts, and the best of those is to be reported on starts that it was not chosen by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import jax.numpy as jnp
import numpy as np

from metaworldx.composition.compare import PairedRollouts
from metaworldx.composition.composer import GatingPolicy
from metaworldx.composition.gating_policies import constant_gating
from metaworldx.core.errors import UserError, check_at_least, check_known, nearest
from metaworldx.envs.env import Env
from metaworldx.evaluation.evaluator import start_keys
from metaworldx.experts.pool import ExpertPool

SHARES = (0.3, 0.5, 0.7)
_EXACT = 1e-6
_SEEDS = 2**31 - 1
_APART = 1_000_003


@dataclass(frozen=True)
class Mixture:
    """Experts with fixed weights, the greatest first; a single expert has 1.

    Attributes:
      shares: by expert; they sum to 1.
    """

    shares: tuple[tuple[str, float], ...]

    @property
    def name(self) -> str:
        """In words: `walk 0.7, reach 0.3`, or `walk alone`."""
        if self.alone:
            return f"{self.shares[0][0]} alone"
        return ", ".join(f"{name} {share:g}" for name, share in self.shares)

    @property
    def alone(self) -> bool:
        """Whether it is a single expert."""
        return len(self.shares) == 1

    def weights(self, names: Sequence[str]) -> np.ndarray:
        """Over a pool's experts `[K]`.

        Raises:
          UserError: an expert that is not there.
        """
        found = np.zeros(len(names), np.float32)
        for name, share in self.shares:
            check_known("expert", name, names)
            found[list(names).index(name)] = share
        return found

    def gating(self, names: Sequence[str]) -> GatingPolicy:
        """Gating policy with these weights."""
        return constant_gating(jnp.asarray(self.weights(names)))


def mixture(shares: Sequence[tuple[str, float]]) -> Mixture:
    """A mixture, the greatest share first and none of 0."""
    kept = [(name, float(share)) for name, share in shares if share > 0.0]
    return Mixture(tuple(sorted(kept, key=lambda each: -each[1])))


def mixture_from(text: str, names: Sequence[str]) -> Mixture:
    """The mixture of `walk=0.7,reach=0.3`.

    Raises:
      UserError: another form, an unknown expert, one twice, or shares off 0 to 1 or their sum off
        1.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise UserError(
                f"the mixture {text!r:.80} is no EXPERT=SHARE,...; as in walk=0.7,reach=0.3"
            )
        if name not in names:
            raise UserError(nearest("expert", name, names))
        if name in shares:
            raise UserError(f"the mixture {text!r:.80} names {name} twice")
        try:
            shares[name] = float(number)
        except ValueError:
            raise UserError(f"the share of {name} is {number!r:.40}; needs a number") from None
        if not 0.0 <= shares[name] <= 1.0:
            raise UserError(f"the share of {name} is {number:.40}; needs 0 to 1")
    total = sum(shares.values())
    if abs(total - 1.0) > _EXACT:
        raise UserError(f"the shares of {text!r:.80} sum to {total:g}; needs 1")
    return mixture(list(shares.items()))


def candidate_mixtures(names: Sequence[str], shares: Sequence[float] = SHARES) -> list[Mixture]:
    """Every single expert, and every pair with these shares of its first."""
    alone = [mixture([(name, 1.0)]) for name in names]
    pairs = [
        mixture([(first, share), (second, round(1.0 - share, 6))])
        for first, second in combinations(names, 2)
        for share in shares
    ]
    return alone + pairs


# ---- the search


@dataclass(frozen=True)
class MixtureConfig:
    """Settings of the search for the best constant mixture.

    Attributes:
      screened: resets per mixture in the screening.
      finalists: number of the best mixtures, and of the best single experts, in the second round.
      chosen: other resets per finalist; None uses as many robots as the screening.
    """

    screened: int = 10
    finalists: int = 8
    chosen: int | None = 20

    def __post_init__(self):
        check_at_least(self, 1, "screened", "finalists")
        if self.chosen is not None:
            check_at_least(self, 1, "chosen")


@dataclass(frozen=True)
class MixtureSearchResult:
    """Result of the search.

    Attributes:
      best: of all, by mean return in the second round.
      best_single: the best single expert.
      screened, chosen: mean return and standard error in either round, by name.
      seeds: of the resets in either round.
    """

    best: Mixture
    best_single: Mixture
    screened: dict[str, tuple[float, float]]
    chosen: dict[str, tuple[float, float]]
    seeds: tuple[int, int]

    def as_data(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "best": dict(self.best.shares),
            "best_single": dict(self.best_single.shares),
            "screened": {name: list(each) for name, each in self.screened.items()},
            "chosen": {name: list(each) for name, each in self.chosen.items()},
            "seeds": list(self.seeds),
        }


def mixture_of(data: dict[str, Any], which: str = "best") -> Mixture:
    """The mixture in the data of `MixtureSearchResult.as_data`.

    Raises:
      UserError: it tells of none.
    """
    shares = data.get(which)
    if not isinstance(shares, dict) or not all(isinstance(x, float) for x in shares.values()):
        raise UserError(f"no constant mixture under {which!r}: {shares!r:.80}")
    return mixture(list(shares.items()))


def mixture_seeds(seed: int) -> tuple[int, int]:
    """Seeds of the resets in either round; neither is that of the reported evaluation."""
    return (seed + _APART) % _SEEDS, (seed + 2 * _APART) % _SEEDS


def find_mixture(
    config: MixtureConfig,
    pool: ExpertPool,
    env: Env,
    seed: int,
    progress: Callable[[int], Any] | None = None,
) -> MixtureSearchResult:
    """The best constant mixture in a task, selected on other resets than those of `seed`.

    Args:
      env: native, without auto-reset.
      seed: of the resets of the reported evaluation.
      progress: called with the number of control steps just done.
    """
    batch, tried = PairedRollouts(pool, env, constant_gating), candidate_mixtures(pool.names)
    seeds = mixture_seeds(seed)
    screened = returns_of(batch, pool, tried, config.screened, seeds[0], progress)
    order = np.argsort(-screened.mean(axis=1), kind="stable")
    finalists = [tried[n] for n in order[: config.finalists]]
    singles = [tried[n] for n in order if tried[n].alone][: config.finalists]
    finalists += [each for each in singles[:2] if each not in finalists]
    starts = config.chosen
    if starts is None:
        # As many robots as before, so that nothing is compiled again.
        starts = len(tried) * config.screened // len(finalists)
    robots = len(tried) * config.screened if config.chosen is None else None
    chosen = returns_of(batch, pool, finalists, starts, seeds[1], progress, robots)
    means = chosen.mean(axis=1)
    alone = np.array([each.alone for each in finalists])
    return MixtureSearchResult(
        best=finalists[int(means.argmax())],
        best_single=finalists[int(np.where(alone, means, -np.inf).argmax())],
        screened=_told(tried, screened),
        chosen=_told(finalists, chosen),
        seeds=seeds,
    )


def returns_of(
    batch: PairedRollouts,
    pool: ExpertPool,
    mixtures: Sequence[Mixture],
    starts: int,
    seed: int,
    progress: Callable[[int], Any] | None = None,
    robots: int | None = None,
) -> np.ndarray:
    """Returns of each mixture from the same resets, in one batch `[M, N]`.

    Args:
      batch: of `constant_gating`.
      robots: least number of simulated robots; padded with the first mixture.
    """
    weights = np.repeat([each.weights(pool.names) for each in mixtures], starts, axis=0)
    keys = jnp.concatenate([start_keys(seed, starts)] * len(mixtures))
    own = len(weights)
    rows = np.arange(max(own, robots or 0)) % own
    count = len(rows)
    records = batch.run(
        jnp.asarray(weights[rows]), keys[rows], jnp.ones(count), jnp.zeros(count, bool), progress
    )
    return records["reward"].sum(axis=0)[:own].reshape(len(mixtures), starts)


def _told(mixtures: Sequence[Mixture], returns: np.ndarray) -> dict[str, tuple[float, float]]:
    spread = (
        returns.std(axis=1, ddof=1) / np.sqrt(returns.shape[1])
        if returns.shape[1] > 1
        else np.zeros(len(returns))
    )
    return {
        each.name: (float(mean), float(error))
        for each, mean, error in zip(mixtures, returns.mean(axis=1), spread, strict=True)
    }
