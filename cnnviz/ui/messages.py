"""What Python says to each component: one type a component. The script of the component names the same fields
(``@typedef``), which a test holds.

All that is numbers of a grid is written row by row. NaN and infinity arrive as null.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from cnnviz.figures import ColourScale


@dataclass(frozen=True)
class Scale:
    """Colours, equally spaced from the lowest to the highest value."""

    stops: Sequence[str]
    low: float
    high: float

    @classmethod
    def of(cls, colours: ColourScale, low: float, high: float) -> "Scale":
        return cls(list(colours.stops), low, high)


@dataclass(frozen=True)
class Packed:
    """Many numbers, exact and short: their bytes, little endian, in base64.

    Attributes:
        bits: of a number: 32 or 64.
    """

    bits: int
    text: str

    @classmethod
    def of(cls, values: Tensor) -> "Packed":
        array = np.ascontiguousarray(values.detach().numpy())
        return cls(
            array.itemsize * 8,
            base64.b64encode(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()).decode(),
        )


@dataclass(frozen=True)
class StepperGrids:
    """What the stepper's grids are called."""

    input: str
    weights: str
    output: str
    symbol: str
    function: str
    channels: Sequence[str]


@dataclass(frozen=True)
class StepperScales:
    """``weights`` is ``None`` where there are none."""

    input: Scale
    weights: Scale | None
    output: Scale


@dataclass(frozen=True)
class StepperMessage:
    """A trace of one map.

    Attributes:
        inputs: of each channel, with ``pad`` cells around.
        weights: of each channel; none for operations without weights.
        size: rows and columns of the window.
        terms: of each step what is put together, as torch computed it: products, squares or values; channel
            by channel.
        shares: of each step the weights of an average, shared out among the cells that count; ``None`` for
            other operations.
        output: one number a step.
        combine: how a step's terms become its number: ``sum``, ``max``, ``l2``, or ``each`` for a function of
            one.
        start: the first step shown.
    """

    inputs: Sequence[Sequence[float]]
    rows: int
    cols: int
    pad: int
    weights: Sequence[Sequence[float]]
    size: Sequence[int]
    terms: Packed
    shares: Packed | None
    output: Sequence[float]
    out_rows: int
    out_cols: int
    stride: int
    dilation: int
    bias: float | None
    combine: str
    start: int
    names: StepperGrids
    scales: StepperScales


@dataclass(frozen=True)
class NumberGridMessage:
    """A table of numbers to type into; ``most``: the largest; ``cell``: the largest side of a cell, in
    rem; ``help``: what the numbers are.
    """

    values: Sequence[Sequence[float]]
    label: str
    scale: Scale
    most: float
    cell: float
    help: str


@dataclass(frozen=True)
class StepPlayerMessage:
    """The saved steps of a run; ``step``: the one to show, ``None`` for the newest; ``live``: the run still
    grows.
    """

    run: str
    steps: Sequence[int]
    total: int
    step: int | None
    live: bool


@dataclass(frozen=True)
class WallLabel:
    """Text below a cell; ``colour`` may be empty."""

    text: str
    colour: str


@dataclass(frozen=True)
class WallSheet:
    """One sheet of a wall; see ``components.WallItem``. ``css``: the colours of its legend, empty for
    none; ``stops``: of its scale from ``span``'s first value to its second, empty where red, green and blue
    are values themselves.
    """

    name: str
    title: str
    shape: str
    unit: str
    alt: str
    url: str
    count: int
    columns: int
    rows: int
    height: int
    width: int
    cells: bool
    field: Sequence[int] | None
    hint: str
    low: str
    high: str
    css: str
    stops: Sequence[str]
    span: Sequence[float]
    target: int
    most: int
    labels: Sequence[WallLabel] | None


@dataclass(frozen=True)
class WallMark:
    """The map that is marked."""

    layer: str
    map: int


@dataclass(frozen=True)
class MapWallMessage:
    """Sheets side by side."""

    sheets: Sequence[WallSheet]
    picked: WallMark | None
    pickable: bool


@dataclass(frozen=True)
class SketchpadMessage:
    """``store``: the name under which the browser keeps the drawing."""

    store: str


@dataclass(frozen=True)
class ScatterGroup:
    """What the points of a group look like."""

    sign: str
    name: str
    colour: str


@dataclass(frozen=True)
class ScatterMessage:
    """Images as points in the unit square. ``columns``, ``side``: of the sprite that holds the images."""

    x: Sequence[float]
    y: Sequence[float]
    group: Sequence[int]
    ringed: Sequence[bool]
    texts: Sequence[str]
    groups: Sequence[ScatterGroup]
    sprite: str
    columns: int
    side: int
    alt: str
    hint: str


@dataclass(frozen=True)
class MatrixMessage:
    """A table of counts; ``shares`` colour them; ``low`` and ``high`` stand at the ends of the legend."""

    values: Sequence[Sequence[int]]
    shares: Sequence[Sequence[float]]
    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    picked: Sequence[int] | None
    scale: Scale
    low: str
    high: str
    caption: str


@dataclass(frozen=True)
class BoxMark:
    """A box on a picture: left, top, right, bottom in its pixels; ``text`` may be empty."""

    box: Sequence[float]
    text: str
    colour: str
    dashed: bool


@dataclass(frozen=True)
class BoxStep:
    """``states``: a letter for each box: k it stays, n it is looked at now, ? it waits, x it is gone, . it is not shown."""

    words: str
    states: str


@dataclass(frozen=True)
class BoxesMessage:
    """A picture with boxes.

    Attributes:
        width, height: of the picture in pixels; ``target``: the height wanted on the screen.
        steps: what becomes of the boxes; none: they all stand there.
        start: the first step shown.
        caption: of the table below, with ``head`` and ``rows``.
    """

    url: str
    alt: str
    width: int
    height: int
    target: int
    boxes: Sequence[BoxMark]
    steps: Sequence[BoxStep]
    start: int
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class NetworkCard:
    """One layer; see ``figures.Card``."""

    name: str
    block: str
    title: str
    kind: str
    shape: Sequence[int]
    parameters: int | None
    multiply_adds: int | None
    field: str


@dataclass(frozen=True)
class NetworkFrame:
    """A block, and the one around it."""

    name: str
    parent: str
    title: str


@dataclass(frozen=True)
class NetworkMessage:
    """A network to draw. ``lines``: (from, to, text, …) as in ``figures.NetworkDrawing``; ``folded``: blocks
    that are closed at first; ``colours``: of each kind of layer.
    """

    title: str
    alt: str
    shape: Sequence[int]
    cards: Sequence[NetworkCard]
    frames: Sequence[NetworkFrame]
    lines: Sequence[object]
    folded: Sequence[str]
    picked: str
    pickable: bool
    colours: Mapping[str, str]


@dataclass(frozen=True)
class PixelSheetMessage:
    """One picture with its numbers; ``channel`` is the one that can be typed into, if any."""

    name: str
    channel: int | None
    rows: int
    cols: int
    lines: int
    colours: Sequence[str]
    texts: Sequence[str]
    changed: Sequence[int]


@dataclass(frozen=True)
class Overview:
    """The whole picture, small."""

    url: str
    height: int
    width: int
    alt: str


@dataclass(frozen=True)
class PixelsMessage:
    """Pictures beside their numbers, of the window whose corner is (``top``, ``left``)."""

    sheets: Sequence[PixelSheetMessage]
    top: int
    left: int
    overview: Overview | None
    unit: str
    low: float
    high: float
    hint: str


@dataclass(frozen=True)
class LensMessage:
    """A grey picture and what a kernel of ``side`` makes of it. ``source``, ``result``: addresses of the
    pictures; ``products``: colours of the products.
    """

    source: str
    result: str
    height: int
    width: int
    kernel: Sequence[float]
    side: int
    scale: Scale
    products: Scale
    source_title: str
    result_title: str
    alt: str


@dataclass(frozen=True)
class FlattenMessage:
    """A block of maps and the vector it becomes; ``start``: the marked place."""

    channels: int
    rows: int
    cols: int
    values: Sequence[float]
    scale: Scale
    start: int


@dataclass(frozen=True)
class LiveRun:
    """What the browser must know of a run to ask for it and to draw it; ``colours``: of training and of
    validation.
    """

    id: str
    title: str
    state: str
    step: int
    snapshot: int | None
    colours: Sequence[str]
    dash: str


@dataclass(frozen=True)
class LiveMessage:
    """Curves of runs. ``reports``: their records, where the browser cannot ask for them; ``names``: quantity -> what it is
    called, if not by its own name.
    """

    runs: Sequence[LiveRun]
    quantities: Sequence[str]
    training: bool
    weights: bool
    step: int | None
    alt: Mapping[str, str]
    reports: Sequence[object] | None
    names: Mapping[str, str]


@dataclass(frozen=True)
class PlaneSetCard:
    """A data set of the playground's menu; ``least`` and ``most``: classes it can have."""

    name: str
    title: str
    problem: str
    least: int
    most: int


@dataclass(frozen=True)
class PlaygroundMenus:
    """Name -> title of all that can be chosen; ``memory``: what each optimiser remembers of a weight."""

    sets: Sequence[PlaneSetCard]
    features: Mapping[str, str]
    activations: Mapping[str, str]
    optimizers: Mapping[str, str]
    memory: Mapping[str, Sequence[str]]
    schedules: Mapping[str, str]
    inits: Mapping[str, str]
    outputs: Mapping[str, str]
    penalties: Mapping[str, str]


@dataclass(frozen=True)
class PlaygroundMessage:
    """An experiment (``cnnviz.learning.Experiment2D.description``) and what the playground draws it with.

    Attributes:
        answers: the number of the student's change that the experiment comes from; empty: it comes from elsewhere.
        seeds: networks that train beside each other.
        digits: points of the set "digits": x, y, class.
        classes: a colour each.
    """

    experiment: Mapping[str, object]
    answers: str
    seeds: int
    digits: Sequence[Sequence[float]]
    menus: PlaygroundMenus
    diverging: Sequence[str]
    sequential: Sequence[str]
    classes: Sequence[str]
    train: str
    test: str


@dataclass(frozen=True)
class ChainNumber:
    """A number of a term and the cell it stands in; ``grid`` is empty for a slope or a learning rate."""

    grid: str
    place: int
    value: float


@dataclass(frozen=True)
class ChainPart:
    """A term of a sum."""

    left: ChainNumber
    right: ChainNumber | None
    product: float


@dataclass(frozen=True)
class ChainStop:
    """One step; ``part``: value, gradient or updated; ``sum``: the terms add up to the value."""

    phase: str
    name: str
    grid: str
    place: int
    part: str
    rule: str
    terms: Sequence[ChainPart]
    value: float
    sum: bool


@dataclass(frozen=True)
class ChainTable:
    """The numbers of one stage, row by row."""

    name: str
    title: str
    rows: int
    columns: int
    values: Sequence[float]
    gradients: Sequence[float]
    updated: Sequence[float] | None


@dataclass(frozen=True)
class ChainLayout:
    """Where each number of a graph stands, in rem: grid -> [x, y] of each cell; lines: x, y, x, y; ``beside``: grids whose
    labels stand left of the cells and not above.
    """

    width: float
    height: float
    cells: Mapping[str, Sequence[Sequence[float]]]
    labels: Mapping[str, Sequence[str]]
    lines: Sequence[Sequence[float]]
    beside: Sequence[str]


@dataclass(frozen=True)
class ChainMessage:
    """A computation forward and back (``cnnviz.learning.ChainTrace``); ``start``: the first step shown; without a
    layout its grids stand side by side.
    """

    grids: Sequence[ChainTable]
    steps: Sequence[ChainStop]
    scale: Scale
    start: int
    layout: ChainLayout | None


@dataclass(frozen=True)
class TapeNode:
    """A number of a tape; ``operation`` is empty for one that is given by its name, or by its value."""

    operation: str
    inputs: Sequence[int]
    value: float
    name: str


@dataclass(frozen=True)
class DescentRule:
    """An update rule and the colour of its trail; ``memory``: what it remembers of a weight."""

    name: str
    title: str
    colour: str
    memory: Sequence[str]


@dataclass(frozen=True)
class DescentMessage:
    """A loss over one or two weights, and where descent begins.

    Attributes:
        nodes: the tape of one example, its value last.
        data: x and y of each example; none where the loss has no data.
        batch: examples a step; 0: all.
        answers: the number of the student's change that rate, batch and start come from; empty: they come from elsewhere.
    """

    nodes: Sequence[TapeNode]
    data: Sequence[Sequence[float]]
    low: Sequence[float]
    high: Sequence[float]
    rules: Sequence[DescentRule]
    sequential: Sequence[str]
    seed: str
    rate: float
    batch: int
    start: Sequence[float]
    answers: str


@dataclass(frozen=True)
class BuilderOption:
    """One number or word of a layer that can be edited.

    Attributes:
        kind: ``whole``, ``real``, ``choice`` or ``yes`` (true or false).
        empty: what an empty box means; without it the box may not be empty.
        choices: name -> title, of a choice.
    """

    name: str
    title: str
    kind: str
    low: float | None
    usual: object
    empty: str | None
    choices: Mapping[str, str]


@dataclass(frozen=True)
class BuilderKind:
    """A kind of layer: what can be edited, and which of its fields hold layers (``branches``: lists of layers)."""

    kind: str
    title: str
    colour: str
    options: Sequence[BuilderOption]
    parts: Sequence[str]
    fresh: object


@dataclass(frozen=True)
class BuilderRow:
    """What is known of the layer at an address."""

    address: Sequence[int | str]
    shape: str
    parameters: int
    multiply_adds: int
    field: str
    bytes: int


@dataclass(frozen=True)
class BuilderRepair:
    """A change that mends the network; ``network`` as its JSON."""

    title: str
    network: object


@dataclass(frozen=True)
class BuilderMessage:
    """A network that is being written.

    Attributes:
        answers: the number of the student's change that the network comes from; empty: it comes from elsewhere.
        at: the address of the fault; ``null``: its end, or none.
        colours: of each kind of layer.
    """

    network: object
    answers: str
    kinds: Sequence[BuilderKind]
    rows: Sequence[BuilderRow]
    error: str
    at: Sequence[int | str] | None
    repairs: Sequence[BuilderRepair]
    input: str
    colours: Mapping[str, str]


@dataclass(frozen=True)
class QuestionOption:
    """One choice; ``picture``: its address, or empty."""

    text: str
    picture: str


@dataclass(frozen=True)
class QuestionGrid:
    """A table of numbers, or, where it is large, a picture."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    picture: str


@dataclass(frozen=True)
class QuestionPicture:
    """A picture whose pixels are clicked."""

    url: str
    alt: str
    rows: int
    columns: int


@dataclass(frozen=True)
class QuestionCard:
    """A question without its answer; ``kind``: choice, number, pixel, or poll."""

    name: str
    seed: int
    kind: str
    text: str
    options: Sequence[QuestionOption]
    grids: Sequence[QuestionGrid]
    picture: QuestionPicture | None


@dataclass(frozen=True)
class QuestionSlip:
    """A number that comes from a mistake, and why it is wrong."""

    value: float
    why: str


@dataclass(frozen=True)
class QuestionSolution:
    """The answer to a question.

    Attributes:
        answer: in words.
        right: the place of the right option, or -1.
        value, tolerance, slips: of a number.
        pixels: the right (row, column), of a pixel.
        whys: a sentence for each option.
        page, parameters: the state that shows it; ``title``: of that page.
    """

    answer: str
    explanation: str
    right: int
    value: float | None
    tolerance: float
    slips: Sequence[QuestionSlip]
    pixels: Sequence[Sequence[int]]
    whys: Sequence[str]
    page: str
    parameters: Mapping[str, str]
    title: str


@dataclass(frozen=True)
class FollowMessage:
    """A room that this browser has joined. ``student``: who it is there; empty until the browser has told its secret.
    ``key``: the lecturer's, or empty.
    """

    code: str
    student: str
    key: str


@dataclass(frozen=True)
class QuizQuestion:
    """A line of the table of questions."""

    name: str
    title: str


@dataclass(frozen=True)
class QuizChapter:
    """A chapter of questions."""

    name: str
    title: str
    questions: Sequence[QuizQuestion]


@dataclass(frozen=True)
class QuizMessage:
    """A question to answer alone, and the table of all questions for what was reached so far."""

    chapter: str
    title: str
    card: QuestionCard
    solution: QuestionSolution
    chapters: Sequence[QuizChapter]


@dataclass(frozen=True)
class LectureBarMessage:
    """The lecture that is given, for the bar on every page.

    Attributes:
        lecture: its name in links.
        slide: number of the slide, from 1.
        away: the page that is shown is not the slide's.
        titles: of all slides.
        minutes: how long each slide is meant to take.
        spot: what the spotlight shows first.
        words: name -> what is written on the bar.
    """

    lecture: str
    slide: int
    away: bool
    titles: Sequence[str]
    minutes: Sequence[float]
    spot: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class LectureNotesMessage:
    """The same for the lecturer's second window."""

    lecture: str
    slide: int
    titles: Sequence[str]
    minutes: Sequence[float]
    words: Mapping[str, str]


@dataclass(frozen=True)
class OwnLectureMessage:
    """The lecture that is kept in the browser.

    Attributes:
        text: its file; ``None``: the server does not know it yet.
        version: seconds since 1970 when it was changed.
    """

    text: str | None
    version: float


Message = (
    StepperMessage
    | NumberGridMessage
    | StepPlayerMessage
    | MapWallMessage
    | SketchpadMessage
    | ScatterMessage
    | MatrixMessage
    | BoxesMessage
    | NetworkMessage
    | PixelsMessage
    | LensMessage
    | FlattenMessage
    | LiveMessage
    | PlaygroundMessage
    | ChainMessage
    | DescentMessage
    | BuilderMessage
    | FollowMessage
    | QuizMessage
    | LectureBarMessage
    | LectureNotesMessage
    | OwnLectureMessage
)
