"""Lexicon of the offline teacher: English words and phrases with the motor skills they indicate.

Every entry is `(sign, strength, words)`. A sign is a skill, or becomes one only in its clause (see
`SIGNS`). `ACTS` are actions, with little weight as nouns (`the push`) or as others' actions.
`THINGS` are objects, places and manners, with little weight as landmarks (`past the stairs`). A
`+` joins a phrase, without its determiners; an `@` marks words that count as verbs only.
"""

from __future__ import annotations

VERB, STRONG, FAIR, WEAK = 3.0, 2.0, 1.2, 0.6

SIGNS: tuple[str, ...] = (
    "go",  # getting somewhere by any gait
    "haste",  # what makes that running
    "calm",  # what keeps it from it
    "under",  # being under something
    "offer",  # what makes a seat one to be taken
    "seated",  # a seat that somebody is in
    "bring",  # a thing is to be elsewhere than it is
    "load",  # a thing that is mostly carried
    "unsteady",  # what must not happen to who keeps their balance
    "shake",  # what others do to it
)

ACTS: tuple[tuple[str, float, str], ...] = (
    (
        "stand",
        VERB,
        "@stand wait @balance stay+put stay+on+feet hold+still keep+still remain+still stay+still "
        "be+still hold+position hold+pose keep+balance keep+balanced stand+up get+up rise+to+feet "
        "stand+by get+to+feet stand+guard @freeze stabilise stabilize @idle linger loiter "
        "hold+on+moment stay+where stay+right+where be+right+where stay+in+place remain+in+place "
        "@hover stay+upright remain+upright keep+upright hold+fast stay+in+position stay+at+post "
        "bide+time strike+pose stay+on+spot remain+on+spot stand+to+attention stay+vertical "
        "stay+steady keep+steady remain+standing hold+steady stay+on+one+leg find+footing "
        "regain+footing keep+footing rise+from @arise get+off hold+station keep+watch "
        "stay+standing keep+standing recover+balance regain+balance retain+balance "
        "maintain+balance do+nothing tarry brace+yourself queue stay+rooted stay+in+line "
        "stay+in+queue maintain+posture maintain+stance maintain+position keep+position "
        "keep+posture keep+stance keep+vigil @pose stay+there be+there remain+there stay+here "
        "remain+here wait+here hang+on hang+about hang+around stay+nearby stay+behind "
        "stick+around hold+ground stand+firm stay+by remain+by stay+beside remain+at stay+at "
        "stay+as+you+are remain+as+you+are stay+calm hold+line zero+commanded+velocity "
        "default+configuration nominal+configuration no+movement @model zero+velocity "
        "zero+base+velocity zero+speed quiet+stance quiet+standing nominal+pose default+pose "
        "nominal+posture keep+lookout be+on+guard mount+guard withstand endure survive tolerate "
        "form+up line+up in+queue in+line keep+joint on+feet on+legs on+one+foot hold+out+on "
        "ride+out keep+where remain+where stand+where @resist @absorb @recover @await "
        "be+patient keep+place+in+queue "
        "keep+place+in+line shift+weight straighten+up pull+yourself+up+straight draw+yourself+up "
        "model+for impersonate+statue play+statue stand+sentinel @teeter stay+balanced "
        "remain+balanced be+motionless sway+gently stay+aloft stay+tall reject+disturbance "
        "@station man+post wait+out stay+on+legs keep+on+feet keep+to+feet keep+upright+posture "
        "be+statue be+lamp+post be+tree be+scarecrow are+statue are+lamp+post are+tree "
        "are+scarecrow are+mannequin like+statue like+tree like+lamp+post like+rock like+sentry "
        "like+pillar like+column imitate+statue imitate+tree imitate+scarecrow play+scarecrow "
        "play+tree play+mannequin",
    ),
    (
        "stand",
        FAIR,
        "remain stay pause halt stop guard",
    ),
    (
        "unsteady",
        STRONG,
        "fall topple tumble tip tip+over lose+balance keel+over budge fidget flinch wobble sway "
        "collapse capsize drop+to+ground go+anywhere leave+spot leave+mark leave+post step+off "
        "step+away wander+off be+knocked",
    ),
    (
        "unsteady",
        FAIR,
        "move+foot move+feet move+legs lift+foot lift+feet shift+feet step shift move stir leave "
        "take+step shift+soles shift+footing move+from",
    ),
    (
        "shake",
        STRONG,
        "impulse impulses push shove nudge jostle bump jolt perturb disturb shake knock gust "
        "buffet tug rock sway wobble tremble impact shunt kick",
    ),
    (
        "walk",
        VERB,
        "walk stroll amble wander stride march @tread @pace roam hike saunter @trek trudge plod "
        "promenade @patrol step+forward step+back step+aside sidestep take+step tiptoe traipse "
        "strut @parade shuffle perambulate march+forward @stagger mosey ramble pad+along "
        "pad+across pad+over @sashay tramp footslog take+stroll take+walk go+for+walk "
        "take+turn+in accompany see+him+to see+to+door see+off see+to+car see+out show+to "
        "show+out @lead show+around show+round wheel+around file+past file+out mill+about on+foot "
        "@potter lumber shamble do+lap+slowly make+rounds do+rounds do+slow+lap slow+lap @usher "
        "@limp @hobble @waddle @toddle @totter @mooch @meander @perambulate @sidle @swagger "
        "@prowl go+walkabout stretch+legs walk+up walkabout constitutional take+dog walk+dog "
        "take+for+walk move+forward go+forward go+round walk+over go+walking steps+forward "
        "steps+back steps+backward steps+left steps+right steps+ahead steps+to+left "
        "steps+to+right pace+up+and+down @ambulate @escort @accompany @guide tag+along "
        "keep+company+on+way keep+company+to @shadow slowspeed do+circuit make+circuit "
        "walking+gait walking+speed walking+pace window+shop bring+guest+to guide+guest "
        "go+sightseeing browse+shelves inspect+aisle @inspect+perimeter make+tour do+tour "
        "keep+pace+with fall+in+behind fall+in+step @tail @tour @pedestrian slow+gait",
    ),
    (
        "walk",
        FAIR,
        "on+tour tour+of steer trail+behind come+along browse explore",
    ),
    (
        "go",
        FAIR,
        "catch+it get+it reach+it get+to+it get+to+her get+to+him make+it",
    ),
    (
        "run",
        VERB + 1.5,
        "run sprint jog @dash @race gallop hurry @rush @bolt flee chase scurry scamper @speed "
        "hurtle @dart pursue outrun @charge tear+along tear+down @tear+across @tear+off @lope "
        "@trot hasten @escape hurdle zoom take+to+heels make+haste leg+it overtake hightail "
        "skedaddle scram scoot scarper @bound @beat beat+him beat+her+to break+into+run "
        "break+into+sprint break+into+jog break+into+trot @pelt full+tilt full+pelt double+time "
        "at+double bomb+down make+break+for make+run+for make+dash+for get+away+from run+for+it "
        "burst+from chase+down catch+up+with win+race lap+field fly+down fly+along fly+across "
        "outpace shake+off book+it bolt+for hotfoot rush+over canter @speed+off peg+it "
        "get+out+of+burning @hare go+after+him go+after+her go+after+thief run+after sprint+after "
        "catch+bus catch+train catch+tram catch+ferry catch+thief catch+him catch+runaway "
        "catch+before catch+it+before go+flat+out flat+out hundred+metre hundred+meter "
        "hundred+metres go+for+gold set+record break+record win+medal compete win+it win+gold "
        "@outstrip @outsprint @scuttle+off @whizz @whiz @zip+along @barrel @career+down "
        "@career+across @streak @blaze+down step+on+it get+move+on put+foot+down fastspeed "
        "give+chase put+on+spurt spurt @hustle make+beeline sprinting dash+for race+to "
        "race+against come+in+first cross+line+first finish+first be+first+to come+first "
        "get+there+first beat+clock beat+record beat+time hoof+it @clear+hurdles cut+and+run "
        "make+getaway @abscond @stampede @tear+after fast+as+legs quickly+as+legs lose+pursuers "
        "lose+pursuer steal+base steal+second+base counterattack counter+attack @rocket "
        "@steam+ahead floor+it run+up+to hurry+up as+if+chased like+gazelle like+cheetah "
        "like+hare like+greyhound like+racehorse like+antelope like+deer go+like+wind like+wind "
        "like+lightning like+shot like+hell like+clappers for+life for+dear+life run+down "
        "flight+phase flight+phases aerial+phase ballistic+phase not+let+get+away not+let+escape "
        "not+let+him+get+away not+let+them+get+away not+let+go+away before+gets+away "
        "before+drives+off driving+off",
    ),
    (
        "sit",
        VERB + 1.5,
        "sit perch @perch sit+down take+seat have+seat be+seated remain+seated stay+seated "
        "get+seated seated take+place+on recline @lounge squat @settle settle+into settle+down "
        "rest+on plop+down plonk+down take+rest+on have+rest+on sink+into sink+onto sink+down "
        "ensconce park+yourself take+load+off take+weight+off get+off+feet rest+legs "
        "plant+yourself+on plop @plonk @flop @slump slump+into drop+into+chair ease+into "
        "ease+onto ease+itself ease+yourself lower+yourself lower+itself+onto lower+itself+into "
        "lower+body lower+pelvis lower+hips lower+trunk+onto get+comfortable "
        "make+yourself+comfortable sit+back curl+up straddle take+place+at take+place+in "
        "take+place+behind install+yourself squat+on rest+weight bum rest+backside backside "
        "put+bottom place+bottom bottom+on on+bottom be+at+desk rest+behind hunker+into take+pew "
        "grab+seat grab+chair pull+up+chair grab+pew take+chair take+armchair take+stool "
        "find+seat find+place+to+sit occupy+seat occupy+chair cross+legged cross+legs "
        "back+into+it weight+onto+it weight+on+it take+weight weight+on+cushion bend+knees+until "
        "give+legs+rest give+feet+rest rest+feet get+in+saddle get+into+saddle hop+on+bench "
        "hop+onto hop+up+on mount+saddle bestride lie+back put+feet+up have+sit have+lie+down "
        "lean+back+in nestle join+at+table join+on+rug weight+onto weight+upon hips+onto "
        "buttocks+on pelvis+on pelvis+onto body+weight+on use+seat use+chair use+stool use+bench "
        "hunker+down+on take+bench take+sofa get+into+chair get+into+wheelchair get+into+armchair "
        "get+on+swing get+on+stool get+onto+stool get+into+seat be+passenger take+passenger+seat "
        "take+wheel stay+in+seat remain+in+seat stay+in+chair remain+in+chair remain+in+it "
        "stay+in+it have+breather enthrone sit+for sit+up deposit+yourself hips+back "
        "thighs+parallel sit+to+stand stand+to+sit contact+with+seat",
    ),
    (
        "offer",
        STRONG,
        "behind+you at+back right+behind is+free is+ready is+empty is+reserved ready+for+you "
        "free+for+you pulled+out+for+you pulled+out yours is+for+you use+it is+waiting be+guest "
        "rest+there rest relax take+it+easy waiting+for+you back+up unoccupied dinner+is+served "
        "is+offered saved+for+you kept+for+you supported saved have+break legs+tired tired "
        "supper+ready take+break put+there+for+you comfortable get+in get+into make+use vacated "
        "is+available until+film until+credits",
    ),
    (
        "offer",
        FAIR,
        "@use @occupy @choose @try",
    ),
    (
        "carry",
        VERB + 0.5,
        "carry transport deliver @haul lug @tote @ferry convey schlep @hump bring @fetch relocate "
        "courier smuggle hand+over+to drop+off take+away @hug hold+against @cradle @shoulder "
        "lugging @trundle bring+back bring+over bring+me bring+us hand+carry evacuate+casualty "
        "relay+box portage @porter @heft take+along @bear @piggyback in+arms with+both+arms "
        "in+both+arms both+arms+around arms+around to+chest against+chest to+belly against+belly "
        "against+hip on+hip against+ribs press+against to+ribs clutching against+torso to+torso "
        "against+body to+body close+to+body close+to+chest between+forearms in+forearms "
        "on+shoulder on+shoulders over+shoulder on+back @cart @wheelbarrow @freight @ship "
        "@truck+to @hand+deliver unload+into unload+onto unload+truck unload+van unload+car "
        "load+into load+onto load+van load+truck load+car help+move help+carry @evacuate "
        "@escort+package clear+out+boxes empty+into+skip @pack+into @lump @drag @offload "
        "@transfer @transship @redeliver @distribute @dispatch @restock @stash @haul+away "
        "@move+out @move+house take+out+trash take+out+rubbish take+out+garbage take+out+bin "
        "take+bin+out put+out+bin throw+out+sofa pick+up+deliver pick+place+across cargo+transfer "
        "material+handling payload+transport loco+manipulation box+carrying holding+box "
        "holding+crate holding+tray holding+package holding+parcel balancing+tray with+load "
        "under+load with+payload return+to+owner embrace lug+it @bundle+off @serve+drinks "
        "serve+guests @serve+tea wait+tables with+it+to off+to+with+it @bus+tables cling+to "
        "@clasp @lift+carry carry+off bring+along",
    ),
    (
        "bring",
        VERB,
        "belong+in belong+at belong+on+other belong+with need+to+go+to need+to+go+from "
        "need+to+go+into need+to+be+in need+to+be+at need+to+get+to need+to+go+up need+to+go+back "
        "have+to+be+in have+to+be+at have+to+go+to have+to+go+into have+to+go+from have+to+get+to "
        "has+to+be+in has+to+be+at has+to+go+to has+to+go+into has+to+go+from has+to+get+to "
        "has+to+go+back must+go+to must+go+into must+be+in must+be+at must+get+to should+be+in "
        "should+be+at should+go+to should+go+into ought+to+be+in ought+to+be+at wanted+in "
        "wanted+at is+needed+in is+needed+at are+needed+in are+needed+at is+to+go+to are+to+go+to "
        "is+to+be+in need+moving need+carrying need+taking want+moving want+taking is+due+at "
        "are+due+at is+expected+at is+required+in is+required+at are+required+in move+out+of "
        "in+wrong+place in+wrong+room wrong+place out+of+way off+to+with is+missing+in "
        "are+missing+in waiting+for+it+in has+been+sold has+ordered",
    ),
    (
        "reach",
        VERB,
        "track+target track+moving+target track+marker @reach @touch grasp @grab @press @push "
        "@pull @point @poke @tap @catch throw @flip @twist @pinch @pluck wipe @stir insert @wave "
        "pat @stroke @knock operate toggle @pick pick+up @put @place @open @close @shut unlock "
        "@lock @plug unplug stretch+out reach+for reach+out @extend @snatch seize clutch @grip "
        "manipulate @toss @fling @hurl @write @draw @paint @scrub @clean @polish @screw unscrew "
        "@pour button+up @feel hand+him shake+hands take+hold highfive clap squeeze+trigger @dial "
        "@type @hang @hook swat @hit @punch @strike @slap @dunk @shoot dribble collect+from "
        "turn+on turn+off switch+on switch+off @handle swipe @scratch salute greet gesture "
        "assemble align @cut @slice @chop @stack unstack tidy @sort arrange hold+on+to rotate "
        "@ring fist+bump fiddle fumble adjust tweak depress @jab @prod @nudge swivel @crank wring "
        "knead caress @brush @dust @sweep sprinkle @stamp @staple @tie untie fasten unfasten "
        "@buckle unbuckle @zip unzip @fold unfold @peel @thread hand+over pass+me give+me "
        "@present @collect retrieve extract remove withdraw @deposit @drop @post wave+at wave+to "
        "@signal beckon applaud raise+hand raise+arm raise+both+hands raise+right+hand "
        "raise+left+hand lift+lid patting feed activate deactivate @trigger @engage @release "
        "@yank @tug @heave+on steady+ladder hold+out hold+door juggle @bat @bowl pitch serve+ball "
        "volley block+shot parry @dab @blot wipe+down @rub massage @light strum play+piano "
        "play+guitar play+drums play+harp @sign @scan swab examine+with+fingers fetch+down "
        "get+down+from+shelf turn+key turn+knob turn+handle turn+page turn+dial turn+wheel "
        "turn+valve turn+crank turn+tap turn+screw turn+cube set+dial set+clock set+thermostat "
        "set+timer set+alarm get+rid straighten+tie straighten+picture straighten+painting "
        "move+hand move+palm move+wrist move+arm move+fingertip move+finger move+end+effector "
        "move+elbow bring+hand bring+palm bring+wrist bring+fingertip bring+arm bring+finger "
        "bring+end+effector put+hand put+palm put+finger lay+hand lay+palm rest+hand rest+palm "
        "rest+finger keep+hand keep+palm hold+hand hold+palm hold+up lift+hand lift+arm "
        "drive+hand track+hand servo end+effector end+effectors hand+position hand+pose "
        "wrist+pose grasping hand+to tighten "
        "loosen @hammer @drill @saw @weld solder @oil grease lubricate @iron @sew @knit @comb "
        "braid @shave @wash rinse @soap lather @dry @mop vacuum hoover sponge disinfect sanitise "
        "sanitize @spray @water+plants water+plant @prune @trim @mow @rake @dig @weed @plant+seed "
        "@harvest @gather sow @cook fry @whisk @beat+eggs @mix blend mash grate @season @salt "
        "butter @spread @dip @scoop ladle @fill refill @drain decant @uncork @cork @seal unseal "
        "unwrap @wrap @label @tag @tape glue @stick @pin unpin @clip @clamp @bolt+down rivet fix "
        "repair mend replace install mount+tv @attach detach @connect disconnect unhook unlatch "
        "@latch unclasp @dock+connector squash @crush crumple @squeeze @shake+bottle "
        "@shuffle+cards @deal+cards @roll+dice flick @snap @click tickle @hold+umbrella @pet "
        "@milk @groom @bandage @inject vaccinate stethoscope take+pulse take+temperature "
        "check+pulse @suture @knot hoist+flag lower+flag raise+flag draw+curtain draw+curtains "
        "draw+blind draw+circle pull+curtain sip @drink @eat toast @bless @conduct @thumb @finger "
        "@key+in enter+code enter+pin enter+password punch+in call+lift call+elevator call+nurse "
        "@summon+lift @change+bulb change+fuse @swap @exchange return+handshake offer+hand "
        "accept+handshake @measure @probe palpate @test+socket @inspect+with+hand @silence mute "
        "unmute @start+engine start+machine start+washing stop+machine stop+alarm stop+clock "
        "stop+conveyor shut+off shut+valve snooze @answer+phone pick+phone cross+off tick+off "
        "hang+up hang+picture hang+coat hang+painting hang+clock dismiss+alarm @cover uncover "
        "@lift+latch lift+receiver @pack+lunch @set+table lay+table clear+table @load+dishwasher "
        "load+dishwasher unload+dishwasher @load+printer @feed+cat feed+fish @decorate @ice+cake "
        "frost+cake @carve @sculpt @mould @sand+down @plaster+wall @wipe+off @rub+off @erase "
        "cast+vote vote flip+page leaf+through @tick @fish+out take+out take+from+shelf take+down "
        "take+off take+cup take+mug take+glass @sample within+reach within+grasp "
        "within+arm's+reach arm's+reach arm's+length give+push give+pull give+twist give+tap "
        "give+pat give+stir give+wipe give+shake give+knock give+wave give+thumbs+up thumbs+up "
        "give+squeeze give+hug give+handshake give+polish give+dust give+clean give+spin "
        "give+hand hold+lamp shade+eyes cover+eyes @wear put+on put+out put+away put+down "
        "set+down lay+down blow+out snuff+out @rotate @spin pull+out @slide @undo @do+up @top+up "
        "@pay tap+card @play+chord @play+note @press+key grab+hold get+hold bimanual dexterous "
        "peg+in+hole pick+and+place manipulation reaching feel+for grope elevator+button "
        "lift+button call+button light+switch doorbell shake+hand keep+there turn+it turn+them "
        "@empty return+it @set beat+eggs beat+carpet beat+drum let+in let+out @admit stroke "
        "pet+cat pet+dog reset @restart @reboot @calibrate+knob",
    ),
    (
        "reach",
        STRONG,
        "catch+it show+me",
    ),
    (
        "reach",
        FAIR,
        "@track",
    ),
    (
        "reach",
        WEAK,
        "check+whether check+if",
    ),
    (
        "crawl",
        VERB + 1.5,
        "crawl @creep creep slither wriggle @crouch @duck on+all+fours all+fours hands+feet "
        "scramble squeeze+through squeeze+under squeeze+beneath squeeze+into squeeze+along "
        "squeeze+between+floor on+belly go+prone prone crawling @stoop clamber+under grovel "
        "squirm squeeze+underneath army+crawl get+down+low stay+low keep+low bear+crawl slink "
        "commando+style on+knees on+elbows elbows+knees wriggling shimmy+under shimmy+through "
        "inch+under inch+along+duct inch+through belly+along limbo @duck+under pass+under "
        "pass+beneath pass+below get+under get+beneath get+underneath go+under go+beneath "
        "slip+under slip+beneath slide+under slide+beneath dive+under roll+under crawl+under "
        "drag+yourself pull+yourself+along @worm burrow @burrow hug+floor hug+ground hug+carpet "
        "close+to+ground close+to+floor near+floor near+ground beneath+smoke under+smoke "
        "below+smoke keep+head+down scuttle low+crawl on+hands leopard+crawl tummy on+tummy "
        "on+stomach belly+on belly+near belly+to belly+down like+marine like+soldier+under "
        "stay+flat keep+flat remain+flat flat+on+ground flat+on+floor flat+on+stomach quadruped "
        "quadrupedal quadrupedally head+low body+low torso+low toddler+who+has infant+gait "
        "tunnel+through snake+through worm+way wriggle+way squirm+way ease+way+under "
        "thread+way+under edge+under @spelunk @spelunking @caving @pothole @skulk below+window "
        "below+sill below+sills below+line+of+sight hunched bent+double bend+double "
        "flatten+yourself knuckle+walk knuckle+walking monkey+walk crab+walk get+down+on "
        "keep+down below+laser below+beam below+radar stay+below keep+below stay+under keep+under "
        "stay+beneath keep+beneath low+height reduced+height hand+foot+contacts",
    ),
    (
        "stair",
        VERB + 2.0,
        "@climb ascend descend upstairs downstairs @mount clamber @scale go+up+steps up+steps "
        "down+steps flight+of+steps flight+of+stairs next+floor up+floor spiral+flight one+tread "
        "tread+at+time one+step+at+time step+by+step+up two+at+time three+at+time tread+after "
        "one+tread+after one+stair+at riser+after go+up+to go+down+to work+way+up work+way+down "
        "head+up+to head+down+to one+floor+up one+floor+down one+storey+up one+storey+down "
        "two+floors floors+up floors+down flights+up flights+down storeys+up storeys+down "
        "levels+up levels+down nolift come+up+to come+down+from come+down+to+kitchen "
        "go+up+flights go+up+flight steps+up+to steps+down+to to+top+of+tower to+top+of+building "
        "go+up+and+down make+way+up make+way+down run+up+steps trudge+up plod+up hike+up+steps "
        "walk+up+to+attic walk+up+to+nth walk+down+to+basement pop+up+to pop+down+to nip+up+to "
        "nip+down+to get+up+to+nth get+down+to+basement take+steps+up take+steps+down up+flight "
        "down+flight foothold+by+foothold rung+by+rung step+up+onto step+down+from step+onto "
        "step+up step+down up+onto+platform up+onto+stage up+onto+podium stepping+up box+steps "
        "up+ramp+of+steps up+to+nth down+to+nth to+nth+floor from+nth+floor",
    ),
)

THINGS: tuple[tuple[str, float, str], ...] = (
    (
        "stand",
        FAIR,
        "upright motionless still stationary attention steady steadily vertical posture stance "
        "stable unmoving quietly patiently sentry statue immobile rigid on+one+leg erect "
        "equilibrium mannequin scarecrow sentinel in+place on+spot static feet+planted "
        "feet+together bolt+upright rooted planted glued pedestal plinth lookout wobble+board "
        "balance+board balance+beam tightrope stilt stilts moving+deck swaying+deck rocking+boat "
        "disturbance disturbances perturbation perturbations both+legs both+feet one+foot "
        "single+support double+support center+of+mass centre+of+mass base+fixed fixed+base anthem "
        "parade+rest ramrod on+tiptoe on+tiptoes motionlessly immobility where+you+are "
        "where+it+is where+they+are full+height until+further+notice lamppost totem+pole "
        "guardsman bodyguard usher+post on+duty on+guard snapshot portrait x+ray measure+height "
        "statuesque catwalk+pose",
    ),
    (
        "walk",
        FAIR,
        "aisle leisurely unhurried easy+pace gentle+pace at+ease gait calmly moderate+pace "
        "steady+pace slow+pace slow+walk pedestrian+crossing zebra+crossing",
    ),
    (
        "walk",
        WEAK,
        "corridor hallway park maze slope slowly pole doorway pavement sidewalk lobby route "
        "doorstep path trail street stroller promenade footpath boulevard esplanade lane gallery "
        "museum zoo market shop mall plaza terrain heading without+rushing without+hurrying",
    ),
    (
        "go",
        STRONG,
        "go head+for head+to head+over head+across head+down head+along head+through head+back "
        "head+toward head+towards head+out head+into head+off head+straight head+past head+north "
        "head+in @head come proceed @advance travel traverse @cross @navigate @visit @return "
        "@leave enter @exit depart @journey move+toward move+towards move+along move+ahead "
        "move+on move+across move+through move+to move+at make+way find+way get+to get+from "
        "get+across get+through get+out get+past get+into+room get+there follow make+it "
        "get+over+to go+to wend pick+way circle reach+goal reach+door reach+end reach+other+side "
        "reach+exit reach+destination reach+finish reach+gate pass+through pass+by pass+along "
        "pass+into locomote locomotion migrate detour backtrack turn+around approach make+for "
        "make+tracks cover+distance cover+metres cover+ground work+way thread+way edge+past "
        "inch+along inch+forward take+corridor take+hallway take+path take+road take+route "
        "take+exit take+aisle take+street take+lane take+trail take+left take+right take+first "
        "take+nth take+next take+turn take+turning take+bridge take+passage take+way take+ramp "
        "hang+left hang+right turn+left turn+right bear+left bear+right keep+left keep+right "
        "go+as+far as+far+as meet+me meet+him join+us join+me join+them join+queue continue "
        "carry+on keep+up+with reach+podium reach+top reach+platform reach+roof reach+summit "
        "reach+floor reach+nth reach+station reach+room reach+kitchen reach+house reach+shore "
        "reach+office reach+lobby reach+meeting reach+stage reach+balcony keep+going keep+on+to "
        "press+on push+on push+through+crowd @tour call+at call+on drop+by drop+in stop+by "
        "stop+off pop+over pop+into pop+round nip+over nip+into set+off set+out start+out show+up "
        "turn+up withdraw+to retreat velocity+command commanded+velocity track+velocity "
        "command+velocity velocity+of follow+velocity base+velocity linear+velocity yaw+rate "
        "negotiate look+into+every walkway be+back back+to+base find+exit go+see go+check go+find "
        "evacuate+building evacuate+room vacate+room make+exit quit+room get+going get+moving "
        "get+away get+clear move+away keep+moving @wend @trek gain+exit",
    ),
    (
        "go",
        WEAK,
        "forward ahead toward towards through along across around past goal destination backward "
        "backwards sideways turn road distance straight+on back+and+forth home opposite+side "
        "other+side far+side other+end far+end far+wall via",
    ),
    (
        "run",
        STRONG,
        "airborne winner cyclist jogger fast faster fastest quick quickly quicker rapidly rapid "
        "swiftly swift marathon track hurriedly urgently top+speed full+speed as+fast+as flat+out "
        "finish+line runner sprinter athlete athletic race+track in+hurry explosive explosively "
        "breakneck lightning haste hastily pronto posthaste asap urgent emergency personal+best "
        "dashing maximum+speed max+speed top+pace full+throttle maximum+velocity high+speed "
        "racetrack stopwatch starting+pistol starting+gun starting+blocks relay+race relay+team "
        "relay+baton last+lap shortest+possible+time least+time record+time minimum+time "
        "maximise+velocity maximize+velocity maximise+forward+velocity maximize+forward+velocity "
        "maximise+speed maximize+speed forward+velocity+as treadmill+at+full both+feet+off "
        "feet+leave+ground galloping athletics+track athletics+oval laps last+second top+gear "
        "double+quick at+once+flat hell+for+leather headlong helter+skelter like+mad like+crazy "
        "all+out jogging+pace running+gait wolves+after bull+after dog+after bees+after "
        "swarm+after steeplechase decathlon",
    ),
    (
        "haste",
        STRONG,
        "deadline before+closes before+leaves before+departs before+too+late there+no+time "
        "no+time+to+lose not+moment+to+lose not+second+to+lose hurry+is+needed "
        "while+you+still+can running+late late emergency fire alarm drowning explosion explode "
        "burst flood avalanche collapsing burning on+fire ablaze bomb thief robber pickpocket "
        "burglar getting+away rolling+away runaway about+to+leave about+to+close about+to+depart "
        "are+closing is+closing is+leaving doors+close pulling+away driving+off drives+off "
        "running+off racing+off is+departing wildfire tsunami landslide lava heart+attack fainted "
        "tornado bleeding choking bees wolf wolves bull bear+is+after tiger+is+after dinosaur "
        "rolled+away boulder slip+lead has+escaped on+loose heading+for+motorway into+traffic "
        "traffic whistle+blows buzzer+sounds last+train last+bus final+call last+call kick+off",
    ),
    (
        "calm",
        VERB,
        "without+rush without+hurry no+hurry no+rush not+hurry not+rush unhurried leisurely "
        "easy+pace gentle+pace calm calmly slow slowly gently relaxed at+ease take+time "
        "moderate+pace easy+going own+tempo own+pace no+need+to+rush",
    ),
    (
        "sit",
        STRONG,
        "seat armchair sofa couch bench stool pew recliner settee loveseat deckchair beanbag "
        "wheelchair barstool cushion rocking+chair swivel+chair easy+chair dining+chair "
        "office+chair folding+chair barber's+chair dentist's+chair hammock onto+swing on+swing "
        "on+toilet onto+toilet hassock pouffe futon chaise divan sunlounger lounger lap+of "
        "knees+bent seat+pan bleacher+seat rocking+horse driver's+seat passenger's+seat "
        "passenger's+place bar+stool pianist's+stool piano+stool high+chair camp+chair lawn+chair "
        "garden+chair seating chairlift",
    ),
    (
        "sit",
        FAIR,
        "chair throne saddle rocker ottoman buttocks hips pelvis backrest hospital+bed mattress "
        "bed+edge edge+of+bed edge+of+bath armrest row+f front+row tatami rug+cross tree+stump "
        "stump hay+bale kerb doorstep+rest tailgate park+wall dinner+table lotus vacant thigh "
        "thighs theatre+row on+bottom vacant+place free+place empty+place place+in+row nth+row "
        "vacant+spot bear+mass bear+weight cinema dentist hairdresser barber interview",
    ),
    (
        "load",
        FAIR,
        "box crate package parcel suitcase luggage load tray basket+of bag bucket barrel cargo "
        "groceries burden carton trunk backpack bundle sack payload stack+of laundry firewood "
        "furniture belongings freight heavy laden loaded delivery barbell lift+it hoist both+arms "
        "cooler jerrycan amphora sandbag hamper chest+of+drawers briefcase equipment supplies "
        "crates bin container goods produce casualty sample samples cake pile armful armload heap "
        "aquarium printer monitor television drum keg basket bulky fragile weighty unwieldy "
        "stretcher boxes folders paperwork dossier mail post+bag toolkit rucksack duffel dresser "
        "wardrobe crib mattress+to amplifier cello tuba microwave+oven potted+plant flowerpot "
        "watermelon pumpkin sacks cement bricks planks plank timber lumber logs hay bale vase "
        "trophy blankets linen towels lunchbox cauldron crockery donation donations merchandise "
        "stock shipment pallet consignment kilo kilos kg",
    ),
    (
        "reach",
        STRONG,
        "left+hand right+hand left+palm right+palm left+wrist right+wrist left+arm right+arm "
        "both+hands both+palms left+finger right+finger left+fingertip right+fingertip",
    ),
    (
        "reach",
        FAIR,
        "hand hands finger fingers palm arm arms fingertip knob doorknob button switch lever "
        "shelf cupboard drawer cabinet target mark latch hatch valve tool spoon cup mug ball hoop "
        "lid faucet key keyhole socket bookshelf kettle microwave object objects peg cube block "
        "item buzzer phone book rope lay panel keypad keyboard piano trackpad touchscreen screen "
        "joystick outlet cord string curtain blind drape wall+switch fuse breaker extinguisher "
        "instrument+panel console rack countertop fridge oven jar bottle+cap wrench hammer "
        "screwdriver scalpel pen pencil card reader slot handle thermostat lampshade lamp bulb "
        "light+bulb chalkboard whiteboard blackboard wrist wrists index+finger thumb knuckles "
        "forearm elbow padlock zipper toggle+switch dial remote mouse stylus syringe paintbrush "
        "sponge cloth dispenser sensor alarm+clock smoke+alarm coffee+machine toaster blender "
        "mixer stapler scissors tweezers pliers spanner nut screw nail plug cable cobweb crumb "
        "crumbs stain spill candle match coin ticket+machine vending+machine+button pendulum bell "
        "gong chime ribbon apple pear plum cherry fruit+bowl branch flower petal vine "
        "mailbox+flap letterbox teapot saucer plate fork chopstick chopsticks bowl whisk pan pot "
        "doorframe hinge crank pulley tap spigot nozzle hose pump throttle gear+stick handbrake "
        "goal+pose target+pose setpoint tolerance waypoint+hand coordinate coordinates handshake "
        "handshakes glass picture+frame painting's+frame necktie shoelace shoelaces collar door "
        "window table bar tabletop tile badge basin sink stove mirror wall",
    ),
    (
        "crawl",
        VERB,
        "tunnel duct vent crawlspace crawl+space low+ceiling low+tunnel low+gap culvert "
        "low+opening low+passage barbed+wire low+bar hatchway drainpipe belly drainage+pipe "
        "sewer+pipe air+duct ventilation+shaft air+shaft cable+duct cable+shaft narrow+pipe "
        "concrete+pipe water+pipe storm+drain ductwork crawlway conduit catflap cat+flap dog+flap "
        "dog+door ceiling+is+low knee+height waist+height knee+high knee+level hip+height "
        "lowsize+high lowsize+tall lowsize+across lowsize+clearance lowsize+gap lowsize+pipe "
        "lowsize+beam lowsize+wide lowsize+passage lowsize+tunnel lowsize+opening lowsize+ceiling "
        "lowsize+diameter lowsize+bar lowsize+barrier lowsize+duct lowsize+obstacle "
        "lowsize+headroom lowsize+hole lowsize+hatch lowsize+door lowsize+table "
        "lowsize+off+ground lowsize+above+floor lowsize+above+ground lowsize+in+height "
        "lowsize+in+diameter diameter+of+lowsize height+of+lowsize clearance+of+lowsize "
        "headroom+of+lowsize ceiling+at+lowsize clearance+is+lowsize ceiling+is+lowsize "
        "gap+of+lowsize opening+of+lowsize too+low+to too+low+for mouse+hole rabbit+hole foxhole "
        "fox+hole animal+burrow badger+sett fox's+den igloo+entrance cave+passage low+cave "
        "play+tunnel overhead+obstacle overhead+obstacles under+floorboards underfloor low+beam "
        "low+beams low+doorway low+hatch low+fence low+table low+shelf+to+other low+clearance "
        "overhead+clearance floorboards",
    ),
    (
        "crawl",
        STRONG,
        "smoke airlock+hatch rafters manhole sewer collapsed tripwire laser+beam lasers "
        "laser+beams beams+at+knee knees chassis bed+frame sofa+bed half+closed+shutter "
        "half+open+shutter half+open+garage half+raised half+lowered cargo+net pipe burrow shaft "
        "cavity underbrush undergrowth thicket bramble cave cavern den kennel doghouse wreckage "
        "overhang catacomb mineshaft mine+gallery ventilation pipeline clearance headroom "
        "hollow+log through+gap through+hole through+opening gap gunfire trench bunker+slit "
        "carpet+height",
    ),
    (
        "crawl",
        WEAK,
        "lowsize low tiny+entrance narrow tight cramped confined squeeze hole rubble fence "
        "shutter beam barrier hedge debris desk+row",
    ),
    (
        "under",
        VERB,
        "under underneath beneath below",
    ),
    (
        "stair",
        STRONG + 1.5,
        "stair stairs staircase stairway stairwell storey story storeys stories attic basement "
        "cellar loft landing ladder rung balcony+above steps+up steps+down nth+floor floor+above "
        "floor+below ground+floor top+floor fire+escape spiral+staircase spiral bleachers "
        "stadium+steps flights+above flights+below two+flights bell+tower lamp+room belfry "
        "lighthouse risers riser stepladder fire+stairs fire+stair emergency+stairs loft+hatch "
        "top+row upper+row upper+concourse upper+gallery up+to+roof to+roof roof+terrace rooftop "
        "roof+garden penthouse from+roof floors+above floors+below storeys+above storeys+below "
        "one+storey+above one+storey+below one+floor+above one+floor+below level+above "
        "level+below street+level stepwell pulpit stone+steps marble+steps concrete+steps "
        "wooden+steps steep+steps steps+of upper+circle upper+balcony one+below+it companionway "
        "gangway+steps below+deck below+decks up+on+deck diving+board minaret turret "
        "observation+deck crow's+nest watchtower campanile treehouse tree+house fire+ladder "
        "metro+steps porch+steps boarding+stairs nolift mezzanine flights ziggurat pyramid "
        "amphitheatre storey+house",
    ),
    (
        "stair",
        STRONG,
        "steps stoop+steps banister bannister flight treads tower rungs terrace upper+deck "
        "escalator step+height staircases grandstand podium stile tread pagoda upper+floor dais "
        "rostrum ledges",
    ),
    (
        "stair",
        WEAK,
        "upward upwards downwards uphill porch handrail overground",
    ),
)
"""Skills of single words."""

NEUTRAL = (
    "charging+dock charging+station charging+pad charging+point docking+station assembly+point "
    "assembly+area meeting+point muster+point starting+point waiting+area waiting+room "
    "sitting+room standing+desk walking+stick running+machine swimming+pool loading+dock "
    "loading+bay loading+ramp parking+lot parking+space landing+strip landing+pad washing+machine "
    "hand+sanitizer hand+sanitiser touching+floor touching+ground fire+door fire+drill "
    "for+nth+floor passer+by passers+by foot+of+stairs foot+of+steps foot+of+ladder "
    "foot+of+staircase foot+of+tower foot+of+flight foot+of+mountain bottom+of+stairs "
    "bottom+of+steps bottom+of+staircase fall+behind fall+back second+hand hand+luggage run+out "
    "point+of+view in+charge free+of+charge on+left on+right to+left to+right left+of right+of "
    "in+front in+front+of on+other+hand at+hand water+cooler press+conference running+water "
    "under+bridge under+bridges under+arch under+arches under+tree under+trees under+sky "
    "under+stars under+sun under+moon under+umbrella under+roof under+awning under+clock "
    "under+lamp under+streetlight under+external under+random under+disturbance "
    "under+disturbances under+perturbation under+control under+supervision under+way under+arm "
    "under+load below+average under+pressure under+lights under+spotlight under+sign under+canopy "
    "right+away right+now right+here right+there right+where right+next right+beside "
    "let+others+go let+others+pass let+them+pass bus+stop bus+stops stop+sign full+stop "
    "taxi+stand news+stand stand+of stall music+stand front+desk reception+desk block+of+flats "
    "around+block round+block city+block last+post post+office press+office sales+pitch "
    "football+pitch rugby+pitch seating+area seating+plan step+stool run+time stage+door car+park "
    "national+park business+park picture+gallery blind+person blind+man touch+screen+display "
    "open+door open+window open+air closed+door shut+door watch+tower+clock tour+guide guide+dog "
    "sale+point point+b light+goes light+turn light+is green+light red+light traffic+light "
    "traffic+lights tree+trunk car+trunk trunk+of+tree chest+height shoulder+height eye+level "
    "eye+height shoulder+level chest+level arm+chair cargo+bay mail+room post+room printer+room "
    "box+office say tell think look see find use check know imagine note remember let make do try "
    "begin start finish complete keep perform execute enjoy watch listen count mind join get take "
    "give have want need be ask expect ticket+office bag+drop luggage+hall baggage+hall "
    "bell+rings bell+goes camera+flash photo+shoot key+holder keyhole+surgery tennis+court "
    "food+court supreme+court as+soon+as as+long+as well+lit left+alone leave+alone leave+behind "
    "left+behind hold+on how+to look+out at+top+of+voice roll+call fire+brigade fire+engine "
    "fire+station bed+sheet piece+of+cake next+to close+to close+by near+to time+out of+course "
    "without+hurry take+time no+hurry no+rush not+rush not+hurry clock+hit hot+air stage+fright "
    "light+rain lift+off run+down+building shop+window display+window window+display file+cabinet "
    "filing+cabinet table+tennis pool+table board+game chalk+mark starting+line on+way "
    "standing+order body+height full+stretch front+row+fans head+of+table "
    "head+of+department bed+head shower+head nurses'+station train+station bus+station "
    "gas+station petrol+station space+station police+station work+station weather+station"
)
"""Neutral phrases of words that are not."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


DULL = _set(
    "a an the to of and or then at in on with for from by it its your you his her their them this "
    "that these those is are be as into onto until while after before one two both each all any "
    "robot humanoid please should must will can do so not no off out over up down there here "
    "where without which who other move front behind given chosen asked between"
)
"""Words of descriptions that indicate no skill."""

NOT = _set("not never without no avoid instead rather too nothing nobody")

AWAY = _set("from off")

LANDMARKS = _set("past beside near opposite facing rounding alongside next outside between")
"""Words before a location rather than an action."""

TOWARDS = _set("to into onto toward towards up down via over")
"""Words that end a landmark or a starting point."""

DESTINATIONS = _set("to toward towards through")
"""Words before a destination."""

SKIPPED = _set(
    "left right both two one me him them us exactly just precisely perfectly very quite slightly"
)
"""Words that may occur within a known phrase."""

GO_ON = _set("stop forget hesitate fail tire slow")
"""Verbs whose negation means to continue."""

LOADS = _set(
    "box crate package parcel suitcase luggage load tray bag bucket barrel cargo groceries carton "
    "bundle sack payload laundry firewood furniture freight object block ball cup mug book chair "
    "table toolbox basket plate dish bottle brick log pot kettle toy shoe barbell it them stool "
    "bench sofa armchair printer monitor microwave television lamp plant folders files bin "
    "equipment supplies cooler drum keg container trunk wardrobe dresser"
)
"""Objects that are carried when moved."""

ROOMS = _set(
    "room kitchen garage garden office hall bedroom bathroom lounge pantry cellar attic basement "
    "shed yard barn warehouse storeroom storage laboratory lab ward van truck lorry car boat "
    "house flat shop library patio terrace balcony department floor pallet stage corner ambulance "
    "kitchenette studio workshop cloakroom lobby reception vault canteen depot conference archive "
    "stable"
)
"""Destinations of carried objects."""

WHITHER = _set("off where around round")
"""Destinations of accompanied people, besides `PLACES`."""
FAR = _set("away across other another opposite far")
"""Distances that mean carrying."""

PUTS = _set("stow stash store put place set lay drop unload stack empty clear")

TAKES = _set("take move shift transfer get return send drop bring have help")
"""Verbs that mean carrying with an object and a destination."""

LIFTS = _set("pick lift hoist raise grasp grab")

PLACES = _set("to into across back home away out over onto up down through outside inside from")

LIMBS = _set(
    "hand palm finger fingertip arm wrist elbow foot leg knee effector effectors head hip pelvis "
    "torso body forearm weight belly yourself feet seat back gaze eye base"
)
"""Objects whose moving is not carrying."""

WAYS = _set(
    "corridor hallway path road route street aisle lane trail passage left right exit way turn "
    "bridge ramp stair staircase stairs steps lift elevator escalator bus train taxi door gate "
    "nth first tunnel flight fire time break rest stroll walk run step look place distance tram "
    "underpass subway pavement metro shortcut detour track crossing corner tour doorway stairwell "
    "ladder escape spiral flights"
)
"""Routes: to take these is to walk along them."""

BEASTS = _set(
    "baby toddler infant bear dog cat puppy kitten pony horse horsey lion tiger wolf fox tortoise "
    "turtle lizard gecko crocodile alligator crab snake worm spider mole badger leopard panther "
    "cub lamb sheep cow pig piglet elephant mouse rat hedgehog beetle ant caterpillar salamander "
    "iguana commando monkey ape gorilla raccoon animal quadruped newt sloth donkey goat cockroach "
    "rabbit"
)
"""Animals whose imitation is crawling."""

MIMICS = _set("like as pretend imitate mimic impersonate play act be behave emulate copy")

SHOWS = _set("see show take bring lead guide walk help escort usher accompany")
"""Verbs that mean walking with people as their object."""

PEOPLE = _set(
    "visitor guest child man woman lady customer dog him grandma grandmother grandfather tourist "
    "tourists guests visitors children boy girl kid kids friend colleague newcomer bride client "
    "passenger patient lodger pensioner grandpa mother father newcomers relative relatives family "
    "inspector applicant candidate pupil pupils resident student group delegation delegate "
    "director"
)
"""People: to take them somewhere is to walk with them."""
