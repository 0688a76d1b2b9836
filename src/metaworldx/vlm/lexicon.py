"""What English words say of the motor skills that a task needs: the offline teacher's knowledge.

Every entry is `(skill, strength, words)`. Verbs that ask for a skill weigh most; things and places
that go with it, and manners, weigh less, so that who walks to a chair walks. A `+` joins a phrase.
"""

from __future__ import annotations

VERB, STRONG, FAIR, WEAK = 3.0, 2.0, 1.2, 0.6

WORDS: tuple[tuple[str, float, str], ...] = (
    (
        "stand",
        VERB,
        "stand wait balance equilibrium stay+put stay+on+your+feet hold+still keep+still "
        "remain+still stay+still be+still hold+position hold+your+position hold+a+pose "
        "keep+your+balance keep+balance stand+up get+up rise+to+your+feet stand+by "
        "get+to+your+feet stand+guard freeze halt stabilise stabilize idle linger loiter "
        "hold+on+a+moment "
        "do+not+move don't+move not+fall without+moving stay+where+you+are stay+in+place "
        "remain+in+place hover upright+posture stay+upright remain+upright keep+upright",
    ),
    (
        "stand",
        FAIR,
        "upright motionless still stationary attention steady steadily remain stay pause vertical "
        "posture stance stable unmoving quietly patiently stop guard sentry statue immobile rigid "
        "on+one+leg",
    ),
    (
        "walk",
        VERB,
        "walk stroll amble wander stride march tread pace roam hike saunter trek trudge plod "
        "promenade patrol step+forward step+back step+aside sidestep take+a+step tiptoe traipse "
        "strut parade shuffle perambulate move+forward go+forward march+forward stagger",
    ),
    (
        "walk",
        STRONG,
        "approach go head come proceed advance travel traverse cross follow navigate visit return "
        "leave enter exit depart accompany escort explore journey move+toward move+towards "
        "make+your+way find+your+way get+to go+to wend circle tour reach+the+goal reach+the+door "
        "reach+the+end reach+the+other+side reach+the+exit reach+the+destination pass+through "
        "pass+by locomote migrate meander detour backtrack turn+around",
    ),
    (
        "walk",
        WEAK,
        "forward ahead toward towards through along across around past corridor hallway path road "
        "street park maze trail slope goal destination backward backwards sideways turn slowly "
        "pole doorway leisurely pavement sidewalk aisle lobby route distance doorstep",
    ),
    (
        "run",
        VERB + 1.5,
        "run sprint jog dash race gallop hurry rush bolt flee chase scurry scamper speed hurtle "
        "dart pursue outrun charge tear+along tear+down+the lope trot hasten escape hurdle zoom "
        "take+to+your+heels make+haste leg+it overtake",
    ),
    (
        "run",
        FAIR,
        "fast faster fastest quick quickly quicker rapidly rapid swiftly swift marathon track "
        "hurriedly urgently top+speed full+speed as+fast+as flat+out finish+line runner sprinter "
        "athlete athletic race+track before+it+leaves in+a+hurry",
    ),
    (
        "sit",
        VERB + 1.5,
        "sit seat perch sit+down take+a+seat have+a+seat be+seated remain+seated stay+seated "
        "seated take+place+on recline lounge squat lower+yourself settle settle+into settle+down "
        "rest+on plop+down plonk+down take+a+rest+on have+a+rest+on sink+into ensconce",
    ),
    (
        "sit",
        FAIR,
        "chair bench sofa couch stool armchair throne saddle recliner rocker pew settee ottoman "
        "relax rest buttocks bottom",
    ),
    (
        "carry",
        VERB + 0.5,
        "carry transport deliver haul lug tote ferry convey bear schlep hump cart bring fetch "
        "relocate courier smuggle import hand+over drop+off take+away move+the+box "
        "move+the+package move+the+crate move+the+load hug hold+against cradle shoulder+the",
    ),
    (
        "carry",
        FAIR,
        "box crate package parcel suitcase luggage load tray basket+of bag bucket barrel cargo "
        "groceries burden carton trunk backpack bundle sack payload stack+of laundry firewood "
        "furniture belongings freight heavy laden loaded delivery barbell lift hoist both+arms",
    ),
    (
        "reach",
        VERB,
        "reach touch grasp grab press push pull point poke tap catch throw flip twist pinch pluck "
        "wipe stir insert wave pat stroke knock operate toggle pick pick+up put place open close "
        "shut unlock lock plug unplug stretch+out reach+for reach+out extend snatch seize clutch "
        "grip manipulate toss fling hurl write draw paint scrub clean polish screw unscrew pour "
        "button+up feel hand+him hand+her shake+hands take+hold high+five clap squeeze+the+trigger "
        "dial type hang hook swat hit punch strike slap dunk shoot dribble collect+from turn+on "
        "turn+off switch+on switch+off handle swipe scratch salute greet gesture assemble align "
        "cut slice chop stack unstack tidy sort arrange hold+on+to rotate ring",
    ),
    (
        "reach",
        FAIR,
        "hand hands finger fingers palm arm arms fingertip handle knob doorknob button switch "
        "lever shelf cupboard drawer cabinet target point mark door latch hatch valve tool spoon "
        "cup mug ball hoop lid tap faucet key keyhole socket window bookshelf kettle microwave "
        "object objects peg cube block table bar tabletop item buzzer doorbell phone book rope "
        "put+down set+down lay",
    ),
    (
        "crawl",
        VERB + 1.5,
        "crawl creep slither wriggle worm+your crouch duck on+all+fours all+fours hands+and+knees "
        "hands+and+feet scramble squeeze+through squeeze+under squeeze+beneath on+your+belly "
        "go+prone prone crawling stoop clamber+under grovel squirm squeeze+underneath army+crawl "
        "get+down+low stay+low keep+low bear+crawl slink",
    ),
    (
        "crawl",
        VERB,
        "under underneath beneath below tunnel pipe duct vent crawlspace low+ceiling low+tunnel "
        "low+gap culvert burrow low+opening low+passage barbed+wire low+bar hatchway shaft cave "
        "drainpipe belly",
    ),
    (
        "crawl",
        WEAK,
        "low narrow tight cramped confined squeeze hole gap rubble fence",
    ),
    (
        "stair",
        VERB + 2.0,
        "climb ascend descend upstairs downstairs mount clamber scale go+up+the+steps "
        "up+the+steps down+the+steps the+steps flight+of+steps flight+of+stairs next+floor "
        "upper+floor top+floor ground+floor+from second+floor third+floor first+floor one+floor "
        "floor+above floor+below floor+up up+a+floor",
    ),
    (
        "stair",
        STRONG + 1.5,
        "stair stairs staircase stairway stairwell storey story storeys stories escalator attic "
        "basement cellar loft landing ladder bleachers rung balcony+above steps+up steps+down",
    ),
    ("stair", WEAK, "upward upwards downwards uphill higher"),
)
"""Which skill a word speaks for."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DULL = _set(
    "a an the to of and or then at in on with for from by it its your you his her their them this "
    "that these those is are be as into onto until while after before one two both each all any "
    "robot humanoid please should must will can do so not no off out over up down there here "
    "where without which who other move front behind given chosen asked between"
)
"""Words of descriptions that say nothing of a skill."""

NOT = _set("not don't never without no avoid instead rather")
AWAY = _set("from off")
LOADS = _set(
    "box crate package parcel suitcase luggage load tray bag bucket barrel cargo groceries carton "
    "bundle sack payload laundry firewood furniture freight object block ball cup mug book chair "
    "table toolbox basket plate dish bottle brick log pot kettle toy shoe barbell it them"
)
"""Things that are carried when somebody takes or moves them somewhere."""
TAKES = _set("take move shift transfer get put lift pass hand return walk go load")
"""Verbs that mean carrying where a load and a place to go to are named."""
LIFTS = _set("pick lift hoist raise grasp grab")
PLACES = _set("to into across back home away")
