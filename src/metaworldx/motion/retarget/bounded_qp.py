"""Bounded quadratic program of a trajectory: banded in time, with limits on every joint."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded

_ROUNDS = 60
_TOLERANCE = 1e-10


def bounded_minimum(
    blocks: np.ndarray,
    linear: np.ndarray,
    coupling: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """Minimises a convex quadratic over whole motions within bounds, by projected Newton steps.

    The quadratic is `sum_t (x_t A_t x_t / 2 + b_t x_t) + sum_t c_t (x_t+1 - x_t)^2 / 2`. Frames are
    coupled through their differences alone, so its matrix is banded with a frame's width.

    Args:
      blocks: A, `[T, n, n]`, symmetric.
      linear: b, `[T, n]`.
      coupling: c, `[T - 1, n]`, at least 0.
      low, high: bounds `[T, n]` or `[n]`; may be infinite.
      start: where to start, `[T, n]`.

    Returns:
      x, `[T, n]`.
    """
    low, high = (np.broadcast_to(np.asarray(b, float), linear.shape) for b in (low, high))
    band = _band(blocks, coupling)
    x = np.clip(start, low, high)
    gradient = _times(blocks, coupling, x) + linear
    value = 0.5 * np.sum(x * (gradient + linear))
    scale = np.abs(linear).max(initial=1e-12)
    for _ in range(_ROUNDS):
        at_bound = ((x <= low) & (gradient > 0.0)) | ((x >= high) & (gradient < 0.0))
        if np.abs(np.where(at_bound, 0.0, gradient)).max(initial=0.0) <= _TOLERANCE * scale:
            break
        step = -_solve_free(band, gradient, ~at_bound)
        size, found = 1.0, False
        while size > 1e-6:
            new = np.clip(x + size * step, low, high)
            new_gradient = _times(blocks, coupling, new) + linear
            new_value = 0.5 * np.sum(new * (new_gradient + linear))
            if new_value <= value + 1e-4 * np.sum(gradient * (new - x)):
                found = True
                break
            size *= 0.5
        if not found:
            break
        x, gradient, value = new, new_gradient, new_value
    return x


def _band(blocks: np.ndarray, coupling: np.ndarray) -> np.ndarray:
    """The matrix's upper band in LAPACK's format, `[n + 1, T n]`."""
    frames, n, _ = blocks.shape
    full = blocks + np.eye(n) * _sides(coupling, frames)[:, None, :]
    band = np.zeros((n + 1, frames * n))
    for i in range(n):
        for j in range(i, n):
            band[n + i - j, j::n] = full[:, i, j]
    band[0, n:] = -coupling.ravel()
    return band


def _sides(coupling: np.ndarray, frames: int) -> np.ndarray:
    """Contribution of the couplings to the diagonal, `[T, n]`."""
    out = np.zeros((frames, coupling.shape[1]))
    out[:-1] += coupling
    out[1:] += coupling
    return out


def _times(blocks: np.ndarray, coupling: np.ndarray, x: np.ndarray) -> np.ndarray:
    out = np.einsum("tij,tj->ti", blocks, x)
    pulled = coupling * np.diff(x, axis=0)
    out[:-1] -= pulled
    out[1:] += pulled
    return out


def _solve_free(band: np.ndarray, right: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Solves for the free entries; fixed ones stay 0."""
    mask = free.ravel().astype(float)
    n = len(band) - 1
    own = band.copy()
    own[n] = own[n] * mask + (1.0 - mask)
    for k in range(1, n + 1):
        own[n - k, k:] *= mask[:-k] * mask[k:]
    solved = solveh_banded(own, right.ravel() * mask, overwrite_ab=True, check_finite=False)
    return (solved * mask).reshape(right.shape)
