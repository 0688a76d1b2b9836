"""Matrix products of a jitted function: extracted from its jaxpr, and executed alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.extend.core as jex
import jax.numpy as jnp
import numpy as np

Operands = list[tuple[jax.Array, jax.Array, jax.Array]]
"""Left side, right side and result of each product."""


@dataclass(frozen=True)
class Product:
    """A matrix product, or a batch of them: the arguments of `jax.lax.dot_general`.

    Attributes:
      lhs, rhs: shapes and dtypes.
      dimension_numbers, precision: as in `jax.lax.dot_general`.
      out_dtype: dtype of the result.
    """

    lhs: jax.ShapeDtypeStruct
    rhs: jax.ShapeDtypeStruct
    dimension_numbers: Any
    precision: Any
    out_dtype: Any

    def __call__(self, lhs: jax.Array, rhs: jax.Array) -> jax.Array:
        """The product of two arrays of these shapes."""
        return jax.lax.dot_general(
            lhs,
            rhs,
            self.dimension_numbers,
            precision=self.precision,
            preferred_element_type=self.out_dtype,
        )

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Batch size, and rows, terms and columns of each product."""
        (summed, _), (batched, _) = self.dimension_numbers
        batch = math.prod(self.lhs.shape[axis] for axis in batched)
        terms = math.prod(self.lhs.shape[axis] for axis in summed)
        rows = math.prod(self.lhs.shape) // (batch * terms)
        return batch, rows, terms, math.prod(self.rhs.shape) // (batch * terms)

    @property
    def flops(self) -> int:
        """Floating-point operations."""
        return 2 * math.prod(self.sizes)


Products = Counter[Product]
"""Number of executions of each product."""


def square(size: int) -> Product:
    """The product of two square float32 matrices."""
    matrix = jax.ShapeDtypeStruct((size, size), jnp.float32)
    return Product(matrix, matrix, (((1,), (0,)), ((), ())), None, jnp.dtype(jnp.float32))


def total_flops(products: Products) -> int:
    """Floating-point operations of all products."""
    return sum(count * product.flops for product, count in products.items())


def matrix_products(jaxpr: jex.Jaxpr) -> Products:
    """The matrix products of a jaxpr, those in scans counted per iteration.

    Products with a vector (one row, one column or one term) are left out: they are bound by memory,
    and on CPUs plain sums are lowered to them.

    Raises:
      ValueError: products in a while loop, whose number of iterations is unknown.
    """
    found = Products()
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == "dot_general":
            product = _product(eqn)
            if min(product.sizes[1:]) > 1:
                found[product] += 1
            continue
        inner = [matrix_products(sub) for sub in _programs_in(eqn.params)]
        if not any(inner):
            continue
        match eqn.primitive.name:
            case "while":
                raise ValueError("matrix products in a while loop: how often is not known")
            case "cond":
                inner = [max(inner, key=total_flops)]
        trips = eqn.params["length"] if eqn.primitive.name == "scan" else 1
        for products in inner:
            for product, count in products.items():
                found[product] += trips * count
    # Without those in loops of zero iterations.
    return +found


def _product(eqn: Any) -> Product:
    lhs, rhs = (jax.ShapeDtypeStruct(x.aval.shape, x.aval.dtype) for x in eqn.invars)
    return Product(
        lhs,
        rhs,
        eqn.params["dimension_numbers"],
        eqn.params["precision"],
        eqn.outvars[0].aval.dtype,
    )


def _programs_in(params: dict[str, Any]) -> Iterator[jex.Jaxpr]:
    for value in params.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            if isinstance(item, jex.ClosedJaxpr):
                yield item.jaxpr
            elif isinstance(item, jex.Jaxpr):
                yield item


def operands_for(products: Products, seed: int) -> Operands:
    """Random matrices in [0, 1) for each product, and a buffer for its result."""
    # NumPy's generator: JAX's would be compiled for every shape.
    rng = np.random.default_rng(seed)
    filled = []
    for product in products:
        lhs, rhs = (
            jnp.array(rng.random(side.shape, np.float32).astype(side.dtype))
            for side in (product.lhs, product.rhs)
        )
        out = jax.eval_shape(product, lhs, rhs)
        filled.append((lhs, rhs, jnp.array(np.zeros(out.shape, out.dtype))))
    return filled


def alone(products: Products) -> Callable[[Operands], tuple[Operands, None]]:
    """A function that executes each product as often as counted, sequentially.

    Each depends on a number of the previous result, and every result is returned, so that none is
    eliminated, shared or hoisted. Donate its operands (`donate_argnums`) to avoid copies. Like the
    body of a scan it returns the next call's operands.
    """

    def run(operands: Operands) -> tuple[Operands, None]:
        number, results = jnp.zeros(()), []
        for (product, count), (lhs, rhs, out) in zip(products.items(), operands, strict=True):
            start = (lhs, rhs, _with_first(out, number))
            results.append(jax.lax.fori_loop(0, count, _again(product), start))
            number = _first(results[-1][-1])
        return results, None

    return run


def _again(product: Product) -> Callable[[Any, Any], Any]:
    def again(_, operands: Any) -> Any:
        lhs, rhs, out = operands
        lhs = _with_first(lhs, _first(out))
        return lhs, rhs, product(lhs, rhs)

    return again


def _first(x: jax.Array) -> jax.Array:
    # Bounded, so that numbers do not grow with each product.
    return jnp.clip(jax.lax.slice(x, (0,) * x.ndim, (1,) * x.ndim).reshape(()), -1.0, 1.0)


def _with_first(x: jax.Array, number: jax.Array) -> jax.Array:
    corner = number.astype(x.dtype).reshape((1,) * x.ndim)
    return jax.lax.dynamic_update_slice(x, corner, (0,) * x.ndim)
