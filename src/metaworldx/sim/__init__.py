"""Physics simulation behind one interface; knows robots and scenes as models, but no task.

Packages whose modules import MuJoCo import this one first: MuJoCo can then be imported whatever
OpenGL there is.
"""

from metaworldx.core.opengl import mujoco_without_opengl

mujoco_without_opengl()
