"""From the lecturer's change to a hundred students who wait for it: delay, and what waiting costs the server.

Over HTTP alone: what a page then takes to be drawn is measured by ``benchmarks.press``. The yardstick is one request of the
same kind that has nothing to wait for.
"""

import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psutil

from benchmarks._app import serving
from cnnviz.classroom.rooms import Room, open_room, student_of

STUDENTS = 100
CHANGES = 12
REST_SECONDS = 10.0


class Student:
    """One browser that waits: asks, and asks again as soon as it was answered."""

    def __init__(self, host: str, port: int, code: str, name: str) -> None:
        self.connection = http.client.HTTPConnection(host, port, timeout=60)
        self.path, self.headers = f"/cnnviz/room/{code}", {"X-Room-Student": student_of(code, name)}
        self.heard: dict[int, float] = {}
        self.since = -1

    def ask(self) -> None:
        self.connection.request("GET", f"{self.path}?since={self.since}", headers=self.headers)
        known = json.loads(self.connection.getresponse().read())
        self.since = known["number"]
        self.heard.setdefault(known["place"], time.perf_counter())

    def follow(self, last: int) -> None:
        while last not in self.heard:
            self.ask()


def once(student: Student) -> float:
    """Seconds of a request that is answered at once."""
    student.since = -1
    begun = time.perf_counter()
    student.ask()
    return time.perf_counter() - begun


def changes(students: list[Student], room: Room) -> list[float]:
    """Seconds from each change to each student who heard it."""
    threads = [threading.Thread(target=student.follow, args=(CHANGES,)) for student in students]
    for thread in threads:
        thread.start()
    time.sleep(1)
    at = {}
    for place in range(1, CHANGES + 1):
        room.show("pooling", {"window": str(1 + place % 6), "turn": str(place)})
        at[place] = time.perf_counter()
        time.sleep(0.7)
    for thread in threads:
        thread.join()
    return [
        student.heard[place] - at[place] for student in students for place in at if place in student.heard
    ]


def share_of_a_core(server: psutil.Process, act: Callable[[], None]) -> float:
    before, begun = sum(server.cpu_times()[:2]), time.perf_counter()
    act()
    return (sum(server.cpu_times()[:2]) - before) / (time.perf_counter() - begun)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        with serving() as (address, pid):
            server, place = psutil.Process(pid), urlsplit(address)
            assert place.hostname is not None
            assert place.port is not None
            room = open_room()
            students = [
                Student(place.hostname, place.port, room.code, str(number)) for number in range(STUDENTS)
            ]
            # A browser of its own: the server hangs up on a connection that rests for some seconds.
            alone = Student(place.hostname, place.port, room.code, "alone")
            single = statistics.median(once(alone) for _ in range(50))
            time.sleep(5)
            idle = share_of_a_core(server, lambda: time.sleep(REST_SECONDS))
            delays = sorted(changes(students, room))

            def wait() -> None:
                number = room.now().number
                for student in students:
                    student.since = number
                threads = [threading.Thread(target=student.ask) for student in students]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

            waiting = share_of_a_core(server, wait)
    heard = len(delays) / (STUDENTS * CHANGES)
    percentiles = [1000 * delays[min(len(delays) - 1, int(share * len(delays)))] for share in (0.5, 0.95, 1)]
    print(f"a request that need not wait: {1000 * single:.1f} ms")
    print(
        f"{STUDENTS} students, {CHANGES} changes, heard by {heard:.1%}: median {percentiles[0]:.0f} ms, "
        f"95 % {percentiles[1]:.0f} ms, slowest {percentiles[2]:.0f} ms (goal: 1000 ms); "
        f"median {percentiles[0] / 1000 / single:.0f} times one request"
    )
    print(f"the server at rest {idle:.1%} of a core, with {STUDENTS} who wait {waiting:.1%}")


if __name__ == "__main__":
    main()
