"""One scene of every kind and with every visual: what golden images and contact sheets show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from tests.unit.layout.conftest import speak
from worker.lessons.charts import (
    Axis,
    Bar,
    BarChart,
    Curve,
    CurvePoint,
    FunctionPlot,
    Jump,
    Mark,
    NumberLine,
)
from worker.lessons.diagrams import (
    ComparedFact,
    Comparison,
    DatedEvent,
    EventLine,
    Flow,
    FlowStep,
    Side,
)
from worker.lessons.labelled_diagrams import (
    AtomDiagram,
    AtomLabel,
    AtomPart,
    CellDiagram,
    CellLabel,
    Structure,
)
from worker.lessons.narration import SceneNarration
from worker.lessons.sources_card import sources_card
from worker.lessons.storyboard import Bullet, Scene, SceneKind, Sentence, Source
from worker.lessons.timeline import PlacedScene, Timeline
from worker.lessons.visuals import (
    Direction,
    Equation,
    Equations,
    Force,
    ForceDiagram,
    PartCue,
    Thing,
    Visual,
)

SPOKEN = Sentence("one two three four five six seven eight nine ten?")


def place(
    kind: SceneKind,
    title: str,
    bullets: Sequence[str] = (),
    display: str = "",
    visual: Visual | None = None,
) -> PlacedScene:
    """A scene whose bullets and parts are named one after the other, evenly."""
    parts = visual.part_ids if visual else ()
    said = [SPOKEN] * max(len(bullets), -(-len(parts) // 5), 2)
    if kind is SceneKind.QUESTION:
        said[0] = Sentence("Is this the question?", pause_after=3.2)
    turns = cycle(range(len(said)))
    cues = tuple(
        PartCue(part_id, index // 5 % len(said), 1 + 2 * (index % 5))
        for index, part_id in enumerate(parts)
    )
    scene = Scene(
        scene_id="scene",
        kind=kind,
        title=title,
        sentences=tuple(said),
        bullets=tuple(Bullet(text, next(turns)) for text in bullets),
        display=display,
        visual=visual,
        part_cues=cues,
    )
    narration = SceneNarration("scene", tuple(map(speak, scene.sentences)))
    return Timeline().then(scene, narration).scenes[0]


def place_card(*sources: Source) -> PlacedScene:
    """The sources card of a lesson that rests on all of these."""
    citing = Sentence("All of it.", tuple(one.source_id for one in sources))
    card = sources_card(sources, [Scene("scene", SceneKind.EXPLANATION, "All", (citing,))])
    return Timeline().then(card, SceneNarration(card.scene_id, ())).scenes[0]


FORCES = ForceDiagram(
    (Thing("car", "Car", "1200 kg"),),
    (
        Force("drive", "5000 N", "car", Direction.RIGHT, 5000),
        Force("drag", "1400 N", "car", Direction.LEFT, 1400),
        Force("net", "Net: 3600 N", "car", Direction.RIGHT, 3600, is_net=True),
    ),
)
EQUATIONS = Equations(
    (
        Equation("rule", r"a = \frac{F}{m}", "a equals F over m"),
        Equation("known", r"a = \frac{3600\,\text{N}}{1200\,\text{kg}}", "the numbers"),
        Equation("result", r"a = 3\,\text{m/s²}", "three meters per second squared"),
    )
)
BARS = BarChart(
    "Gravity",
    (
        Bar("moon", "Moon", 1.6),
        Bar("mars", "Mars", 3.7),
        Bar("earth", "Earth", 9.8),
        Bar("jupiter", "Jupiter", 24.8),
    ),
    "N/kg",
)
PLOT = FunctionPlot(
    Axis(-4, 4, "x"),
    Axis(-6, 8, "y"),
    (Curve("bowl", "x^2 - 4", "y = x^2 - 4", "y equals x squared minus four"),),
    (
        CurvePoint("left", "bowl", -2, "root"),
        CurvePoint("right", "bowl", 2, "root"),
        CurvePoint("vertex", "bowl", 0, "vertex"),
    ),
)
NUMBERS = NumberLine(
    -2,
    6,
    (Mark("start", -1, "start"), Mark("end", 4, "end")),
    (Jump("jump", -1, 4, "+5"),),
)
FRACTIONS = NumberLine(
    0,
    2,
    (Mark("half", 0.5, "two quarters"), Mark("more", 1.25, "five quarters")),
    denominator=4,
)
COMPARISON = Comparison(
    Side(
        "mass",
        "Mass",
        (
            ComparedFact("matter", "Amount of matter"),
            ComparedFact("kilograms", "In kilograms"),
            ComparedFact("same", "The same everywhere"),
        ),
    ),
    Side(
        "weight",
        "Weight",
        (
            ComparedFact("pull", "Pull of gravity"),
            ComparedFact("newtons", "In newtons"),
            ComparedFact("differs", "Less on the Moon"),
        ),
    ),
)
EVENTS = EventLine(
    (
        DatedEvent("dalton", "1803", "Dalton: solid balls"),
        DatedEvent("thomson", "1897", "Thomson finds electrons"),
        DatedEvent("rutherford", "1911", "Rutherford: a nucleus"),
        DatedEvent("bohr", "1913", "Bohr: electrons in shells"),
    )
)
CHAIN = Flow(
    (
        FlowStep("dna", "DNA"),
        FlowStep("copy", "Messenger RNA"),
        FlowStep("chain", "Chain of amino acids"),
        FlowStep("protein", "Protein"),
    )
)
CYCLE = Flow(
    (
        FlowStep("vary", "Variation"),
        FlowStep("compete", "Competition"),
        FlowStep("survive", "Survival"),
        FlowStep("inherit", "Inheritance"),
    ),
    is_cycle=True,
)
ANIMAL = CellDiagram(
    (
        CellLabel("membrane", Structure.MEMBRANE, "Membrane"),
        CellLabel("nucleus", Structure.NUCLEUS, "Nucleus"),
        CellLabel("cytoplasm", Structure.CYTOPLASM, "Cytoplasm"),
        CellLabel("mitochondria", Structure.MITOCHONDRION, "Mitochondria"),
        CellLabel("ribosomes", Structure.RIBOSOME, "Ribosomes"),
    )
)
PLANT = CellDiagram(
    (
        CellLabel("wall", Structure.WALL, "Cell wall"),
        CellLabel("membrane", Structure.MEMBRANE, "Membrane"),
        CellLabel("vacuole", Structure.VACUOLE, "Vacuole"),
        CellLabel("chloroplasts", Structure.CHLOROPLAST, "Chloroplasts"),
        CellLabel("nucleus", Structure.NUCLEUS, "Nucleus"),
        CellLabel("mitochondria", Structure.MITOCHONDRION, "Mitochondria"),
    ),
    is_plant=True,
)
ATOM = AtomDiagram(
    6,
    6,
    6,
    (
        AtomLabel("nucleus", AtomPart.NUCLEUS, "Nucleus"),
        AtomLabel("proton", AtomPart.PROTON, "Proton"),
        AtomLabel("neutron", AtomPart.NEUTRON, "Neutron"),
        AtomLabel("electron", AtomPart.ELECTRON, "Electron"),
        AtomLabel("shell", AtomPart.SHELL, "Shell"),
    ),
)

KINDS: dict[str, PlacedScene] = {
    "statement": place(SceneKind.EXPLANATION, "Forces come in pairs"),
    "hook": place(
        SceneKind.HOOK, "A question to start", ("Why can you jump off a boat?", "Guess first")
    ),
    "terms": place(
        SceneKind.TERMS,
        "Words you need",
        ("Force: a push or a pull", "Mass: amount of matter", "Net force: what is left over"),
    ),
    "explanation": place(
        SceneKind.EXPLANATION,
        "Every push has its partner",
        ("Two things, two forces", "Same size", "Opposite directions"),
        display="F₁ = \N{MINUS SIGN}F₂",
    ),
    "analogy": place(
        SceneKind.ANALOGY,
        "Newton's third law in basketball",
        ("Shoe pushes the floor back", "Floor pushes you forward", "No grip, no push"),
    ),
    "worked-example": place(
        SceneKind.WORKED_EXAMPLE,
        "Two skaters push off",
        ("Forces: 160 N each", "Masses: 40 kg and 80 kg", "160 ÷ 40 = 4 m/s²"),
        display="4 m/s² and 2 m/s²",
    ),
    "misconception": place(
        SceneKind.MISCONCEPTION,
        "A common mix-up",
        ("Mix-up: bigger things push harder", "In fact: both forces are the same size"),
    ),
    "question": place(
        SceneKind.QUESTION,
        "Check yourself",
        ("A truck hits a fly: which force is bigger?", "Neither: they are the same", "One pair"),
    ),
    "takeaways": place(
        SceneKind.TAKEAWAYS,
        "What to remember",
        ("Forces come in pairs", "Same size, opposite ways", "On two different things"),
    ),
    "sources": place_card(
        Source(
            "physics",
            "OpenStax Physics",
            "Chapter 4, Forces and Newton's Laws of Motion: Newton's Third Law of Motion",
            "CC BY 4.0",
        ),
        Source("wikipedia", "Wikipedia", "Reaction (physics)", "CC BY-SA 4.0"),
    ),
}

_LISTS: dict[str, tuple[Visual, tuple[str, ...]]] = {
    "forces": (FORCES, ("Forward: 5000 N", "Backward: 1400 N", "Net force: 3600 N")),
    "equations": (EQUATIONS, ("Net force ÷ mass", "3600 N, 1200 kg", "a = 3 m/s²")),
    "bar-chart": (BARS, ("Moon: weakest", "Earth: 9.8 N/kg", "Jupiter: strongest")),
    "function-plot": (
        PLOT,
        ("Roots: \N{MINUS SIGN}2 and 2", "Vertex: lowest point", "Mirror halves"),
    ),
    "number-line": (NUMBERS, ("Start at \N{MINUS SIGN}1", "Add five", "Arrive at 4")),
    "fractions": (FRACTIONS, ("Cut one into four", "2/4 is a half", "5/4 is over one")),
    "comparison": (COMPARISON, ("Mass: kilograms", "Weight: newtons")),
    "event-line": (EVENTS, ("First: solid balls", "Then: smaller parts", "Now: shells")),
    "flow": (CHAIN, ("DNA is the recipe", "RNA is its copy", "Protein does the work")),
    "cycle": (CYCLE, ("They differ", "Some survive", "Young are like them")),
    "animal-cell": (ANIMAL, ("Border: membrane", "Control: nucleus", "Energy: mitochondria")),
    "plant-cell": (PLANT, ("Wall: stiff", "Vacuole: water", "Chloroplasts: sugar")),
    "atom": (ATOM, ("Nucleus: nearly all mass", "Six protons: carbon", "Electrons outside")),
}
VISUALS: dict[str, PlacedScene] = {
    name: place(SceneKind.EXPLANATION, "What the picture shows", bullets, visual=visual)
    for name, (visual, bullets) in _LISTS.items()
}
SCENES = KINDS | VISUALS
