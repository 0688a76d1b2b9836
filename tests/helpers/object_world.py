"""Tasks with objects over their real models' names, and plain Python versions of the terms."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from helpers.task_world import readings, starts
from metaworldx.envs.registry import EnvId
from metaworldx.sim.model import build_model
from metaworldx.sim.model_index import ModelIndex

THINGS = (
    *("book_a", "book_b", "book_c", "book_d", "book_e", "trophy", "book_flat"),
    *("soda_can", "book_thick", "chalk", "snow_globe", "headphone"),
)
SHELF = [(0.75, -0.25, 1.55), (0.8, 0.05, 0.95), (0.8, -0.25, 0.95)]
SHELF += [(0.85, 0.05, 0.35), (0.85, -0.25, 0.35)]


@functools.cache
def task_of(env_id):
    parsed = EnvId.parse(env_id)
    spec, cls = parsed.robot_spec, parsed.task_class
    return cls(spec, ModelIndex.of_model(build_model(spec.name, cls.scene, "body")))


@functools.cache
def begun(env_id):
    """500 starts of episodes."""
    begin = jax.device_get(starts(task_of(env_id), 500))
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(begin))
    return begin


def first_memory(env_id):
    return jax.tree.map(lambda x: x[0], begun(env_id).memory)


@functools.cache
def evaluator(task):
    return jax.jit(task.evaluate)


def evaluate(task, r, memory=()):
    return evaluator(task)(r, memory)


def see(task, **named):
    """Readings as in `task_world.readings`, with room for all of the model's sensors."""
    r = readings(task, **named)
    size = max(adr + dim for adr, dim in task.layout.sensors.values())
    return r.replace(sensordata=jnp.zeros(size, r.qpos.dtype))


def stacked(rows):
    return jax.tree.map(lambda *x: np.stack(x), *rows)


@functools.cache
def stepper(env_id):
    """Steps through stacked readings from a memory; gives every step's observation and outcome."""
    task = task_of(env_id)

    def one(memory, r):
        out = task.evaluate(r, memory)
        return out.memory, (task.observe(r, memory), out)

    return jax.jit(lambda memory, rows: jax.lax.scan(one, memory, rows)[1])


def play(env_id, memory, rows):
    return jax.device_get(stepper(env_id)(jax.tree.map(jnp.asarray, memory), stacked(rows)))


def linear(x, low, high, margin, at_margin=0.1):
    away = max(low - x, x - high, 0.0) / margin * (1.0 - at_margin)
    return 1.0 - away if away < 1.0 else 0.0


def gaussian(x, low, high, margin):
    away = max(low - x, x - high, 0.0) / margin
    return math.exp(math.log(0.1) * away**2)
