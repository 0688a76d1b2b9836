"""HumanoidBench's tasks in words: what is to be done, and what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metaworldx.core.errors import UserError
from metaworldx.vlm.schema import MAX_TEXT, Question, Stage

# What is to be done, then what the scene has.
_TASKS = {
    "stand": ("Stand still and upright.", "An empty floor."),
    "walk": ("Walk forward at one metre a second.", "An empty floor."),
    "run": ("Run forward at five metres a second.", "An empty floor."),
    "reach": ("Stand and reach for a point with the left hand.", "A point within two metres."),
    "hurdle": ("Run forward and get over hurdles.", "Hurdles stand across the track."),
    "crawl": (
        "Crawl forward through a low tunnel.",
        "A tunnel whose ceiling is lower than the robot.",
    ),
    "maze": ("Walk through a maze, turning at its corners, to the goal.", "Walls and corners."),
    "push": (
        "Stand before the table, reach for the box and push it to the goal.",
        "A table with a box on it and a mark to push it to.",
    ),
    "door": (
        "Walk to the door, reach for its handle and turn it, pull the door open and walk through "
        "the doorway.",
        "A closed door with a turning hatch handle, one metre ahead.",
    ),
    "truck": (
        "Walk to the truck, grasp a package and lift it, carry it to the table, put it down.",
        "A truck with packages on its bed and a table behind the robot.",
    ),
    "basketball": (
        "Stand ready, catch the ball with both hands and throw it into the basket.",
        "A ball flies towards the robot; a basket hangs some metres ahead.",
    ),
    "package": (
        "Walk to the package, pick it up with both hands and carry it to the goal.",
        "A box on the floor and a mark some metres away.",
    ),
    "sit_simple": ("Sit down on the chair behind.", "A chair stands right behind the robot."),
    "sit_hard": (
        "Turn to the chair, sit down on it and stay seated.",
        "A chair that can be pushed away.",
    ),
    "balance_simple": (
        "Stand on the board and keep balance.",
        "A board that rests on a sphere that cannot roll.",
    ),
    "balance_hard": ("Stand on the board and keep balance.", "A board that rolls on a sphere."),
    "stair": ("Climb the stairs and descend on the other side.", "Stairs up and down ahead."),
    "slide": ("Walk up a slope and down again.", "Slopes up and down ahead."),
    "pole": ("Walk forward between the poles without touching them.", "A dense forest of poles."),
    "highbar_simple": (
        "Hold on to the bar with both hands and swing until upside down.",
        "The hands are tied to a bar high above the floor.",
    ),
    "highbar_hard": (
        "Hold on to the bar with both hands and swing until upside down.",
        "A bar high above the floor that both hands hold.",
    ),
    "cabinet": (
        "Stand at the cabinet, open its doors and drawer with the hands and put the box inside.",
        "A cabinet with a hinged door, a sliding door and a drawer.",
    ),
    "cube": (
        "Turn the cubes in both hands with the fingers until they match the third.",
        "A cube in each hand and one that floats ahead.",
    ),
    "bookshelf_simple": (
        "Stand at the bookshelf, grasp one object after another and place each where it belongs.",
        "A bookshelf with five objects.",
    ),
    "bookshelf_hard": (
        "Stand at the bookshelf, grasp one object after another and place each where it belongs.",
        "A bookshelf with five objects in any order.",
    ),
    "window": (
        "Grasp the cleaning tool, stand at the window and wipe it with the hand up and down.",
        "A window and a cleaning tool.",
    ),
    "spoon": (
        "Grasp the spoon and stir in the pot with the hand.",
        "A table with a spoon and a pot.",
    ),
    "kitchen": (
        "Stand at the stove, open the microwave, move the kettle, turn the knob and flip the "
        "switch with the hands.",
        "A kitchen with a microwave, a kettle, burners and a light switch.",
    ),
    "powerlift": (
        "Grasp the barbell with both hands, lift it and stand upright.",
        "A heavy barbell on the floor.",
    ),
    "room": (
        "Walk through the room, pick up scattered objects and carry them together.",
        "A room with a chair, a cup, shoes, a mug and other objects.",
    ),
    "insert_normal": (
        "Stand, grasp the block in the hands and insert its ends into the pegs.",
        "A block and two pegs on a table.",
    ),
    "insert_small": (
        "Stand, grasp the small block in the hands and insert its ends into the pegs.",
        "A small block and two pegs on a table.",
    ),
    "carry": ("Walk forward carrying a box in both arms.", "A box in the robot's arms."),
}


def question_of_task(
    task: str, name: str, experts: Mapping[str, str], images: tuple[bytes, ...] = ()
) -> Question:
    """What a teacher is asked about one of HumanoidBench's tasks.

    Args:
      task: the environment's id.
      name: the task's name in it, e.g. `door`.
    """
    text, scene = _TASKS.get(name, (name.replace("_", " "), ""))
    return Question(text, experts, scene, task, images)


def question_of_text(
    text: str, experts: Mapping[str, str], images: tuple[bytes, ...] = ()
) -> Question:
    """What a teacher is asked about a task in somebody's own words.

    Raises:
      UserError: empty, over 2,000 letters, or no text at all: bytes that are not UTF-8.
    """
    text = " ".join(text.split())
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        # What a command line holds of bytes that are no letters; no file or request takes it.
        raise UserError("the task's text is not UTF-8")
    if not any(letter.isalnum() for letter in text):
        raise UserError("the task's text is empty; say in a sentence what is to be done")
    if len(text) > MAX_TEXT:
        raise UserError(f"the task's text has {len(text)} letters; {MAX_TEXT} at most")
    return Question(text, experts, images=images)


def question_of_rest(
    question: Question, stages: Sequence[Stage], done: Sequence[str], left: Sequence[str]
) -> Question:
    """What a teacher is asked in the middle of a task: about what is left of it.

    It belongs to no task's id, so that an answer that is kept for the whole is not taken for it.

    Args:
      question: about the whole.
      stages: that are left, as they were told; the whole task's text without any.
      done, left: milestones that are reached, and those that are not.
    """
    text = ", then ".join(stage.text.rstrip(". ") for stage in stages) or question.text
    parts = [
        question.scene,
        f"The whole task was: {question.text}" if stages else "",
        f"Reached already: {', '.join(done)}." if done else "Nothing is reached yet.",
        f"Not reached yet: {', '.join(left)}." if left else "",
    ]
    scene = " ".join(part for part in parts if part)
    return Question(text[:MAX_TEXT], question.experts, scene, "", question.images)
