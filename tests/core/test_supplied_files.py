"""Files that somebody supplies: whatever is wrong with one is told in one line."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path

import jax
import numpy as np
import pytest

from helpers.router_demos import made_up
from metaworldx.agents.tdmpc2.config import AgentConfig
from metaworldx.agents.tdmpc2.learner import init
from metaworldx.composition.observation import OBS_SIZE
from metaworldx.core.errors import UserError
from metaworldx.core.files import read_json, read_npz
from metaworldx.experts.expert import Expert, acting_part, acting_sizes, load_expert, save_expert
from metaworldx.experts.pool import add_expert, load_experts
from metaworldx.experts.skills import clips_of, skill_named
from metaworldx.router.network import RouterSizes, init_router
from metaworldx.router.router import FILE, Router, load_router, save_router
from metaworldx.router.train import (
    CONFIG,
    GUIDANCE,
    RouterConfig,
    kept_guidance,
    read_demonstrations,
    train_router,
    write_demonstrations,
)
from metaworldx.training.run_dir import read_config
from metaworldx.vlm.schema import Guidance

NAMES = ("stand", "walk", "reach")
DEEP = "[" * 100_000


def one_line(function, *args) -> str:
    """What a user is told."""
    with pytest.raises(UserError) as caught:
        function(*args)
    text = str(caught.value)
    assert "\n" not in text and "allow_pickle" not in text and len(text) < 600
    return text


def arrays_of(path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


# ---- `.npz` files as such


def _archive(method=zipfile.ZIP_STORED, **entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def _npy(header: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


def _packed(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=array)
    return buffer.getvalue()


def _garbled() -> bytes:
    """An archive whose directory is whole and whose deflated data is not."""
    whole = bytearray(_packed(np.arange(4096.0)))
    whole[60:120] = b"\xff" * 60
    return bytes(whole)


def _unknown_method() -> bytes:
    whole = bytearray(_archive(a=b"x"))
    at = whole.index(b"PK\x01\x02")
    whole[8:10] = whole[at + 10 : at + 12] = (97).to_bytes(2, "little")
    return bytes(whole)


BROKEN = {
    "empty": b"",
    "text": b"no archive",
    "npy": _npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n") + bytes(8),
    "cut": _packed(np.arange(100.0))[:100],
    "garbled": _garbled(),
    "method": _unknown_method(),
    "tokens": _archive(a=_npy(b"{'descr': '<f8', 'shape': (((\n")),
    "huge": _archive(a=_npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (9**99,), }\n")),
    "pickled": _packed(np.array([{"a": 1}], dtype=object)),
    "no array": _archive(a=b"text"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_archive_that_cannot_be_read_is_one_line(tmp_path, case):
    path = tmp_path / "a.npz"
    path.write_bytes(BROKEN[case])
    told = one_line(read_npz, path, "router")
    assert told.startswith(f"{path} is no router: it")
    assert ("pickled objects" in told) == (case == "pickled")


def test_missing_archives_and_folders_are_one_line(tmp_path):
    assert "there is no such file" in one_line(read_npz, tmp_path / "a.npz", "router")
    assert "it is a folder" in one_line(read_npz, tmp_path, "router")
    assert "cannot be read" in one_line(read_npz, tmp_path / ("a" * 300), "router")


# ---- routers


def _router() -> Router:
    sizes = RouterSizes(OBS_SIZE, 2 * len(NAMES) + 2, len(NAMES), (8,))
    return Router(NAMES, sizes, init_router(sizes, jax.random.key(0)), {"teacher": "offline"})


def test_a_router_that_is_not_there_is_told_as_it_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = one_line(load_router, Path("nothere"))
    assert told == "no router in nothere: there is no such folder or file"
    Path("empty").mkdir()
    assert one_line(load_router, Path("empty")) == f"no router in empty: it has no {FILE}"
    assert "cannot be read" in one_line(load_router, Path("a" * 300))


def _changed(path, about=None, **arrays) -> None:
    """Writes a file again with other arrays, or `about` changed in place."""
    data = arrays_of(path) | arrays
    if callable(about):
        given = json.loads(str(data["about"]))
        about(given)
        about = json.dumps(given)
    if about is not None:
        data["about"] = np.array(about)
    np.savez(path, **data)


def _put(*keys_and_value):
    """Puts a value into nested data."""
    *keys, last, value = keys_and_value

    def put(data):
        for key in keys:
            data = data[key]
        data[last] = value

    return put


@pytest.mark.parametrize(
    "about",
    [
        DEEP,
        '{"a":' * 100_000,
        "[]",
        "{}",
        "no JSON",
        _put("format", None),
        _put("names", "abc"),
        _put("names", []),
        _put("names", ["walk", "walk", "reach"]),
        _put("names", [["walk"], "stand", "reach"]),
        _put("record", None),
        _put("sizes", [0]),
        _put("sizes", {}),
        _put("sizes", "hidden", [0, 128]),
        _put("sizes", "hidden", [-8]),
        _put("sizes", "hidden", []),
        _put("sizes", "hidden", None),
        _put("sizes", "hidden", [8.0]),
        _put("sizes", "hidden", [10**30]),
        _put("sizes", "obs_size", None),
    ],
)
def test_a_router_s_settings_that_make_no_sense_are_one_line(tmp_path, about):
    path = tmp_path / FILE
    save_router(_router(), path)
    _changed(path, about)
    assert str(path) in one_line(load_router, tmp_path)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda x: np.full(x.shape, 1e300), "float32"),
        (lambda x: np.full(x.shape, np.nan), "NaN"),
        (lambda x: np.full(x.shape, "text"), "no real numbers"),
        (lambda x: x.astype(complex), "no real numbers"),
        (lambda x: x[..., :-1], "belong to its sizes"),
    ],
)
def test_a_router_s_weights_have_to_be_finite_numbers(tmp_path, made, said):
    path = tmp_path / FILE
    save_router(_router(), path)
    _changed(path, **{"weights/mean": made(arrays_of(path)["weights/mean"])})
    assert said in one_line(load_router, path)


def test_a_router_s_variances_are_not_negative(tmp_path):
    path = tmp_path / FILE
    save_router(_router(), path)
    _changed(path, **{"weights/var": np.full(OBS_SIZE, -1.0)})
    assert "below 0" in one_line(load_router, path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_do_not_take_a_good_router_s_place(tmp_path, value):
    path, router = tmp_path / FILE, _router()
    save_router(router, path)
    good = path.read_bytes()
    broken = router.params.replace(mean=router.params.mean.at[3].set(value))
    told = one_line(save_router, dataclasses.replace(router, params=broken), path)
    assert "weights mean" in told and path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]


def test_about_has_to_be_a_text(tmp_path):
    path = tmp_path / FILE
    save_router(_router(), path)
    _changed(path, **{"about": np.zeros(3)})
    assert "no text 'about'" in one_line(load_router, path)


# ---- experts


@pytest.fixture(scope="module")
def expert() -> Expert:
    config = AgentConfig(
        obs_size=77, action_size=19, encoder_size=16, latent_size=16, hidden_size=16, num_q=2,
        normalise_obs=True,
    )  # fmt: skip
    params = acting_part(init(config, jax.random.key(0)).params)
    skill = skill_named("walk")
    return Expert(skill, acting_sizes(config), params, tuple(clips_of(skill)), {})


@pytest.mark.parametrize(
    "about",
    [
        DEEP,
        "[]",
        "{}",
        _put("format", 1),
        _put("skill", None),
        _put("skill", {}),
        _put("skill", "imitation", None),
        _put("skill", "imitation", "alpha", "much"),
        _put("skill", "name", "../walk"),
        _put("skill", "authority", "much"),
        _put("skill", "hand_gain", float("nan")),
        _put("skill", "hand_gain", 10**400),
        _put("skill", "feedback", 3),
        _put("skill", "feedback", ["x"] * 36),
        _put("skill", "evaluated", 7),
        _put("skill", "then", -1),
        _put("skill", "unheard_of", 1),
        _put("sizes", None),
        _put("sizes", "hidden_size", -1),
        _put("sizes", "hidden_size", 10**30),
        _put("sizes", "hidden_size", 16.0),
        _put("sizes", "normalise_obs", None),
        _put("clips", [0]),
        _put("clips", []),
        _put("clips", None),
        _put("clips", 0, "frames", None),
        _put("clips", 0, "frames", 10**9),
        _put("clips", 0, "fps", 1e-300),
        _put("clips", 0, "fps", "fast"),
        _put("clips", 0, "command", None),
        _put("clips", 0, "unheard_of", 1),
        _put("joints", None),
        _put("joints", [1] * 19),
        _put("record", None),
    ],
)
def test_an_expert_s_settings_that_make_no_sense_are_one_line(expert, tmp_path, about):
    path = tmp_path / "walk.npz"
    save_expert(expert, path)
    _changed(path, about)
    assert str(path) in one_line(load_expert, path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights/obs.mean", 1e300),
        ("weights/obs.mean", "text"),
        ("weights/obs.var", -1.0),
        ("clips/qpos", "text"),
        ("clips/qpos", 1e300),
        ("clips/contacts", "text"),
    ],
)
def test_an_expert_s_arrays_have_to_be_finite_numbers(expert, tmp_path, name, value):
    path = tmp_path / "walk.npz"
    save_expert(expert, path)
    _changed(path, **{name: np.full(arrays_of(path)[name].shape, value)})
    assert str(path) in one_line(load_expert, path)


def test_weights_that_are_not_finite_do_not_take_a_good_expert_s_place(expert, tmp_path):
    add_expert(expert, tmp_path)
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    broken = jax.tree.map(lambda x: x * np.nan, expert.params)
    assert "weights" in one_line(add_expert, dataclasses.replace(expert, params=broken), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_a_missing_expert_file_is_one_line(tmp_path):
    assert "no such file" in one_line(load_expert, tmp_path / "walk.npz")


# ---- demonstrations


def _demos(tmp_path):
    path = tmp_path / "h1-door.npz"
    write_demonstrations(made_up(3, 1, 2, steps=50), path)
    return path


def test_demonstrations_come_back_from_their_file(tmp_path):
    found = read_demonstrations(_demos(tmp_path), 3)
    made = made_up(3, 1, 2, steps=50)
    for name, array in vars(made).items():
        np.testing.assert_array_equal(getattr(found, name), array)


def test_what_was_seen_after_an_episode_s_end_does_not_count(tmp_path):
    path = _demos(tmp_path)
    data = arrays_of(path)
    for name in ("obs", "explained", "weights"):
        data[name][~data["alive"]] = np.nan if name == "obs" else 0.0
    np.savez(path, **data)
    alive = data["alive"]
    assert not alive.all()
    found = read_demonstrations(path, 3)
    np.testing.assert_array_equal(found.obs[alive], data["obs"][alive])
    np.testing.assert_array_equal(found.explained[alive], data["explained"][alive])


def _at(index, value):
    def put(array):
        array[index] = value
        return array

    return put


@pytest.mark.parametrize(
    ("name", "made", "said"),
    [
        ("obs", lambda x: x[..., :-1], "obs is"),
        ("obs", _at((0, 3, 5), np.nan), "obs holds NaN"),
        ("obs", lambda x: np.full(x.shape, 1e300), "obs holds"),
        ("obs", lambda x: np.full(x.shape, "text"), "real numbers"),
        ("progress", lambda x: x[:, :10], "progress is"),
        ("progress", _at((0, 0), np.inf), "progress holds"),
        ("explained", lambda x: x[..., :-1], "of 2 experts; the pool has 3"),
        ("explained", lambda x: x * 1.01, "sum to 1"),
        ("explained", lambda x: np.eye(3)[np.zeros(x.shape[:2], int)], "0 or less"),
        ("explained", lambda x: x[0], "(D, T, K)"),
        ("explained", lambda x: x[:0], "empty"),
        ("weights", lambda x: x[..., :-1], "weights is"),
        ("alive", lambda x: x[:, :10], "alive is"),
        ("alive", lambda x: x * 0.5, "must be bool"),
        ("alive", lambda x: x & False, "running episode"),
        ("returns", lambda x: x[:-1], "returns is"),
        ("scores", _at(0, np.nan), "scores holds"),
        ("all_returns", lambda x: x[:0], "empty"),
        ("unheard_of", None, "'unheard_of' is unknown"),
    ],
)
def test_demonstrations_that_are_none_are_one_line(tmp_path, name, made, said):
    path = _demos(tmp_path)
    data = arrays_of(path)
    np.savez(path, **data | {name: np.zeros(1) if made is None else made(data[name])})
    assert said in one_line(read_demonstrations, path, 3)


def test_demonstrations_without_an_array_or_an_archive_are_one_line(tmp_path):
    path = _demos(tmp_path)
    data = arrays_of(path)
    del data["scores"]
    np.savez(path, **data)
    assert "'scores' is missing" in one_line(read_demonstrations, path)
    path.write_bytes(path.read_bytes()[:200])
    assert "no file of demonstrations" in one_line(read_demonstrations, path)


# ---- JSON


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "as JSON"),
        (b"{", "as JSON"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (DEEP.encode(), "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "as JSON"),
    ],
)
def test_json_that_cannot_be_read_is_one_line(tmp_path, content, said):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    told = one_line(read_json, path, "list")
    assert told.startswith(f"{path} is no list: it") and said in told


def test_missing_json_and_folders_are_one_line(tmp_path):
    assert "there is no such file" in one_line(read_json, tmp_path / "a.json", "list")
    assert "cannot be read (Is a directory)" in one_line(read_json, tmp_path, "list")
    assert "no path" in one_line(read_json, tmp_path / "a\0", "list")


_ENTRY = {"name": "walk", "description": "Walks.", "file": "walk.npz"}


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (DEEP, "nested too deep"),
        ("{}", "it has no entry 'format'"),
        ({"format": "metaworldx-pool-1"}, "it has no entry 'experts'"),
        ({"format": "metaworldx-pool-9", "experts": []}, "must be 'metaworldx-pool-1'"),
        ({"format": "metaworldx-pool-1", "experts": None}, "no list under 'experts'"),
        ([0], "expert 0 is no object"),
        ([_ENTRY, {"name": "sit", "file": "sit.npz"}], "expert 1 has no entry 'description'"),
        ([_ENTRY | {"name": 3}], "has 3 for name; needs a text"),
        ([_ENTRY | {"file": "../walk.npz"}], "for file; needs a name in the folder"),
        ([_ENTRY | {"file": ""}], "for file; needs a name in the folder"),
        ([_ENTRY], "no expert file"),
    ],
)
def test_a_pool_s_list_that_is_none_is_one_line(tmp_path, index, said):
    if isinstance(index, list):
        index = {"format": "metaworldx-pool-1", "experts": index}
    path = tmp_path / "pool.json"
    path.write_text(index if isinstance(index, str) else json.dumps(index))
    assert said in one_line(load_experts, tmp_path)


def test_nothing_is_added_to_a_pool_whose_list_is_broken(expert, tmp_path):
    path = tmp_path / "pool.json"
    path.write_text(DEEP)
    one_line(add_expert, expert, tmp_path)
    assert path.read_text() == DEEP and [p.name for p in tmp_path.iterdir()] == ["pool.json"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (DEEP, "nested too deep"),
        ("[]", "no JSON object"),
        ({"h1-door": None}, "that of h1-door-v0 is no object"),
        ({"h1-door": {}}, "no entry 'teacher'"),
        ({"h1-door": {"teacher": "x", "relevance": ["walk"]}}, "relevance is no object"),
        ({"h1-door": {"teacher": "x", "relevance": {"walk": "much"}}}, "needs a number"),
        ({"h1-door": {"teacher": "x", "relevance": {}}}, "no expert has any relevance"),
    ],
)
def test_kept_answers_that_are_none_are_one_line(tmp_path, answers, said):
    text = answers if isinstance(answers, str) else json.dumps(answers)
    (tmp_path / GUIDANCE).write_text(text)
    assert said in one_line(kept_guidance, tmp_path, "h1-door-v0")


@pytest.mark.parametrize("text", [DEEP, "[]", "{}", '{"router": null}', '{"router": [1]}'])
def test_a_router_s_settings_file_is_not_written_over_when_it_is_broken(tmp_path, text):
    (tmp_path / CONFIG).write_text(text)
    guidance = {"h1-door": Guidance({"walk": 9.0}, (), 0.9, "offline")}
    told = one_line(train_router, RouterConfig(("h1-door",)), guidance, tmp_path)
    assert str(tmp_path / CONFIG) in told and (tmp_path / CONFIG).read_text() == text


@pytest.mark.parametrize("text", [DEEP, "[]", "{}", '{"train": null}'])
def test_a_run_s_settings_that_are_none_are_one_line(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    assert "config.json" in one_line(read_config, tmp_path)
