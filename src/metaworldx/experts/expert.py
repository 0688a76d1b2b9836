"""One expert: a trained policy and encoder, the clips it follows, and its file."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.agent.config import AgentConfig
from metaworldx.agent.update import init
from metaworldx.agent.world_model import ModelParams, Params
from metaworldx.errors import UserError
from metaworldx.experts.imitation import ImitationConfig
from metaworldx.experts.skills import Skill
from metaworldx.files import write_bytes
from metaworldx.motion.clip import Clip, make_clip

FORMAT = "metaworldx-expert-1"
_SIZES = (
    *("obs_size", "action_size", "encoder_size", "latent_size", "hidden_size", "simnorm_size"),
    "normalise_obs",
)
"""Fields of the agent's settings that its most likely action depends on."""


@dataclass(frozen=True)
class Expert:
    """An expert that can act.

    Attributes:
      skill: its numbers, name and description.
      sizes: of its networks (only what acting needs is its own).
      params: encoder and policy; the rest of the world model is None.
      clips: that it follows, in its own order.
      record: how it was trained: JSON data.
    """

    skill: Skill
    sizes: AgentConfig
    params: Params
    clips: tuple[Clip, ...]
    record: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the skill."""
        return self.skill.name


def acting_sizes(config: AgentConfig) -> AgentConfig:
    """An agent's settings with what acting does not depend on at its defaults."""
    return AgentConfig(**{name: getattr(config, name) for name in _SIZES})


def acting_part(params: Params) -> Params:
    """What of an agent's parameters acting needs: encoder, policy, observation statistics."""
    model: Any = ModelParams(params.model.encoder, None, None, None, None)
    return Params(model=model, policy=params.policy, obs=params.obs)


def fresh_expert(expert: Expert, seed: int) -> Expert:
    """The same expert as it was before any training: random weights, no statistics."""
    params = acting_part(init(expert.sizes, jax.random.key(seed)).params)
    return dataclasses.replace(expert, params=params, record={"untrained": True, "seed": seed})


# ---- files


def save_expert(expert: Expert, path: Path) -> str:
    """Writes an expert's `.npz`, whole or not at all; its SHA-256."""
    about = {
        "format": FORMAT,
        "skill": dataclasses.asdict(expert.skill),
        "sizes": {name: getattr(expert.sizes, name) for name in _SIZES},
        "clips": [_about_clip(clip) for clip in expert.clips],
        "joints": list(expert.clips[0].joints),
        "record": expert.record,
    }
    arrays: dict[str, np.ndarray] = {
        f"weights/{name}": np.asarray(x) for name, x in _named(expert.params).items()
    }
    for name in ("qpos", "contacts"):
        arrays[f"clips/{name}"] = np.concatenate([getattr(clip, name) for clip in expert.clips])
    arrays["clips/qpos"] = arrays["clips/qpos"].astype(np.float32)
    buffer = io.BytesIO()
    arrays["about"] = np.array(json.dumps(about))
    np.savez_compressed(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    data = buffer.getvalue()
    write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def load_expert(path: Path) -> Expert:
    """Reads an expert's file.

    Raises:
      UserError: no such file, damaged, pickled, of another format, or weights of other sizes.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {key: file[key] for key in file.files}
        about = json.loads(str(data["about"]))
        if about["format"] != FORMAT:
            raise UserError(f"{path} has the format {about['format']!r}; must be {FORMAT!r}")
        imitation = ImitationConfig(**about["skill"].pop("imitation"))
        numbers: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in about["skill"].items()
        }
        skill = Skill(**numbers, imitation=imitation)
        sizes = AgentConfig(**{name: about["sizes"][name] for name in _SIZES})
        clips = _clips(about, data)
        record = dict(about["record"])
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except FileNotFoundError:
        raise UserError(f"no expert file {path}") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(f"{path} is no expert file, or damaged: {why[0][:120]}") from None
    template = jax.eval_shape(lambda: acting_part(init(sizes, jax.random.key(0)).params))
    weights = {}
    for name, shape in _named(template).items():
        found = data.get(f"weights/{name}")
        if found is None or found.shape != shape.shape:
            has = "missing" if found is None else f"{found.shape}"
            raise UserError(f"{path}: weights {name} are {has}; {shape.shape} belong to its sizes")
        if not np.all(np.isfinite(found)):
            raise UserError(f"{path}: weights {name} hold NaN or infinity")
        weights[name] = jnp.asarray(found, jnp.float32)
    tree = jax.tree.structure(template)
    params = jax.tree.unflatten(tree, [weights[name] for name in _named(template)])
    return Expert(skill, sizes, params, clips, record)


def _about_clip(clip: Clip) -> dict[str, Any]:
    names = ("name", "fps", "loop", "skill", "source", "licence", "command", "frames")
    return {name: getattr(clip, name) for name in names}


def _clips(about: dict[str, Any], data: dict[str, np.ndarray]) -> tuple[Clip, ...]:
    joints, begin = tuple(str(name) for name in about["joints"]), 0
    clips = []
    for each in about["clips"]:
        end = begin + int(each.pop("frames"))
        qpos, contacts = data["clips/qpos"][begin:end], data["clips/contacts"][begin:end]
        each["command"] = tuple(float(x) for x in each["command"])
        name, fps, loop = each.pop("name"), float(each.pop("fps")), bool(each.pop("loop"))
        clips.append(make_clip(name, joints, qpos, fps, loop, contacts, **each))
        begin = end
    if not clips:
        raise UserError("it follows no clips")
    return tuple(clips)


def _named(tree: Any) -> dict[str, Any]:
    paths = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="."): x for path, x in paths}
