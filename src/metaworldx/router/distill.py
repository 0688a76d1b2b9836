"""Router distillation: the teacher's guidance and demonstrations distilled into the network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from metaworldx.core.errors import UserError, check_at_least
from metaworldx.router.losses import demo_loss, guidance_weight, irm_loss, task_losses
from metaworldx.router.network import RouterParams, RouterSizes, init_router, log_weights


@dataclass(frozen=True)
class DistillConfig:
    """Hyperparameters of a router's training.

    Attributes:
      steps: updates.
      batch: states per update, for either loss.
      learning_rate: initial learning rate, under cosine decay to 0.
      beta: weight of the entropy in Eq. 10.
      lambda_0, eta: of Eq. 12's `lambda(t) = lambda_0 eta^t`; t counts updates. States without a
        demonstration learn from guidance alone and keep lambda_0.
      demo_weight: 1, or 0 for L_task alone, without demonstrations.
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
    """Training samples of a router: N states of any tasks.

    Attributes:
      obs: observations `[N, O]`.
      guidance: V(T) in each state `[N, G]`.
      prior: the teacher's weights for the state's task `[N, K]`.
      demo: P_demo in each state `[N, K]`.
      demonstrated: sampling weight of the state in Eq. 11 `[N]`; 0 outside of demonstrations.
    """

    obs: jax.Array
    guidance: jax.Array
    prior: jax.Array
    demo: jax.Array
    demonstrated: jax.Array


@struct.dataclass
class LossCurve:
    """Losses and guidance weight at each update `[T]`."""

    task: jax.Array
    demo: jax.Array
    rate: jax.Array


def distill(
    config: DistillConfig, data: RouterDataset, key: jax.Array
) -> tuple[RouterSizes, RouterParams, LossCurve]:
    """Trains a router from scratch with Adam on Eq. 12, in one compiled scan."""
    sizes = RouterSizes(
        data.obs.shape[-1], data.guidance.shape[-1], data.prior.shape[-1], config.hidden
    )
    params, curve = _distill(config, sizes, data, key)
    return sizes, params, curve


@partial(jax.jit, static_argnums=(0, 1))
def _distill(
    config: DistillConfig, sizes: RouterSizes, data: RouterDataset, key: jax.Array
) -> tuple[RouterParams, LossCurve]:
    init_key, scan_key = jax.random.split(key)
    # Synthetic states have a wide spread; demonstrated ones differ by less.
    demonstrated = data.demonstrated > 0.0
    counts = jnp.where(demonstrated.any(), demonstrated, 1.0)
    first = init_router(sizes, init_key, data.obs, counts)
    optimiser = optax.adam(optax.cosine_decay_schedule(config.learning_rate, config.steps))
    # Eq. 11 samples demonstrated states by weight, Eq. 10 samples all states uniformly.
    cumulative = jnp.cumsum(data.demonstrated)

    def loss(net: Any, task_batch: RouterDataset, demo_batch: RouterDataset, rate: jax.Array):
        params = first.replace(net=net)
        task_log_w = log_weights(sizes, params, task_batch.obs, task_batch.guidance)
        demo_log_w = log_weights(sizes, params, demo_batch.obs, demo_batch.guidance)
        task = task_losses(task_log_w, task_batch.prior, config.beta)
        demo = demo_loss(demo_log_w, demo_batch.demo)
        rates = jnp.where(task_batch.demonstrated > 0.0, rate, config.lambda_0)
        return irm_loss(task, config.demo_weight * demo, rates), (jnp.mean(task), demo)

    def update(carry, inputs):
        net, state = carry
        t, key = inputs
        keys = jax.random.split(key)
        task_rows = jax.random.randint(keys[0], (config.batch,), 0, data.obs.shape[0])
        # From above 0, so that no state of weight 0 is sampled.
        at = cumulative[-1] * (1.0 - jax.random.uniform(keys[1], (config.batch,)))
        demo_rows = jnp.searchsorted(cumulative, at)
        batches = [jax.tree.map(lambda x, at=at: x[at], data) for at in (task_rows, demo_rows)]
        rate = guidance_weight(config.lambda_0, config.eta, t)
        gradient, (task, demo) = jax.grad(loss, has_aux=True)(net, *batches, rate)
        change, state = optimiser.update(gradient, state, net)
        return (optax.apply_updates(net, change), state), LossCurve(task, demo, rate)

    steps = jnp.arange(config.steps), jax.random.split(scan_key, config.steps)
    carry = first.net, optimiser.init(first.net)
    (net, _), curve = jax.lax.scan(update, carry, steps)
    return first.replace(net=net), curve
