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
        "hold+on+a+moment do+not+move don't+move not+fall without+moving stay+where+you+are "
        "stay+in+place remain+in+place hover upright+posture stay+upright remain+upright "
        "keep+upright hold+fast stay+in+position stay+at+your+post bide+your+time hold+the+pose "
        "strike+a+pose stay+on+the+spot stand+to+attention stay+vertical stay+steady keep+steady "
        "remain+standing hold+steady stay+on+one+leg find+your+footing regain+your+footing "
        "keep+your+footing rise+from arise get+off hold+station keep+watch stay+standing "
        "recover+your+balance do+nothing tarry brace+yourself don't+topple not+topple "
        "don't+tumble don't+tip+over not+tip+over",
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
        "strut parade shuffle perambulate move+forward go+forward march+forward stagger mosey "
        "ramble pad+along pad+across sashay tramp footslog move+along head+for head+to head+over "
        "walk+over go+over make+for make+tracks+for take+a+stroll take+a+walk go+for+a+walk "
        "take+a+turn accompany see+him+to see+her+to show+him+to show+her+to lead+the "
        "wheel+around file+past file+out mill+about cover+the+distance on+foot potter lumber "
        "shamble go+round do+a+lap+slowly make+the+rounds",
    ),
    (
        "walk",
        STRONG,
        "approach go head come proceed advance travel traverse cross follow navigate visit return "
        "leave enter exit depart escort explore journey move+toward move+towards make+your+way "
        "find+your+way get+to go+to wend circle tour reach+the+goal reach+the+door reach+the+end "
        "reach+the+other+side reach+the+exit reach+the+destination pass+through pass+by locomote "
        "migrate meander detour backtrack turn+around",
    ),
    (
        "walk",
        FAIR,
        "usher steer trail+behind shadow+the keep+pace+with retreat withdraw aisle",
    ),
    (
        "walk",
        WEAK,
        "forward ahead toward towards through along across around past corridor hallway path road "
        "street park maze trail slope goal destination backward backwards sideways turn slowly "
        "pole doorway leisurely pavement sidewalk lobby route distance doorstep",
    ),
    (
        "run",
        VERB + 1.5,
        "run sprint jog dash race gallop hurry rush bolt flee chase scurry scamper speed hurtle "
        "dart pursue outrun charge tear+along tear+down+the lope trot hasten escape hurdle zoom "
        "take+to+your+heels make+haste leg+it overtake hightail skedaddle scram scoot scarper "
        "bound beat+the beat+your beat+him beat+her break+into+a pelt sprinting full+tilt "
        "double+time at+the+double bomb+down make+a+break+for make+a+run+for get+away+from+the "
        "run+for+it go+flat+out burst+from+the chase+down catch+up+with win+the+race lap+the "
        "fly+down outpace shake+off book+it bolt+for hotfoot rush+over canter speed+off peg+it "
        "get+out+of+the+burning",
    ),
    (
        "run",
        STRONG,
        "airborne fast faster fastest quick quickly quicker rapidly rapid swiftly swift marathon "
        "track hurriedly urgently top+speed full+speed as+fast+as flat+out finish+line runner "
        "sprinter athlete athletic race+track before+it+leaves in+a+hurry explosive explosively "
        "breakneck lightning haste hastily pronto posthaste asap urgent emergency relay "
        "hundred+metre personal+best dashing",
    ),
    (
        "sit",
        VERB + 1.5,
        "sit seat perch sit+down take+a+seat have+a+seat be+seated remain+seated stay+seated "
        "seated take+place+on recline lounge squat lower+yourself settle settle+into settle+down "
        "rest+on plop+down plonk+down take+a+rest+on have+a+rest+on sink+into ensconce "
        "park+yourself take+a+load+off take+the+weight+off get+off+your+feet rest+your+legs "
        "plant+yourself+on plop plonk flop slump+into drop+into ease+into ease+yourself "
        "lower+your+body+onto get+comfortable+on make+yourself+comfortable sit+back curl+up+on "
        "straddle take+your+place+at take+your+place+on install+yourself squat+on "
        "rest+your+weight+on bum rest+your+backside backside on+your+bottom be+at+your+desk "
        "rest+your+behind hunker+into",
    ),
    (
        "sit",
        STRONG,
        "armchair sofa couch bench stool pew recliner settee loveseat deckchair beanbag "
        "wheelchair barstool toilet",
    ),
    (
        "sit",
        FAIR,
        "chair throne saddle rocker ottoman relax rest buttocks bottom",
    ),
    (
        "carry",
        VERB + 0.5,
        "carry transport deliver haul lug tote ferry convey bear schlep hump bring fetch "
        "relocate courier smuggle import hand+over drop+off take+away move+the+box "
        "move+the+package move+the+crate move+the+load hug hold+against cradle shoulder+the "
        "lugging trundle take+this+to take+these+to take+that+to run+this+over+to "
        "walk+this+over+to bear+the bring+back bring+over bring+me bring+her bring+him bring+us "
        "hand+carry evacuate+the+casualty relay+the+box portage porter heft take+along shift+the "
        "move+these+from move+this+from piggyback in+your+arms with+both+arms in+both+arms "
        "against+your+chest to+your+chest cart+the",
    ),
    (
        "carry",
        FAIR,
        "box crate package parcel suitcase luggage load tray basket+of bag bucket barrel cargo "
        "groceries burden carton trunk backpack bundle sack payload stack+of laundry firewood "
        "furniture belongings freight heavy laden loaded delivery barbell lift hoist both+arms "
        "cooler jerrycan amphora sandbag hamper chest briefcase instrument equipment supplies "
        "gear crates bin container goods produce patient casualty toddler sample samples cake "
        "pile armful armload heap aquarium printer monitor television drum keg basket",
    ),
    (
        "reach",
        VERB,
        "reach touch grasp grab press push pull point poke tap catch throw flip twist pinch pluck "
        "wipe stir insert wave pat stroke knock operate toggle pick pick+up put place open close "
        "shut unlock lock plug unplug stretch+out reach+for reach+out extend snatch seize clutch "
        "grip manipulate toss fling hurl write draw paint scrub clean polish screw unscrew pour "
        "button+up feel hand+him hand+her shake+hands take+hold high+five clap "
        "squeeze+the+trigger dial type left+hand right+hand hang hook swat hit punch strike slap "
        "dunk shoot dribble collect+from turn+on turn+off switch+on switch+off handle swipe "
        "scratch salute greet gesture assemble align cut slice chop stack unstack tidy sort "
        "arrange hold+on+to rotate ring fist+bump fiddle fumble adjust tweak depress jab prod "
        "nudge swivel crank wring knead caress brush dust sweep sprinkle stamp staple tie untie "
        "fasten unfasten buckle unbuckle zip unzip fold unfold peel thread hand+over+the pass+me "
        "give+me present+the collect retrieve extract remove withdraw+the deposit drop+the "
        "position+the post+the swipe+your wave+at wave+to signal beckon applaud raise+your+hand "
        "raise+your+arm raise+both+hands lift+the+lid patting feed+the activate deactivate "
        "trigger+the engage+the release+the yank tug heave+on steady+the+ladder hold+out "
        "hold+the+door juggle bat bowl pitch serve+the lob volley block+the+shot parry dab blot "
        "wipe+down rub massage light+the strum play+the+piano sign+the scan+the insert+the swab "
        "examine+with+your+fingers fetch+down get+down+the",
    ),
    (
        "reach",
        FAIR,
        "hand hands finger fingers palm arm arms fingertip knob doorknob button switch lever "
        "shelf cupboard drawer cabinet target mark door latch hatch valve tool spoon cup mug ball "
        "hoop lid faucet key keyhole socket window bookshelf kettle microwave object objects peg "
        "cube block table bar tabletop item buzzer doorbell phone book rope put+down set+down lay "
        "panel keypad keyboard piano trackpad touchscreen screen joystick pedal+with+your+hand "
        "outlet cord string curtain blind drape tile wall+switch fuse breaker extinguisher "
        "instrument+panel console rack countertop fridge oven jar bottle+cap wrench hammer "
        "screwdriver scalpel pen pencil card badge reader slot",
    ),
    (
        "crawl",
        VERB + 1.5,
        "crawl creep slither wriggle worm+your crouch duck on+all+fours all+fours hands+and+knees "
        "hands+and+feet scramble squeeze+through squeeze+under squeeze+beneath on+your+belly "
        "go+prone prone crawling stoop clamber+under grovel squirm squeeze+underneath army+crawl "
        "get+down+low stay+low keep+low bear+crawl slink go+on+hands+and like+a+bear like+a+baby "
        "like+a+crab like+a+lizard like+a+commando commando+style on+your+knees on+its+belly "
        "on+elbows elbows+and+knees wriggling shimmy+under shimmy+through inch+under "
        "inch+along+the inch+through+the belly+along limbo duck+under pass+under get+under "
        "go+under slip+under drag+yourself pull+yourself+along worm burrow+through hug+the+floor "
        "hug+the+ground close+to+the+ground close+to+the+floor beneath+the+smoke under+the+smoke "
        "below+the+smoke keep+your+head+down scuttle on+hands",
    ),
    (
        "crawl",
        VERB,
        "under underneath beneath below tunnel pipe duct vent crawlspace low+ceiling low+tunnel "
        "low+gap culvert burrow low+opening low+passage barbed+wire low+bar hatchway cave "
        "drainpipe belly",
    ),
    (
        "crawl",
        STRONG,
        "smoke ductwork airlock+hatch rafters crawlway conduit manhole sewer collapsed debris "
        "cargo+net tripwire laser+beam lasers beams+at+knee knee+high waist+high chassis "
        "bed+frame catflap dog+flap",
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
        "floor+above floor+below floor+up up+a+floor fourth+floor fifth+floor sixth+floor "
        "tenth+floor floors+up floors+down flights+up flights+down next+level upper+level "
        "lower+level upper+deck lower+deck upper+storey level+up+the fire+escape spiral+flight "
        "spiral+staircase spiral one+tread tread+at+a+time one+step+at+a+time step+by+step+up "
        "up+to+the+attic down+to+the+basement down+up+the+bleachers to+the+cellar up+to+the+roof "
        "to+the+roof to+the+attic to+the+basement up+to+the+loft go+up+to go+down+to "
        "work+your+way+up work+your+way+down head+up+to head+down+to two+at+a+time stadium+steps",
    ),
    (
        "stair",
        STRONG + 1.5,
        "stair stairs staircase stairway stairwell storey story storeys stories escalator attic "
        "basement cellar loft landing ladder rung balcony+above steps+up steps+down",
    ),
    (
        "stair",
        STRONG,
        "stoop+steps banister bannister handrail flight treads mezzanine lighthouse belfry tower "
        "rungs stepladder terrace",
    ),
    (
        "stair",
        WEAK,
        "upward upwards downwards uphill higher",
    ),
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

NOT = _set("not don't never without no avoid instead rather too")
AWAY = _set("from off")
GO_ON = _set("stop fall forget hesitate fail tire")
"""Who is not to do these is to go on with the rest."""
LOADS = _set(
    "box crate package parcel suitcase luggage load tray bag bucket barrel cargo groceries carton "
    "bundle sack payload laundry firewood furniture freight object block ball cup mug book chair "
    "table toolbox basket plate dish bottle brick log pot kettle toy shoe barbell it them"
)
"""Things that are carried when somebody takes or moves them somewhere."""
TAKES = _set("take move shift transfer get put lift pass hand load")
"""Verbs that mean carrying where a load and a place to go to are named."""
LIFTS = _set("pick lift hoist raise grasp grab")
PLACES = _set("to into across back home away")
