#!/usr/bin/env bash
# One control that is NaN, or beyond 1e10, and all motors of that simulation go limp.
#
# Versions: mujoco 3.17.0, mujoco-mjx 3.17.0, jax 0.9.2, jaxlib 0.9.2, numpy 2.4.6, Python 3.11.
#
# Behaviour: C MuJoCo checks ctrl as a whole. If one entry is NaN, or larger than 1e10 on an
# actuator without a ctrlrange, mj_step logs and counts a warning (one each step), acts as if
# every control were 0, and goes on: no exception, a finite state, the bad value still in
# data.ctrl. One might expect the bad motor alone to fail, or NaN in the state. MJX does the
# opposite on the same model: NaN goes into every joint, and a huge finite control is applied
# as it stands. So a policy that puts out NaN looks like a limp robot on one backend and like
# an explosion on the other.
#
# Output seen:
#   good control    C [0.0, 0.5]   joints [-0.0, 0.02]
#   NaN in one      C warnings 5, same as zero controls: True, ctrl kept: True
#   1e11 in one     C warnings 5, same as zero controls: True, ctrl kept: True
#   NaN in one      MJX joints finite: [False, False]
#   1e11 in one     MJX joint 0 beyond 1e5: True
#
# Exits non-zero if any of this changes.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check \
  mujoco==3.17.0 mujoco-mjx==3.17.0 jax==0.9.2 jaxlib==0.9.2 numpy==2.4.6
cd "$place" # MuJoCo writes its log where it runs.
JAX_PLATFORMS=cpu "$place/venv/bin/python" - <<'PY'
import sys

import jax
import mujoco
import numpy as np
from mujoco import mjx

XML = """
<mujoco>
  <worldbody>
    <body>
      <joint name="a" axis="0 1 0"/>
      <geom type="capsule" fromto="0 0 0 .3 0 0" size=".04"/>
      <body pos=".3 0 0">
        <joint name="b" axis="0 1 0"/>
        <geom type="capsule" fromto="0 0 0 .3 0 0" size=".04"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="a" gear="10"/>
    <motor joint="b" gear="10"/>
  </actuator>
</mujoco>
"""
model = mujoco.MjModel.from_xml_string(XML)


def in_c(ctrl):
    data = mujoco.MjData(model)
    data.ctrl[:] = ctrl
    for _ in range(5):
        mujoco.mj_step(model, data)
    return data


def in_mjx(ctrl):
    device = mjx.put_model(model)
    data = mjx.make_data(device).replace(ctrl=jax.numpy.array(ctrl))
    step = jax.jit(mjx.step)
    for _ in range(5):
        data = step(device, data)
    return np.asarray(data.qpos)


holds = []
zero = in_c([0.0, 0.0]).qpos.copy()
good = in_c([0.0, 0.5]).qpos.copy()
print("good control    C [0.0, 0.5]   joints", np.round(good, 2).tolist())
holds.append(not np.allclose(good, zero))
for name, bad in (("NaN in one ", np.nan), ("1e11 in one", 1e11)):
    data = in_c([bad, 0.5])
    warned = data.warning[mujoco.mjtWarning.mjWARN_BADCTRL].number
    same = bool(np.array_equal(data.qpos, zero))
    kept = bool(np.array_equal(data.ctrl, [bad, 0.5], equal_nan=True))
    print(f"{name}     C warnings {warned}, same as zero controls: {same}, ctrl kept: {kept}")
    holds += [warned > 0, same, kept]
finite = np.isfinite(in_mjx([np.nan, 0.5])).tolist()
print("NaN in one      MJX joints finite:", finite)
huge = in_mjx([1e11, 0.5])
far = bool(not np.isfinite(huge[0]) or abs(huge[0]) > 1e5)
print("1e11 in one     MJX joint 0 beyond 1e5:", far)
holds += [not any(finite), far]
sys.exit(0 if all(holds) else 1)
PY
