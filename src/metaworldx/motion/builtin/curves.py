"""Curves of the built-in motions: minimum jerk, quintics, periodic splines and filters."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline


def minimum_jerk(s: np.ndarray) -> np.ndarray:
    """Minimum-jerk curve from 0 to 1 over s, at rest at both ends (Flash & Hogan 1985)."""
    s = np.clip(s, 0.0, 1.0)
    return s**3 * (10.0 - 15.0 * s + 6.0 * s**2)


def quintic(
    s: np.ndarray, begin: tuple[float, float, float], end: tuple[float, float, float]
) -> np.ndarray:
    """The quintic on 0..1 with given value, first and second derivative at both ends."""
    p0, v0, a0 = begin
    p1, v1, a1 = end
    c = p1 - (p0 + v0 + 0.5 * a0)
    d = v1 - (v0 + a0)
    e = a1 - a0
    c3 = 10.0 * c - 4.0 * d + 0.5 * e
    c4 = -15.0 * c + 7.0 * d - e
    c5 = 6.0 * c - 3.0 * d + 0.5 * e
    return p0 + v0 * s + 0.5 * a0 * s**2 + c3 * s**3 + c4 * s**4 + c5 * s**5


def periodic(phase: np.ndarray, knots: dict[float, float]) -> np.ndarray:
    """A smooth curve of period 1 through `knots` (phase: value)."""
    x = np.array(sorted(knots))
    y = np.array([knots[k] for k in x])
    spline = CubicSpline(np.append(x, x[0] + 1.0), np.append(y, y[0]), bc_type="periodic")
    return spline((np.asarray(phase) - x[0]) % 1.0 + x[0])


def pendulum(zmp: np.ndarray, push: np.ndarray | float, period: float) -> np.ndarray:
    """Periodic path of the centre of mass for zero moment points `zmp` on the ground.

    The inverted pendulum `c'' = k (c - p)` (Kajita et al. 2003 with a constant k), by second
    differences.

    Args:
      zmp: the points p `[N, D]` over one period, the end left out (m).
      push: k, `[N]` or one number: the ground's upward push over mass and height (1/s^2); 0 in
        flight.
      period: s.
    """
    count = len(zmp)
    ones = np.eye(count)
    second = np.roll(ones, 1, 0) + np.roll(ones, -1, 0) - 2.0 * ones
    k = np.broadcast_to(push, (count,)) * (period / count) ** 2
    return np.linalg.solve(np.diag(k) - second, k[:, None] * zmp)


def twice_integrated(acceleration: np.ndarray, period: float) -> np.ndarray:
    """The periodic curve `[N]` of mean 0 with this second derivative, but for its mean."""
    spectrum = np.fft.rfft(acceleration)
    rate = 2.0 * np.pi * np.arange(len(spectrum)) / period
    spectrum[1:] /= -(rate[1:] ** 2)
    spectrum[0] = 0.0
    return np.fft.irfft(spectrum, n=len(acceleration))
