"""What a rerun costs, as a multiple of that of a bare Streamlit page with the same navigation in the same
run.

Speaks Streamlit's own websocket protocol, as a browser does: moving a control asks for the part of the page
it lies in. A rerun's time is from the request to ``script_finished``. Each request to a page stands beside
one to the bare page, so that a slow minute of the machine counts for both. The bare page's rerun is that of
its only control.

``python -m benchmarks.rerun [page ...]``
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks._app import ROOT, percentile, serving
from benchmarks._visitor import Answer, Session, connected, messages

__all__ = ["Session", "main", "messages", "opened", "pages"]

CROWD = 30
BEFORE = 2
"""Turns of each control before it is measured: in the first one the controls after it stand elsewhere."""
TURNS = 2
"""Of each control, for one visitor."""
CROWD_TURNS = 4
GOAL = 3.0


def pages() -> list[str]:
    """The map of the lecture comes last: a server that has just begun looks through what it imported."""
    return [*sorted(path.stem for path in (ROOT / "pages").rglob("*.py") if path.stem != "home"), ""]


@asynccontextmanager
async def opened(address: str, page: str, count: int = 1) -> AsyncIterator[list[Session]]:
    """``count`` visitors who have just opened the page."""
    sockets = [await connected(address, number) for number in range(count)]
    sessions = [Session(socket, page) for socket in sockets]
    try:
        for session in sessions:
            await session.rerun()
        await sessions[0].rerun()
        yield sessions
    finally:
        for socket in sockets:
            await socket.close()


@dataclass(frozen=True)
class Cost:
    """Multiples of the bare page."""

    page: str
    move: float
    move_high: float
    worst: float
    worst_control: str
    whole: float
    crowd: float
    crowd_high: float
    crowd_whole: float
    bytes: int


Step = Callable[[Session], Awaitable[Answer]]


async def at_once(sessions: list[Session], step: Step) -> list[Answer]:
    return list(await asyncio.gather(*map(step, sessions)))


def ratio(ours: list[float], bare: list[float], share: float) -> float:
    return percentile(ours, share) / percentile(bare, share)


def moving(label: str, turn: int) -> Step:
    """Moves the control of this name, or draws the page where there is none."""

    async def step(session: Session) -> Answer:
        control = next((one for one in session.controls.values() if one.label == label), None)
        return await (session.rerun() if control is None else session.move(control, turn))

    return step


async def redraw(session: Session) -> Answer:
    return await session.rerun()


async def cost_of(page: str, ours: str, bare: str) -> Cost:
    async with opened(ours, page) as sessions, opened(bare, page) as bares:
        # A switch for all pages, and what leaves the page or starts long work, are no controls of the page.
        labels = [one.label for one in sessions[0].controls.values() if one.fragment]
        bare_label = next(iter(bares[0].controls.values())).label
        for _ in range(BEFORE):
            for label in labels:
                for turn in range(2):
                    await moving(label, turn)(sessions[0])
                    await sessions[0].wait()
        moves: dict[str, list[float]] = {label: [] for label in labels}
        whole, least, size = [], [], 0
        # There and back, so that each state is one that was seen before.
        for _ in range(TURNS):
            for label, turn in [(label, turn) for label in labels or [""] for turn in range(2)]:
                least += [one.seconds for one in await at_once(bares, moving(bare_label, turn))]
                answer = (await at_once(sessions, moving(label, turn)))[0]
                moves.setdefault(label, []).append(answer.seconds)
                size = max(size, answer.bytes)
            whole += [one.seconds for one in await at_once(sessions, redraw)]
    all_moves = [seconds for times in moves.values() for seconds in times]
    worst = max(moves, key=lambda label: percentile(moves[label], 0.5))
    crowd, crowd_whole, crowd_least = [], [], []
    async with opened(ours, page, CROWD) as sessions, opened(bare, page, CROWD) as bares:
        for turn in range(CROWD_TURNS):
            label = labels[turn // 2 % len(labels)] if labels else ""
            crowd_least += [one.seconds for one in await at_once(bares, moving(bare_label, turn))]
            crowd += [one.seconds for one in await at_once(sessions, moving(label, turn))]
            if turn % 2:
                crowd_whole += [one.seconds for one in await at_once(sessions, redraw)]
    return Cost(
        page or "home",
        ratio(all_moves, least, 0.5),
        ratio(all_moves, least, 0.95),
        percentile(moves[worst], 0.5) / percentile(least, 0.5),
        worst,
        ratio(whole, least, 0.5),
        ratio(crowd, crowd_least, 0.5),
        ratio(crowd, crowd_least, 0.95),
        ratio(crowd_whole, crowd_least, 0.5),
        size,
    )


async def compare(names: list[str]) -> list[Cost]:
    with serving() as (ours, _), serving("benchmarks/_bare_app.py") as (bare, _):
        async with opened(ours, "saliency"):
            pass  # until the server has imported all it needs
        costs = []
        for name in names:
            costs.append(await cost_of(name, ours, bare))
            print(f"{costs[-1].page}: {costs[-1].move:.1f}", flush=True)
        return sorted(costs, key=lambda cost: cost.move)


def main() -> None:
    costs = asyncio.run(compare(sys.argv[1:] or pages()))
    print(f"times the bare page; {CROWD}: as many visitors at once", flush=True)
    print(
        f"{'page':20} {'move p50':>9} {'p95':>5} {'whole':>6} {f'{CROWD}: move':>9} {'p95':>5} {'whole':>6} {'most sent':>10}  slowest control"
    )
    for one in costs:
        print(
            f"{one.page:20} {one.move:9.1f} {one.move_high:5.1f} {one.whole:6.1f} {one.crowd:9.1f} {one.crowd_high:5.1f} {one.crowd_whole:6.1f} "
            f"{one.bytes / 1000:7.0f} kB  {one.worst_control} {one.worst:.1f}"
        )
    print(
        f"worst page: {costs[-1].page}, moving a control costs {costs[-1].move:.1f} times a bare page (goal {GOAL:g})"
    )


if __name__ == "__main__":
    main()
