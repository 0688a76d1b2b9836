#!/usr/bin/env bash
# gymnasium's vector RecordEpisodeStatistics loses a step of every episode but the first under
# SAME_STEP autoreset, up to 1.3.
#
# Versions: gymnasium 1.3.0 and 1.4.0, numpy 2.4.6, Python 3.11.
#
# Behaviour: episodes of five steps that pay 1 each, in a SyncVectorEnv. Under NEXT_STEP (where
# the step after an end only resets) both versions tell 5 and 5. Under SAME_STEP (where that
# step is a real one of the next episode) 1.3.0 still skips it: return 4 and length 4 from the
# second episode on, without a warning. 1.4.0 tells 5 and 5. Returns that are logged through this
# wrapper are short by one reward an episode, and a time limit of 1,000 shows as 999.
#
# Output seen:
#   1.3.0 SAME_STEP returns [5.0, 4.0, 4.0, 4.0] lengths [5, 4, 4, 4]
#   1.3.0 NEXT_STEP returns [5.0, 5.0, 5.0] lengths [5, 5, 5]
#   1.4.0 SAME_STEP returns [5.0, 5.0, 5.0, 5.0] lengths [5, 5, 5, 5]
#   1.4.0 NEXT_STEP returns [5.0, 5.0, 5.0] lengths [5, 5, 5]
#
# Exits non-zero if any of this changes.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat > "$place/count.py" <<'PY'
import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics


class FiveSteps(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (1,))
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,))

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.steps += 1
        return np.zeros(1, np.float32), 1.0, self.steps == 5, False, {}


for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP):
    envs = RecordEpisodeStatistics(SyncVectorEnv([FiveSteps, FiveSteps], autoreset_mode=mode))
    envs.reset(seed=0)
    returns, lengths = [], []
    for _ in range(20):
        *_, info = envs.step(np.zeros((2, 1), np.float32))
        if "episode" in info:
            returns.append(float(info["episode"]["r"][0]))
            lengths.append(int(info["episode"]["l"][0]))
    print(gymnasium.__version__, mode.name, "returns", returns, "lengths", lengths)
PY
for version in 1.3.0 1.4.0; do
  python3 -m venv "$place/$version"
  "$place/$version/bin/pip" install --quiet --disable-pip-version-check \
    "gymnasium==$version" numpy==2.4.6
  "$place/$version/bin/python" "$place/count.py"
done | tee "$place/seen"
# The lines of the header are what has to come out.
diff <(sed -n '/^# Output seen/,/^# Exits/s/^#   //p' "$0") "$place/seen"
