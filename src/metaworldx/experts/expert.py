"""Expert: a trained policy and encoder, its clips, and its file."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.agents.tdmpc2.config import AgentConfig
from metaworldx.agents.tdmpc2.learner import init
from metaworldx.agents.tdmpc2.serialization import as_arrays, check_finite, from_arrays
from metaworldx.agents.tdmpc2.world_model import ModelParams, Params
from metaworldx.core.config import from_data
from metaworldx.core.errors import UserError
from metaworldx.core.files import about_in, check_entries, read_npz, write_bytes
from metaworldx.experts.skills import Skill
from metaworldx.motion.clip import Clip, make_clip

FORMAT = "metaworldx-expert-1"
_SIZES = (
    *("obs_size", "action_size", "encoder_size", "latent_size", "hidden_size", "simnorm_size"),
    "normalise_obs",
)
"""Fields of the agent's settings that its deterministic action depends on."""
_WIDEST, _LONGEST_S = 65_536, 3600.0
"""Limits for networks and clips read from a file, so that bad values fill no memory."""


@dataclass(frozen=True)
class Expert:
    """Trained expert: policy, encoder and clips.

    Attributes:
      skill: its settings, name and description.
      sizes: of its networks (other agent settings at their defaults).
      params: encoder and policy; the rest of the world model is None.
      clips: its references, in its own order.
      record: of its training: JSON data.
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
    """An agent's settings, those that acting does not depend on at their defaults."""
    return AgentConfig(**{name: getattr(config, name) for name in _SIZES})


def acting_part(params: Params) -> Params:
    """Parameters for acting alone: encoder, policy, observation statistics."""
    model: Any = ModelParams(params.model.encoder, None, None, None, None)
    return Params(model=model, policy=params.policy, obs=params.obs)


def fresh_expert(expert: Expert, seed: int) -> Expert:
    """The expert with untrained networks: random weights, no statistics."""
    params = acting_part(init(expert.sizes, jax.random.key(seed)).params)
    return dataclasses.replace(expert, params=params, record={"untrained": True, "seed": seed})


def zero_offset_expert(expert: Expert) -> Expert:
    """The expert with zero offsets: reference, balance controller and servos, no network."""
    layers = dict(expert.params.policy)
    linear = [name for name in layers if name.startswith("linear_")]
    last = max(linear, key=lambda name: int(name.removeprefix("linear_")))
    layers[last] = jax.tree.map(jnp.zeros_like, layers[last])
    params = expert.params.replace(policy=layers)
    return dataclasses.replace(expert, params=params, record={"offsets": "zero"})


# ---- files


def save_expert(expert: Expert, path: Path) -> str:
    """Writes an expert's `.npz`, whole or not at all; its SHA-256.

    Raises:
      UserError: weights that are not finite; an expert that is there already stays.
    """
    check_finite(expert.params, f"expert {expert.name!r}")
    about = {
        "format": FORMAT,
        "skill": dataclasses.asdict(expert.skill),
        "sizes": {name: getattr(expert.sizes, name) for name in _SIZES},
        "clips": [_about_clip(clip) for clip in expert.clips],
        "joints": list(expert.clips[0].joints),
        "record": expert.record,
    }
    arrays = as_arrays(expert.params)
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
      UserError: no such file, damaged, pickled, of another format, settings that make no sense, or
        weights of other sizes.
    """
    data = read_npz(path, "expert file")
    about, where = about_in(path, data, "expert file"), f"{path}: 'about'"
    check_entries(about, ("format", "skill", "sizes", "clips", "joints", "record"), where)
    if about["format"] != FORMAT:
        raise UserError(f"{path} has the format {about['format']!r:.60}; must be {FORMAT!r}")
    try:
        skill = _skill(about["skill"])
        sizes = _sizes(about["sizes"])
        clips = _clips(about, data)
        for name in ("evaluated", "then"):
            number = getattr(skill, name)
            if number is not None and not 0 <= number < len(clips):
                raise UserError(f"{name} is {number}; there are {len(clips)} clips")
        if not isinstance(about["record"], dict):
            raise UserError("'record' is no object")
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    template = jax.eval_shape(lambda: acting_part(init(sizes, jax.random.key(0)).params))
    return Expert(skill, sizes, from_arrays(path, data, template), clips, about["record"])


def _skill(given: Any) -> Skill:
    check_entries(given, ("imitation",), "'skill'")
    skill = from_data(Skill, given, "'skill'")
    # It names the file that a pool keeps the expert in.
    if skill.name in ("", ".", "..") or any(c in skill.name for c in "/\\\0"):
        raise UserError(f"the skill's name is {skill.name!r:.60}; needs one that a file can have")
    return skill


def _sizes(given: Any) -> AgentConfig:
    check_entries(given, _SIZES, "'sizes'")
    sizes = from_data(AgentConfig, {name: given[name] for name in _SIZES}, "'sizes'")
    for name in _SIZES:
        if getattr(sizes, name) > _WIDEST:
            raise UserError(f"'sizes': {name} is {given[name]!r:.60}; {_WIDEST} at most")
    return sizes


def _about_clip(clip: Clip) -> dict[str, Any]:
    names = ("name", "fps", "loop", "skill", "source", "licence", "command", "frames")
    return {name: getattr(clip, name) for name in names}


def _clips(about: dict[str, Any], data: dict[str, np.ndarray]) -> tuple[Clip, ...]:
    joints, given = about["joints"], about["clips"]
    if not isinstance(joints, list) or not all(isinstance(name, str) for name in joints):
        raise UserError("'joints' is no list of names")
    if not isinstance(given, list) or not given:
        raise UserError("it follows no clips")
    qpos, contacts = _of_clips(data, "qpos"), _of_clips(data, "contacts")
    begin, clips = 0, []
    for number, each in enumerate(given):
        where = f"clip {number}"
        check_entries(each, ("frames", "command"), where)
        frames, own = each["frames"], {k: v for k, v in each.items() if k != "frames"}
        if type(frames) is not int or frames < 0:
            raise UserError(f"{where}: frames is {frames!r:.60}; needs an integer")
        entries = vars(from_data(_AboutClip, own, where))
        end = begin + frames
        name, fps, loop = (entries.pop(key) for key in ("name", "fps", "loop"))
        if not fps > 0.0 or frames / fps > _LONGEST_S:
            raise UserError(
                f"{where}: {frames} frames at {fps:g} a second; {_LONGEST_S:g} s at most"
            )
        own_qpos, own_contacts = qpos[begin:end], contacts[begin:end]
        clips.append(
            make_clip(name, tuple(joints), own_qpos, float(fps), loop, own_contacts, **entries)
        )
        begin = end
    for name, array in (("qpos", qpos), ("contacts", contacts)):
        if len(array) != begin:
            raise UserError(f"clips/{name} has {len(array)} frames; its clips have {begin}")
    return tuple(clips)


@dataclass(frozen=True)
class _AboutClip:
    """Metadata of a clip, without its frames."""

    name: str
    fps: float
    loop: bool
    skill: str
    source: str
    licence: str
    command: tuple[float, ...]


def _of_clips(data: dict[str, np.ndarray], name: str) -> np.ndarray:
    """All clips' frames, one after another `[N, ...]`."""
    found = data.get(f"clips/{name}")
    if found is None or found.ndim != 2 or found.dtype.kind not in "fiub":
        raise UserError(f"clips/{name} are missing, or no table of numbers")
    with np.errstate(over="ignore"):
        return found if found.dtype == bool else found.astype(np.float32)
