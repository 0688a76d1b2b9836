"""Roofline figures: a function's time relative to its matrix products and peak GEMM throughput."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from metaworldx.benchmarks.matmul_flops import (
    Products,
    alone,
    matrix_products,
    operands_for,
    square,
    total_flops,
)
from metaworldx.core.errors import UserError

# Large enough for the full rate, small enough for a fraction of a second.
_SQUARE = {"cpu": 2048}
_SQUARE_ACCELERATOR = 8192


@dataclass(frozen=True)
class MatrixWork:
    """A function's time in relation to its matrix products.

    Times and rates are medians over rounds of synchronous calls.

    Attributes:
      seconds: one call.
      flops: floating-point operations of its matrix products.
      gflops_per_second: these operations per call time.
      machine_gflops_per_second: peak GEMM throughput: square float32 products in the same rounds.
      machine_share: ratio of the former to the latter.
      products_seconds: the function's matrix products alone, at their own shapes.
      products_ratio: ratio of the call's time to theirs.
      compile_seconds: tracing and compiling.
    """

    seconds: float
    flops: int
    gflops_per_second: float
    machine_gflops_per_second: float
    machine_share: float
    products_seconds: float
    products_ratio: float
    compile_seconds: float


Step = Callable[[Any], tuple[Any, Any]]
"""Maps a PyTree of arrays to one of the same shapes, and results: like the body of a scan."""


def measure_work(step: Step, begin: Any, rounds: int, seed: int) -> MatrixWork:
    """Times `step`, its matrix products alone and square products alternately.

    Args:
      step: the timed function, jitted here; each call gets the last one's carry.
      begin: the first carry; donated.
      rounds: timed rounds, after a warm-up.
      seed: of the matrices for the products alone.

    Raises:
      UserError: fewer than one round.
    """
    at_least_one(rounds=rounds)
    began = time.perf_counter()
    traced = jax.jit(step, donate_argnums=0).trace(begin)
    compiled = traced.lower().compile()
    compile_seconds = time.perf_counter() - began

    products = matrix_products(traced.jaxpr.jaxpr)
    size = _SQUARE.get(jax.default_backend(), _SQUARE_ACCELERATOR)
    reference = Products({square(size): 1})
    timed = [
        _Repeated(compiled, begin),
        *(
            _Repeated(jax.jit(alone(some), donate_argnums=0), operands_for(some, seed))
            for some in (products, reference)
        ),
    ]
    # Compiles the rest, and warms the caches.
    for one in timed:
        one.seconds()
    times = [[one.seconds() for one in timed] for _ in range(rounds)]
    seconds, products_seconds, square_seconds = map(statistics.median, zip(*times, strict=True))
    flops = total_flops(products)
    rate, machine_rate = flops / seconds / 1e9, total_flops(reference) / square_seconds / 1e9
    return MatrixWork(
        seconds=seconds,
        flops=flops,
        gflops_per_second=rate,
        machine_gflops_per_second=machine_rate,
        machine_share=rate / machine_rate,
        products_seconds=products_seconds,
        products_ratio=statistics.median(whole / bare for whole, bare, _ in times),
        compile_seconds=compile_seconds,
    )


def at_least_one(**sizes: int) -> None:
    """Raises UserError for a size below one."""
    for name, value in sizes.items():
        if value < 1:
            raise UserError(f"{name} is {value}; needs at least 1")


@dataclass
class _Repeated:
    """A jitted function called on its own last carry."""

    run: Step
    state: Any

    def seconds(self) -> float:
        began = time.perf_counter()
        self.state, _ = jax.block_until_ready(self.run(self.state))
        return time.perf_counter() - began
