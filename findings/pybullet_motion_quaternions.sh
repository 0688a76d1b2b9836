#!/usr/bin/env bash
# Eight of the fifteen DeepMimic motions that pybullet ships hold quaternions that are not unit.
#
# Versions: pybullet 3.2.7 (its pybullet_data/data/motions), Python 3.11 to read them.
#
# Behaviour: a frame is [duration, root x y z, then rotations: w x y z for ball joints, one angle
# for knees and elbows]. The quaternions' length is off by more than 0.01 in eight files, by as
# much as 0.42 in one. A reader that takes unit length for granted scales limbs, and one that
# refuses other lengths refuses half of the best known motion set of this field. None is near
# zero: all can be normalised.
#
# Output seen (file, frames, shortest, longest):
#   backflip 29 0.926 1.118
#   cartwheel 164 0.966 1.000
#   getup_facedown 183 0.977 1.014
#   jump 107 0.983 1.005
#   kick 47 0.583 1.059
#   punch 65 0.917 1.000
#   roll 121 0.806 1.006
#   spin 107 0.903 1.015
#   unit within 0.01: crawl, dance_a, dance_b, getup_faceup, run, spinkick, walk
#
# Exits non-zero if any of this changes.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --python-version 3.11 --platform manylinux_2_17_x86_64 --dest "$place" pybullet==3.2.7
python3 - "$place"/*.whl <<'PY' | tee "$place/seen"
import json
import math
import pathlib
import sys
import zipfile

# Numbers a joint after time and place: root, chest, neck, right hip, knee, ankle, shoulder,
# elbow, then the left ones.
WIDTHS = (4, 4, 4, 4, 1, 4, 4, 1, 4, 1, 4, 4, 1)

unit = []
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in sorted(wheel.namelist()):
        if "motions/humanoid3d_" not in name:
            continue
        frames = json.loads(wheel.read(name))["Frames"]
        lengths = []
        for frame in frames:
            at = 4
            for width in WIDTHS:
                if width == 4:
                    lengths.append(math.hypot(*frame[at : at + 4]))
                at += width
            assert at == len(frame)
        short = pathlib.Path(name).stem.removeprefix("humanoid3d_")
        if max(abs(length - 1) for length in lengths) > 0.01:
            print(f"{short} {len(frames)} {min(lengths):.3f} {max(lengths):.3f}")
        else:
            unit.append(short)
print("unit within 0.01:", ", ".join(unit))
PY
# The lines of the header are what has to come out.
diff <(sed -n '/^# Output seen/,/^# Exits/s/^#   //p' "$0") "$place/seen"
