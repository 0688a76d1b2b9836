#!/usr/bin/env bash
# orbax's CheckpointManager.save of an older step saves nothing, answers False and logs nothing.
#
# Versions: orbax-checkpoint 0.12.8, jax 0.9.2, jaxlib 0.9.2, numpy 2.4.6, Python 3.11.
#
# Behaviour: with default options, save(100) after save(200) writes nothing and returns False, as
# does save(200) once more. No exception, and no log line down to DEBUG says that anything was
# refused. This meets a run that resumes from an older checkpoint while a manager with
# max_to_keep=1 holds the best agent of the future that was given up: the best of the new
# future is never kept. force=True saves it, and then max_to_keep=1 keeps the step saved last,
# not the highest: 200 is deleted.
#
# Output seen:
#   save(200) True
#   save(100) False
#   save(200) again False
#   log lines: 0
#   steps [200]
#   save(100, force=True) True
#   steps [100] latest 100
#
# Exits non-zero if any of this changes.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check \
  orbax-checkpoint==0.12.8 jax==0.9.2 jaxlib==0.9.2 numpy==2.4.6
JAX_PLATFORMS=cpu "$place/venv/bin/python" - "$place/checkpoints" <<'PY' | tee "$place/seen"
import logging
import pathlib
import sys

import jax.numpy as jnp
import orbax.checkpoint as ocp

lines = []


class Keep(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())


manager = ocp.CheckpointManager(
    pathlib.Path(sys.argv[1]),
    options=ocp.CheckpointManagerOptions(max_to_keep=1, enable_async_checkpointing=False),
)


def save(step, **how):
    return manager.save(step, args=ocp.args.StandardSave({"x": jnp.ones(3)}), **how)


print("save(200)", save(200))
for logger in (logging.getLogger(), logging.getLogger("absl")):
    logger.setLevel(logging.DEBUG)
    logger.addHandler(Keep())
print("save(100)", save(100))
print("save(200) again", save(200))
print("log lines:", len(lines))
print("steps", list(manager.all_steps()))
print("save(100, force=True)", save(100, force=True))
print("steps", list(manager.all_steps()), "latest", manager.latest_step())
PY
# The lines of the header are what has to come out.
diff <(sed -n '/^# Output seen/,/^# Exits/s/^#   //p' "$0") "$place/seen"
