"""The TD-MPC2 reference figures: how they are packed, and how PyTorch's weights become ours.

`python tests/helpers/agent_reference.py SOURCE.npz` packs the full figures into tests/data: the
parameters after the update become float16 differences, each array scaled by its largest.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.agents.tdmpc2 import AgentConfig, AgentState, PlannerConfig, init
from metaworldx.agents.tdmpc2.world_model import ModelParams, Params

FIGURES = Path(__file__).parents[1] / "data" / "tdmpc2_reference.npz"

# Our network, the reference's name, and how many layers it has.
_NETWORKS = {
    "encoder": ("_encoder.state", 2),
    "dynamics": ("_dynamics", 3),
    "reward": ("_reward", 3),
    "termination": ("_termination", 3),
    "policy": ("_pi", 3),
    "qs": ("_Qs.params", 3),
    "target_q": ("_target_Qs_params", 3),
}


def load() -> dict[str, np.ndarray]:
    """All figures; `change/NAME` is a parameter's change in one update."""
    with np.load(FIGURES) as file:
        figures = {name: file[name] for name in file.files}
    for name in [name for name in figures if name.startswith("change/")]:
        scale = figures[name.replace("change/", "change_scale/")]
        figures[name] = figures[name].astype(np.float32) * scale
    return figures


def config_of(figures: dict[str, np.ndarray]) -> AgentConfig:
    """Our settings for the reference's."""
    theirs = json.loads(str(figures["config"]))
    planner = PlannerConfig(
        samples=theirs["num_samples"],
        elites=theirs["num_elites"],
        policy_trajectories=theirs["num_pi_trajs"],
        iterations=theirs["iterations"],
        min_std=theirs["min_std"],
        max_std=theirs["max_std"],
        temperature=theirs["temperature"],
    )
    same = ("num_q", "num_bins", "vmin", "vmax", "dropout", "log_std_min", "log_std_max")
    same += ("episodic", "horizon", "discount", "rho", "tau", "entropy_coef")
    same += ("consistency_coef", "reward_coef", "value_coef", "termination_coef")
    return AgentConfig(
        obs_size=figures["batch/obs"].shape[-1],
        action_size=theirs["action_dim"],
        encoder_size=theirs["enc_dim"],
        latent_size=theirs["latent_dim"],
        hidden_size=theirs["mlp_dim"],
        simnorm_size=theirs["simnorm_dim"],
        learning_rate=theirs["lr"],
        encoder_rate_scale=theirs["enc_lr_scale"],
        grad_clip=theirs["grad_clip_norm"],
        planner=planner,
        **{name: theirs[name] for name in same},
    )


def weights_of(figures: dict[str, np.ndarray], prefix: str, network: str) -> dict:
    """One network's arrays, PyTorch's `[out, in]` turned to our `[in, out]`."""
    theirs, layers = _NETWORKS[network]
    ours = {}
    for i in range(layers):
        name = f"{prefix}/{theirs}.{i}"
        kernel = np.swapaxes(figures[f"{name}.weight"], -1, -2)
        ours[f"linear_{i}"] = {
            "kernel": jnp.array(kernel),
            "bias": jnp.array(figures[f"{name}.bias"]),
        }
        if f"{name}.ln.weight" in figures:
            scale, bias = figures[f"{name}.ln.weight"], figures[f"{name}.ln.bias"]
            ours[f"norm_{i}"] = {"scale": jnp.array(scale), "bias": jnp.array(bias)}
    return ours


def state_of(figures: dict[str, np.ndarray], prefix: str = "params_before") -> AgentState:
    """A fresh agent with the reference's parameters (or, in their place, their changes)."""
    weights = {name: weights_of(figures, prefix, name) for name in _NETWORKS}
    target_q, policy = weights.pop("target_q"), weights.pop("policy")
    config = config_of(figures)
    shapes = jax.eval_shape(lambda: init(config, jax.random.key(0)))
    given = Params(model=ModelParams(**weights), policy=policy)
    wanted = jax.tree.map(jnp.shape, (shapes.params, shapes.target_q))
    assert wanted == jax.tree.map(jnp.shape, (given, target_q))
    # But for parameters, an agent begins with zeros.
    state = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
    return state.replace(params=given, target_q=target_q, scale=jnp.ones(()))


def pack(source: Path) -> None:
    """Writes the figures to tests/data, smaller."""
    with np.load(source) as file:
        figures = {name: file[name] for name in file.files}
    packed = {}
    for name, value in figures.items():
        if name.startswith("params_after/"):
            change = value - figures[name.replace("params_after", "params_before")]
            key = name.removeprefix("params_after/")
            scale = np.float32(np.abs(change).max() or 1.0)
            packed[f"change_scale/{key}"] = scale
            packed[f"change/{key}"] = (change / scale).astype(np.float16)
        else:
            packed[name] = value
    np.savez_compressed(FIGURES, **packed)


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
