#!/usr/bin/env bash
# A cylinder that lies on a box touches it in one point in MuJoCo 3.1.6 and in several in 3.17,
# and the same <flag multiccd> line means the opposite where it is left out.
#
# Versions: mujoco 3.1.6 and 3.17.0, numpy 1.26.4, Python 3.11.
#
# Behaviour: in 3.1.6 convex pairs are found by libccd and give one contact unless
# <flag multiccd="enable"/> asks for more. In 3.17.0 the native finder is the default and
# multiccd is on unless it is disabled, so a model file that says nothing of either gets other
# contacts: recordings of a model made under 3.1.6 (HumanoidBench's, say) are not repeated by the
# very same model file under 3.17.0. With both flags disabled 3.17.0 finds the one contact again.
# Neither says a word about it.
#
# Output seen (a cylinder lying flat on a large box, contacts after mj_forward):
#   3.1.6 as it comes 1
#   3.1.6 multiccd enabled 4
#   3.17.0 as it comes 2
#   3.17.0 multiccd enabled 2
#   3.17.0 both disabled 1
#
# Exits non-zero if any of this changes.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat > "$place/count.py" <<'PY'
import mujoco

XML = """
<mujoco>
  <option>{flags}</option>
  <worldbody>
    <geom type="box" size="1 1 .1" pos="0 0 -.1"/>
    <body pos="0 0 .0499"><freejoint/>
      <geom type="cylinder" size=".05 .2" euler="0 90 0"/>
    </body>
  </worldbody>
</mujoco>
"""
KINDS = {
    "as it comes": "",
    "multiccd enabled": '<flag multiccd="enable"/>',
    "both disabled": '<flag nativeccd="disable" multiccd="disable"/>',
}
for kind, flags in KINDS.items():
    if kind == "both disabled" and mujoco.__version__ == "3.1.6":
        continue
    model = mujoco.MjModel.from_xml_string(XML.format(flags=flags))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    print(mujoco.__version__, kind, data.ncon)
PY
for version in 3.1.6 3.17.0; do
  python3 -m venv "$place/$version"
  "$place/$version/bin/pip" install --quiet --disable-pip-version-check \
    "mujoco==$version" numpy==1.26.4
  "$place/$version/bin/python" "$place/count.py"
done | tee "$place/seen"
# The lines of the header are what has to come out.
diff <(sed -n '/^# Output seen/,/^# Exits/s/^#   //p' "$0") "$place/seen"
