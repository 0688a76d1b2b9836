#!/usr/bin/env bash
# Smoke test of the wheel: built by way of the sdist, installed outside the clone, used from another
# folder. `wheel_smoke.sh PYTHON` takes the dependencies from PYTHON's environment, which has `build`.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(realpath --no-symlinks "${1:-.venv/bin/python}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH METAWORLDX_SHARED
export PYTHONNOUSERSITE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

"$python" -m build --outdir "$work/dist" . >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --no-deps "$work"/dist/*.whl
# A .pth file adds the folder but reads none of the .pth files in it, so the clone's own editable
# install stays out.
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/dependencies.pth"

mkdir "$work/elsewhere"
cd "$work/elsewhere"
export PATH="$work/venv/bin:$PATH" SITE="$site"

version=$(metaworldx --version)
[[ $version == "metaworldx $(basename "$work"/dist/*.whl | cut -d- -f2)" ]] || { echo "--version says '$version'" >&2; exit 1; }
metaworldx envs >envs.txt
grep -qw h1-stand-v0 envs.txt || { echo "metaworldx envs does not list h1-stand-v0" >&2; exit 1; }
metaworldx pool list --json >pool.json

python - <<'EOF'
import json
import os
import sys
from pathlib import Path

import metaworldx

package = Path(metaworldx.__file__).parent
assert package.parent == Path(os.environ["SITE"]), f"imported from {package}, not from the wheel"
assert not {"jax", "mujoco"} & set(sys.modules), "importing the package loads JAX or MuJoCo"
assert (package / "py.typed").is_file(), "py.typed is not in the wheel"
skills = {"carry", "crawl", "reach", "run", "sit", "stair", "stand", "walk"}
listed = {expert["name"] for expert in json.loads(Path("pool.json").read_text())}
assert listed == skills, f"the shipped pool lists {sorted(listed)}"

import jax

from metaworldx.envs import make

env = make("h1-stand-v0", backend="native")
state = env.reset(jax.random.key(0))
state = env.step(state, jax.numpy.zeros(env.action_size))
assert 0.0 < float(state.reward) <= 1.0, f"h1-stand's first reward is {state.reward}"
EOF
echo "wheel: $version works outside the clone"
