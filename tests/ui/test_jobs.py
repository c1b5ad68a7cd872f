"""Work in the background: kept, cancelled, and never done twice for the same key."""

import threading
import time

from cnnviz.ui import jobs
from cnnviz.ui.memory import MOST_BYTES, keep, recall


def run(key: object, make) -> jobs._Job:
    job = jobs._Job()
    jobs._jobs[key] = job
    threading.Thread(target=jobs._work, args=(key, job, make), daemon=True).start()
    return job


def test_a_result_is_kept_and_the_share_is_heard() -> None:
    shares = []

    def make(progress):
        for i in range(4):
            progress(i / 4)
            shares.append(jobs._jobs["kept"].share)
        return "done"

    job = run("kept", make)
    assert job.done.wait(5)
    assert recall("kept", None) == "done"
    assert shares == [0, 0.25, 0.5, 0.75]
    assert "kept" not in jobs._jobs


def test_cancelled_work_ends_at_its_next_word_and_keeps_nothing() -> None:
    begun = threading.Event()

    def make(progress):
        begun.set()
        while True:
            progress(0.1)
            time.sleep(0.01)

    job = run("endless", make)
    assert begun.wait(5)
    job.cancelled = True
    assert job.done.wait(5)
    assert recall("endless", None) is None
    assert isinstance(job.error, jobs._CancelledError)


def test_an_error_is_carried_to_whoever_waits() -> None:
    def make(_):
        raise ValueError("broken")

    job = run("broken", make)
    assert job.done.wait(5)
    assert str(job.error) == "broken"


def test_memory_is_bounded_in_bytes() -> None:
    class Large(str):
        def __len__(self) -> int:
            return MOST_BYTES // 3

    for index in range(5):
        keep(("large", index), Large())
    assert recall(("large", 0), None) is None
    assert recall(("large", 4), None) is not None
    for index in range(5):
        keep(("large", index), "")


def test_work_begun_again_is_not_ended_by_the_end_of_the_cancelled_one() -> None:
    release = threading.Event()

    def slow(progress):
        release.wait(5)
        progress(0.5)

    first = run("again", slow)
    first.cancelled = True
    second = run("again", lambda _: "new")
    assert second.done.wait(5)
    third = jobs._jobs["again"] = jobs._Job()
    release.set()
    assert first.done.wait(5)
    assert jobs._jobs.pop("again") is third
    assert recall("again", None) == "new"
