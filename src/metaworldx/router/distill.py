"""Training a router: the teacher's guidance and demonstrations distilled into its network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from metaworldx.core.errors import UserError, check_at_least
from metaworldx.router.losses import demo_loss, guidance_rate, irm_loss, task_losses
from metaworldx.router.network import RouterParams, RouterSizes, init_router, log_weights


@dataclass(frozen=True)
class DistillConfig:
    """Numbers of a router's training.

    Attributes:
      steps: updates.
      batch: states of each, of either loss.
      learning_rate: falls to 0 as a cosine.
      beta: weight of the entropy in Eq. 10.
      lambda_0, eta: of Eq. 12's `lambda(t) = lambda_0 eta^t`; t counts updates. Where nothing was
        demonstrated guidance is all there is, and keeps lambda_0.
      demo_weight: 1, or 0 for L_task alone, where no demonstrations are.
      hidden: widths of the hidden layers.
    """

    steps: int = 2000
    batch: int = 256
    learning_rate: float = 1e-3
    beta: float = 0.05
    lambda_0: float = 1.0
    eta: float = 0.996
    demo_weight: float = 1.0
    hidden: tuple[int, ...] = (128, 128)

    def __post_init__(self):
        check_at_least(self, 1, "steps", "batch")
        check_at_least(self, 0.0, "learning_rate", "beta", "lambda_0", "demo_weight")
        if not 0.0 < self.eta <= 1.0:
            raise UserError(f"eta is {self.eta}; needs over 0, up to 1")


@struct.dataclass
class RouterDataset:
    """What a router learns from; N states of any tasks.

    Attributes:
      obs: states `[N, O]`.
      guidance: V(T) in each `[N, G]`.
      prior: the teacher's weights for its task `[N, K]`.
      demo: P_demo in each `[N, K]`.
      demonstrated: 1 where the state is of a demonstration, else 0 `[N]`; Eq. 11 counts these.
    """

    obs: jax.Array
    guidance: jax.Array
    prior: jax.Array
    demo: jax.Array
    demonstrated: jax.Array


@struct.dataclass
class LossCurve:
    """Losses update by update `[T]`."""

    task: jax.Array
    demo: jax.Array
    rate: jax.Array


def distill(
    config: DistillConfig, lessons: RouterDataset, key: jax.Array
) -> tuple[RouterSizes, RouterParams, LossCurve]:
    """Trains a router from scratch by Adam, in one compiled scan."""
    sizes = RouterSizes(
        lessons.obs.shape[-1], lessons.guidance.shape[-1], lessons.prior.shape[-1], config.hidden
    )
    params, curve = _distil(config, sizes, lessons, key)
    return sizes, params, curve


@partial(jax.jit, static_argnums=(0, 1))
def _distil(
    config: DistillConfig, sizes: RouterSizes, lessons: RouterDataset, key: jax.Array
) -> tuple[RouterParams, LossCurve]:
    init_key, draw_key = jax.random.split(key)
    # States of no task lie far apart; what tells demonstrated ones from one another is finer.
    there = lessons.demonstrated > 0.0
    first = init_router(sizes, init_key, lessons.obs, jnp.where(there.any(), there, 1.0))
    optimiser = optax.adam(optax.cosine_decay_schedule(config.learning_rate, config.steps))
    # Demonstrated states are drawn for Eq. 11, all states alike for Eq. 10.
    shown = jnp.cumsum(lessons.demonstrated)

    def loss(net: Any, some: RouterDataset, these: RouterDataset, rate: jax.Array):
        params = first.replace(net=net)
        task = task_losses(
            log_weights(sizes, params, some.obs, some.guidance), some.prior, config.beta
        )
        demo = demo_loss(log_weights(sizes, params, these.obs, these.guidance), these.demo)
        rates = jnp.where(some.demonstrated > 0.0, rate, config.lambda_0)
        return irm_loss(task, config.demo_weight * demo, rates), (jnp.mean(task), demo)

    def update(carry, drawn):
        net, state = carry
        t, key = drawn
        keys = jax.random.split(key)
        count = lessons.obs.shape[0]
        rows = jax.random.randint(keys[0], (config.batch,), 0, count)
        # From above 0, so that no state of weight 0 is drawn.
        at = shown[-1] * (1.0 - jax.random.uniform(keys[1], (config.batch,)))
        marked = jnp.searchsorted(shown, at)
        some, these = (jax.tree.map(lambda x, at=at: x[at], lessons) for at in (rows, marked))
        rate = guidance_rate(config.lambda_0, config.eta, t)
        gradient, (task, demo) = jax.grad(loss, has_aux=True)(net, some, these, rate)
        change, state = optimiser.update(gradient, state, net)
        return (optax.apply_updates(net, change), state), LossCurve(task, demo, rate)

    steps = jnp.arange(config.steps), jax.random.split(draw_key, config.steps)
    carry = first.net, optimiser.init(first.net)
    (net, _), curve = jax.lax.scan(update, carry, steps)
    return first.replace(net=net), curve
