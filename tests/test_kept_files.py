"""Runs, pools and routers that version 0.1.0 wrote still load, and act as they did.

`python tests/test_kept_files.py` prints the figures that are kept in tests/data/format1; to be run
only with the source that wrote those files (see the README there).
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metaworldx import cli

KEPT = Path(__file__).parent / "data" / "format1"
FIGURES = KEPT / "figures.json"
CLOSE = 1e-4
"""Relative: native physics carries float32 to and fro."""

METRICS = ("env_steps", "collect/", "train/")
EVALUATED = ("return_mean", "length_mean", "fall_steps", "epoch", "mean_weights")
JSON = ("--episodes", "1", "--json")
SEARCH = ("--skill", "walk", "--minutes", "0", "--candidates", "2", "--steps", "2")

# What is asked of the command line, and which of its answers are figures.
QUICK: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "pool": (["pool", "list", "pool", "--json"], ("latent_size", "obs_size", "env_steps")),
    "agent": (["eval", "agent", "agent", *JSON], EVALUATED),
    "best agent": (["eval", "agent", "agent", "--checkpoint", "best", *JSON], EVALUATED),
    "router": (
        ["eval", "router", "router", "--task", "h1-door", "--pool", "pool", *JSON],
        EVALUATED,
    ),
    "resumed agent": (["train", "agent", "--out", "agent", "--resume", "--steps", "80"], ()),
}
SLOW: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "expert": (["eval", "agent", "expert", *JSON], EVALUATED),
    "pool's expert": (["eval", "--expert", "stand", "--pool", "pool", *JSON], EVALUATED),
    "guided agent": (["eval", "guided", *JSON], EVALUATED),
    "gains": (["train", "feedback", *SEARCH, "--out", "feedback.json"], ("stand",)),
    "report": (["report", "agent", "--paired-episodes", "0", *JSON], ("predictions",)),
}


def unpacked(folder: Path) -> None:
    """Copies the kept files, which commands may write to."""
    shutil.copytree(KEPT, folder, dirs_exist_ok=True)
    with tarfile.open(KEPT / "runs.tar.xz") as archive:
        # Python 3.11 knows filters from 3.11.4 on.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safely)


def figures_of(args: list[str], names: tuple[str, ...]) -> dict[str, list[float]]:
    """A command's figures: of its JSON, of the file in --out, or of that run's last metrics."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert cli.main(args) == 0
    if "--json" in args:
        return _numbers(json.loads(out.getvalue()), names)
    run = Path(args[args.index("--out") + 1])
    if run.is_file():
        return _numbers(json.loads(run.read_text()), names)
    row = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    return {k: [v] for k, v in row.items() if k.startswith(METRICS) and v is not None}


def _numbers(data: Any, names: tuple[str, ...], inside: str | None = None) -> dict[str, list]:
    """All numbers under keys of these names, in their order."""
    found: dict[str, list] = {}
    if isinstance(data, dict | list):
        pairs = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in pairs:
            name = inside or (key if key in names else None)
            for k, v in _numbers(value, names, name).items():
                found.setdefault(k, []).extend(v)
    elif inside is not None and isinstance(data, int | float):
        found[inside] = [data]
    return found


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The kept files, copied to where commands may write; commands run there."""
    folder = tmp_path_factory.mktemp("kept")
    unpacked(folder)
    with contextlib.chdir(folder):
        yield folder


def _check(name: str, args: list[str], names: tuple[str, ...]) -> None:
    wanted, found = json.loads(FIGURES.read_text())[name], figures_of(args, names)
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        np.testing.assert_allclose(found[key], value, rtol=CLOSE, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", QUICK)
def test_kept_files_act_as_they_did(kept, quickly_compiled, name):
    _check(name, *QUICK[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_more_kept_files_act_as_they_did(kept, quickly_compiled, name):
    _check(name, *SLOW[name])


if __name__ == "__main__":
    import tempfile
    import time

    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        unpacked(Path(place))
        found = {}
        for name, asked in {**QUICK, **SLOW}.items():
            begin = time.process_time()
            found[name] = figures_of(*asked)
            print(f"{name}: {time.process_time() - begin:.1f} s of CPU", file=sys.stderr)
    print(json.dumps(found, indent=1))
