"""Where the numbers of a small computation stand when it is drawn as a graph, in rem."""

from cnnviz.learning import ChainTrace, Graph
from cnnviz.ui.messages import ChainLayout
from cnnviz.words import _

CELL, ROW, EDGE, OUT = 3.15, 9.0, 17.0, 9.0
HEAD = 1.4
"""Room for the label above a cell."""


def network_layout(trace: ChainTrace) -> ChainLayout:
    """Neurons in columns, each weight on its line."""
    hidden, width = trace.grids["weights 1"].values.shape
    height = max(hidden, width) * ROW

    def rows(count: int) -> list[float]:
        return [HEAD + (height - ROW * count) / 2 + ROW * place + 1.2 for place in range(count)]

    inputs, neurons, middle = rows(width), rows(hidden), rows(1)[0]
    sums_at = EDGE + CELL
    out_at = sums_at + 2 * CELL + 1 + OUT
    cells: dict[str, list[list[float]]] = {name: [] for name in trace.grids}
    labels: dict[str, list[str]] = {name: [] for name in trace.grids}
    lines: list[list[float]] = []

    def put(name: str, x: float, y: float, label: str) -> None:
        cells[name].append([x, y])
        labels[name].append(label)

    def line(x1: float, y1: float, x2: float, y2: float) -> None:
        lines.append([x1, y1 + 1.3, x2, y2 + 1.3])

    for i, y in enumerate(inputs):
        put("inputs", 0, y, f"x{i + 1}")
    for h, y in enumerate(neurons):
        for i, begin in enumerate(inputs):
            line(CELL, begin, sums_at, y)
            # The weights of one input stand below each other, those of the next farther right.
            share = 0.36 + 0.3 * i / max(1, width - 1)
            put(
                "weights 1",
                CELL + (sums_at - CELL) * share - CELL / 2,
                begin + (y - begin) * share,
                f"w{h + 1}{i + 1}",
            )
        put("biases 1", sums_at, y + 4.0, f"b{h + 1}")
        put("sums", sums_at, y, f"z{h + 1}")
        line(sums_at + CELL, y, sums_at + CELL + 1, y)
        put("hidden", sums_at + CELL + 1, y, f"h{h + 1}")
        start = sums_at + 2 * CELL + 1
        line(start, y, out_at, middle)
        put("weights 2", (start + out_at - CELL) / 2, (y + middle) / 2, f"v{h + 1}")
    put("biases 2", out_at, middle + 4.0, "c")
    for name, label in (("output", "o"), ("error", "e = o − y"), ("loss", "E = ½ e²")):
        x = out_at + (CELL + 1.6) * ("output", "error", "loss").index(name)
        put(name, x, middle, label)
        if name != "loss":
            line(x + CELL, middle, x + CELL + 1.6, middle)
    put("target", out_at + CELL + 1.6, middle + 4.0, "y")
    wide = out_at + 3 * CELL + 3.6
    return ChainLayout(
        wide,
        height + HEAD,
        cells,
        labels,
        lines,
        ("weights 1", "weights 2", "biases 1", "biases 2", "target"),
    )


def expression_layout(trace: ChainTrace, graph: Graph) -> ChainLayout:
    """Each number right of those it is made of."""
    nodes = graph.tape.nodes
    depth: list[int] = []
    for node in nodes:
        depth.append(1 + max((depth[place] for place in node.inputs), default=-1))
    # What is given stands right before what uses it.
    for place in range(len(nodes) - 1, -1, -1):
        users = [depth[user] for user, node in enumerate(nodes) if place in node.inputs]
        if not nodes[place].inputs and users:
            depth[place] = min(users) - 1
    count = [0] * (max(depth) + 1)
    cells, labels = {}, {}
    pitch, space = 8.0, 5.2
    most = max(depth.count(column) for column in set(depth))
    for place in range(len(nodes)):
        column = depth[place]
        free = (most - depth.count(column)) * space / 2
        cells[str(place)] = [[column * pitch, HEAD + free + count[column] * space]]
        labels[str(place)] = [_(trace.grids[str(place)].title)]
        count[column] += 1
    lines = [
        [
            cells[str(source)][0][0] + CELL,
            cells[str(source)][0][1] + 1.3,
            cells[str(place)][0][0],
            cells[str(place)][0][1] + 1.3,
        ]
        for place, node in enumerate(nodes)
        for source in node.inputs
    ]
    return ChainLayout(max(depth) * pitch + 2 * CELL + 3, most * space + HEAD, cells, labels, lines, ())
