"""A skill's numbers as a run sets them."""

import pytest

from metaworldx.core.errors import UserError
from metaworldx.experts.train import for_skill, with_expert_settings
from metaworldx.training.config import preset


def _skill(**settings):
    changes = {f"skill.{name}": value for name, value in settings.items()}
    return with_expert_settings(for_skill(preset("cpu"), "walk"), changes).skill


def test_a_run_s_settings_replace_the_skill_s_own():
    skill = _skill(w_task=1, preview=[0.1, 0.2], then=None)
    assert (skill.w_task, skill.preview, skill.then) == (1, (0.1, 0.2), None)
    assert _skill(then=2).then == 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"then": 1.5}, "then is 1.5; needs an integer or null"),
        ({"authority": "much"}, "authority is 'much'; needs a number"),
        ({"clips": "walk_1.00"}, "clips is 'walk_1.00'; needs a list"),
        ({"task": 3}, "task is 3; needs a text"),
        ({"w_trak": 0.5}, "w_track"),
    ],
)
def test_settings_of_other_kinds_are_told(settings, told):
    with pytest.raises(UserError, match=r"skill setting") as error:
        _skill(**settings)
    assert told in str(error.value)
