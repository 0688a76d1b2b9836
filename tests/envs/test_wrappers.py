"""Wrappers delegate, compose, and can be copied and pickled."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import metaworldx
from helpers.task_world import make_task, readings
from helpers.worlds import keys, world
from metaworldx.envs.registry import TASKS
from metaworldx.envs.task import Task
from metaworldx.envs.tasks.locomotion import Stand
from metaworldx.envs.wrappers.early_termination import (
    EarlyTermination,
    EarlyTerminationTask,
    with_early_termination,
)
from metaworldx.envs.wrappers.task_wrapper import TaskWrapper
from metaworldx.experts.motion_library import build_motion_library
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv, TrackingTask
from metaworldx.experts.skills import SKILLS, clips_of

UPRIGHT, DOWN = EarlyTermination(head_below_m=1.5), EarlyTermination(head_below_m=1.8)


def test_no_class_is_swapped_at_run_time():
    for path in Path(metaworldx.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            assert not (stored and node.attr == "__class__"), f"{path}:{node.lineno}"


def test_a_wrapper_has_everything_of_its_task():
    """Constants, indices and methods, and the task's own that `Task` does not know of."""
    for cls in TASKS.values():
        assert "start" not in vars(cls), "a wrapper runs its own start"
    task = make_task("h1-sit_hard", bodies=("chair",), joints=("free_chair",))
    wrapper = TaskWrapper(TaskWrapper(task))
    assert isinstance(wrapper, Task)
    for name in Task.__annotations__:
        assert getattr(wrapper, name) == getattr(task, name), name
    assert wrapper.robot is task.robot and wrapper.layout is task.layout
    assert wrapper._chair == task._chair
    with pytest.raises(AttributeError, match="no_such_thing"):
        wrapper.no_such_thing  # noqa: B018
    methods = {name for name, _ in inspect.getmembers(Task, inspect.isfunction)}
    public = {name for name in methods if not name.startswith("_")}
    assert public - {"start"} <= set(vars(TaskWrapper)), "not delegated"


def test_early_ends_compose_and_change_nothing_else():
    task = make_task("h1-stand")
    r = readings(task)  # The head is at 1.7 m.
    ends = [EarlyTerminationTask(task, each) for each in (UPRIGHT, DOWN)]
    both = EarlyTerminationTask(ends[1], UPRIGHT)
    own = task.evaluate(r, ())
    for wrapper, ended in ((ends[0], False), (ends[1], True), (both, True)):
        out = wrapper.evaluate(r, ())
        assert bool(out.terminated) == ended and not own.terminated
        assert float(out.reward) == float(own.reward) and out.terms.keys() == own.terms.keys()
        np.testing.assert_array_equal(wrapper.observe(r, ()), task.observe(r, ()))


def test_wrapped_tasks_are_copied_and_pickled():
    task = EarlyTerminationTask(make_task("h1-stand"), DOWN)
    r = readings(task)
    for other in (copy.copy(task), copy.deepcopy(task), pickle.loads(pickle.dumps(task))):
        assert type(other) is EarlyTerminationTask and type(other.task) is Stand
        assert bool(other.evaluate(r, ()).terminated)


def test_a_wrapped_environment_stays_what_it_is():
    """An early end around tracking: actions are offsets still, and the motion is known."""
    plain = world("h1-stand")
    skill = SKILLS["stand"]
    library = build_motion_library("h1", clips_of(skill))
    tracking = MotionTrackingEnv(plain, library, skill)
    ending = with_early_termination(tracking, UPRIGHT)
    assert isinstance(ending, MotionTrackingEnv) and isinstance(ending.task.task, TrackingTask)
    assert type(tracking.task) is TrackingTask and type(plain.task) is Stand
    assert ending.obs_size == tracking.obs_size
    state = jax.eval_shape(ending.reset, keys(2))
    assert jax.eval_shape(ending.reset_on, keys(2), jnp.zeros(2, jnp.int32)) == state
    assert jax.eval_shape(ending.reference_joints, state).shape == (2, 19)
    assert plain.reference_joints(state) is None
    assert ending.ctrl_in.__func__ is MotionTrackingEnv.ctrl_in
