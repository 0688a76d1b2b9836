"""MetaWorld-X in JAX: HumanoidBench on MJX and native MuJoCo, and what learns on it.

Importing the package registers its environments with gymnasium, e.g.
`gymnasium.make_vec("metaworldx/h1-walk-v0", num_envs=8)`; JAX and MuJoCo are imported only when
an environment is made.
"""

from metaworldx.interop.registration import register

register()
