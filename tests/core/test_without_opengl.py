"""OpenGL that cannot be loaded: what draws says why in a line, all else goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import metaworldx

# By a process of its own, as MuJoCo loads OpenGL when it is imported. The libraries named in
# HIDDEN look as if they were not installed.
SCRIPT = """
import ctypes, os, sys
Original = ctypes.CDLL
class Hiding(Original):
    def __init__(self, name, *args, **options):
        if any(hidden in str(name) for hidden in os.environ["HIDDEN"].split()):
            raise OSError(f"{name} is not there")
        super().__init__(name, *args, **options)
ctypes.CDLL = ctypes.cdll._dlltype = Hiding
from metaworldx import cli
from metaworldx.envs import make
env = make("h1-stand", "native")
import mujoco
print("simulated", mujoco.mj_versionString(), env.obs_size)
sys.exit(cli.main(["motions", "preview", "walk_1.50", "--out", sys.argv[1]]))
"""
CASES = {
    "unknown name": ({"MUJOCO_GL": "elg"}, "MUJOCO_GL is 'elg'"),
    "no osmesa": ({"MUJOCO_GL": "osmesa", "HIDDEN": "OSMesa"}, "osmesa cannot be loaded"),
    "no egl": ({"MUJOCO_GL": "egl", "HIDDEN": "EGL"}, "egl cannot be loaded"),
    "other platform": ({"PYOPENGL_PLATFORM": "glx"}, "PYOPENGL_PLATFORM is 'glx'"),
    "a card's name": ({"MUJOCO_EGL_DEVICE_ID": "GPU-5c1f"}, "MUJOCO_EGL_DEVICE_ID is 'GPU-5c1f'"),
    "several cards": ({"MUJOCO_EGL_DEVICE_ID": "0,1"}, "MUJOCO_EGL_DEVICE_ID is '0,1'"),
}


def _run(path, **variables):
    # JAX says on stderr when it takes a program from its cache.
    unset = ("MUJOCO_GL", "PYOPENGL_PLATFORM", "MUJOCO_EGL_DEVICE_ID", "JAX_COMPILATION_CACHE_DIR")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env |= {"MUJOCO_GL": "egl", "HIDDEN": "", "JAX_PLATFORMS": "cpu", **variables}
    command = [sys.executable, "-c", SCRIPT, str(path)]
    return subprocess.run(command, capture_output=True, text=True, env=env)


@pytest.mark.parametrize(("variables", "why"), CASES.values(), ids=list(CASES))
def test_only_what_draws_is_refused(tmp_path, variables, why):
    ran = _run(tmp_path / "walk.png", **variables)
    assert ran.stdout.startswith("simulated 3."), ran.stderr
    assert ran.returncode == 2
    assert ran.stderr.startswith("metaworldx: error: no off-screen OpenGL (")
    assert ran.stderr.count("\n") == 1 and why in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_mujoco_is_imported_only_where_it_can_do_without_opengl():
    """Modules at whose top it is imported lie in packages that import `metaworldx.sim` first."""
    root = Path(metaworldx.__file__).parent
    there = [
        path
        for path in root.rglob("*.py")
        if re.search(r"^(import|from) mujoco", path.read_text(), re.M)
    ]
    assert there
    for path in there:
        package = root / path.relative_to(root).parts[0] / "__init__.py"
        assert package.parent.name == "sim" or "import metaworldx.sim" in package.read_text(), path


def test_the_package_does_nothing_but_register_with_gymnasium():
    code = (
        "import sys, os, gymnasium\n"
        "def now(): return list(sys.meta_path), list(sys.path_hooks), dict(os.environ)\n"
        "before = now()\n"
        "import metaworldx\n"
        "assert now() == before\n"
        "assert not {'jax', 'mujoco'} & set(sys.modules)\n"
        "assert 'metaworldx/h1-walk-v0' in gymnasium.registry\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_is_run_as_the_command_is(capsys):
    from metaworldx import cli

    def by_module(*args):
        command = [sys.executable, "-m", "metaworldx", *args]
        ran = subprocess.run(command, capture_output=True, text=True)
        return ran.returncode, ran.stdout, ran.stderr

    for args in (["--help"], ["bench"], ["evla"], ["envs", "--jsn"]):
        status = cli.main(args)
        assert by_module(*args) == (status, *capsys.readouterr())
    status, out, _ = by_module("envs", "--help")
    assert status == 0 and out.startswith("usage: metaworldx envs ")
