"""Twelve tasks that a newcomer does from the page alone.

Each begins at Home and uses what is on the screen: links, buttons, menus, words. The answer is read from the
screen. Clicks (typing into a field and pressing a key count, too) are counted and have a limit; seconds are
told, not judged. ``pytest -s`` prints the table; ``python -m benchmarks tasks`` prints it, too.
"""

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import COMPUTING, Visitor, settle

pytestmark = pytest.mark.browser

DONE: dict[str, tuple[int, float]] = {}
"""Task -> (clicks, seconds)."""


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    print("\n\nclicks  seconds  task")
    for task, (clicks, seconds) in DONE.items():
        print(f"{clicks:6}  {seconds:7.1f}  {task}")


class Newcomer:
    """Sees a page and clicks; knows no address."""

    def __init__(self, visitor: Visitor) -> None:
        self.page: Page = visitor.go()
        self.clicks = 0

    def click(self, what: Locator, **how: object) -> None:
        self.clicks += 1
        what.click(**how)  # type: ignore[arg-type]
        settle(self.page)

    def type(self, label: str, text: str) -> None:
        self.write(self.page.get_by_label(label, exact=True), text)

    def write(self, field: Locator, text: str) -> None:
        self.clicks += 1
        field.fill(text)
        field.press("Enter")
        settle(self.page)

    def choose(self, option: str) -> None:
        """One of a row of buttons."""
        self.click(self.page.get_by_role("radio", name=option, exact=True))

    def open(self, title: str) -> None:
        """A page of the map of the lecture, by its card."""
        card = self.page.get_by_test_id("stMain").get_by_role("link", name=re.compile(f"^{title} .*“"))
        self.click(card)
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        settle(self.page)

    def menu(self, title: str) -> None:
        """A page by the menu at the left."""
        self.click(self.page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile(f"^{title}$")))
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        settle(self.page)

    def try_this(self, words: str) -> None:
        self.click(self.page.get_by_role("link", name=re.compile(words)))

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def switch(self, words: str) -> None:
        self.click(self.page.get_by_test_id("stMain").get_by_text(words, exact=True))

    def reads(self, pattern: str, timeout: float = COMPUTING) -> re.Match[str]:
        """The first text on the page that fits."""
        line = self.page.get_by_test_id("stMain").get_by_text(re.compile(pattern)).first
        expect(line).to_be_visible(timeout=timeout)
        found = re.search(pattern, line.inner_text())
        assert found, line.inner_text()
        return found

    def rows(self, of: Locator) -> list[list[str]]:
        """The cells of a table's rows, without its head."""
        expect(of).to_be_visible()
        lines = [
            [cell.inner_text() for cell in row.locator("th, td").all()] for row in of.get_by_role("row").all()
        ]
        return lines[1:]


@pytest.fixture
def newcomer(visitor: Visitor, request: pytest.FixtureRequest) -> Iterator[Callable[[int], Newcomer]]:
    """Gives somebody at the Home page who may click so many times."""
    begun: list[tuple[Newcomer, int, float]] = []

    def begin(most: int) -> Newcomer:
        one = Newcomer(visitor)
        begun.append((one, most, time.monotonic()))
        return one

    yield begin
    for one, most, start in begun:
        task = request.node.name.removeprefix("test_").replace("_", " ")
        DONE[task] = (one.clicks, time.monotonic() - start)
        assert one.clicks <= most, f"{one.clicks} clicks"


Begin = Callable[[int], Newcomer]


def percent(text: str) -> float:
    return float(text.strip().rstrip("%").replace("−", "-"))


def test_find_the_kernel_that_answers_to_vertical_edges(newcomer: Begin) -> None:
    student = newcomer(6)
    student.open("Kernels")
    student.choose("a vertical edge")
    found = student.reads(
        r"Of the kernels made by hand, (.+) answers most; of the learned ones, learned (\d)\."
    )
    assert found[1] == "Sobel x"
    first = (
        student.page.get_by_role("figure")
        .filter(has=student.page.get_by_role("button", name=re.compile("kernel Sobel x")))
        .first
    )
    # (1 4 6 4 1)ᵀ (−1 −2 0 2 1): all its weights speak for a vertical edge.
    assert "1.00" in first.inner_text()
    student.click(first.get_by_role("button"))
    student.reads("answers to vertical edges")


def test_show_that_dropout_helps_on_500_images(newcomer: Begin) -> None:
    student = newcomer(4)
    student.open("Dropout")
    student.type("Seeds", "3")
    student.button("Train both")
    done = student.page.get_by_role("row").filter(has_text="seed").filter(has_text="finished")
    expect(done).to_have_count(6, timeout=COMPUTING)
    found = student.reads(r"Best on the test images: (.+), ([\d.]+)%; last: (.+), ([\d.]+)%\.")
    assert found[1].startswith("with dropout")
    assert found[3] == "without"
    assert float(found[2]) > float(found[4])
    table = student.page.get_by_test_id("stMain").get_by_role("table").first
    accuracies = {row[0]: percent(row[2]) for row in student.rows(table)}
    assert len(accuracies) == 6
    for kind, mean in ((found[1], found[2]), (found[3], found[4])):
        own = [value for title, value in accuracies.items() if title.startswith(kind)]
        assert sum(own) / 3 == pytest.approx(float(mean), abs=0.11)


def test_why_was_this_7_called_a_1(newcomer: Begin) -> None:
    student = newcomer(4)
    student.open("Mistakes")
    student.click(student.page.get_by_role("button", name=re.compile("^true 7, predicted 1: [1-9]")))
    said = student.reads(r"Test image (\d+): 7, answered 1 with ([\d.]+)%")
    sums = student.reads(r"sum for 1 is (-?[\d.]+), for 7 (-?[\d.]+): ([\d.]+) more")
    assert float(sums[1]) - float(sums[2]) == pytest.approx(float(sums[3]), abs=0.011)
    for name in ("for 1", "for 7"):
        expect(student.page.get_by_role("figure").filter(has_text=name).first).to_be_visible()
    white = student.page.get_by_role("figure").filter(has_text=re.compile(r"white, rows"))
    expect(white).to_have_text(re.compile(r"7 with [\d.]+%"))
    where = re.search(r"rows (\d+) to (\d+), columns (\d+) to (\d+)", white.inner_text())
    assert where
    # The student's own hand says the same: these pixels are painted white, and the network reads a 7.
    student.click(student.page.get_by_role("link", name="Change its pixels"))
    expect(student.page.get_by_role("heading", name="Its pixels")).to_be_visible()
    expect(student.page.get_by_label("Number of the test image", exact=True)).to_have_value(said[1])


def test_which_channel_makes_a_3(newcomer: Begin) -> None:
    student = newcomer(4)
    student.open("Ablation")
    student.try_this("Which map of relu1 makes a 3")
    cells = student.page.get_by_role("button", name=re.compile(r"^without channel \d, lost of class 3: "))
    expect(cells.first).to_be_visible(timeout=COMPUTING)
    lost = [int(cell.inner_text()) for cell in cells.all()]
    assert len(lost) == 4
    best = lost.index(max(lost))
    assert lost[best] > 20
    before = student.reads(r"Before: 3 with ([\d.]+)%")
    student.click(cells.nth(best))
    after = student.reads(r"After: (\d) with ([\d.]+)%")
    assert after[1] != "3" or float(after[2]) < float(before[1])


def test_what_does_pooling_buy_when_the_digit_moves(newcomer: Begin) -> None:
    student = newcomer(1)
    student.open("Pooling")
    table = student.page.get_by_role("table").filter(has_text="moved by")
    rows = {row[0]: [percent(cell) for cell in row[1:]] for row in student.rows(table)}
    assert all(share > 95 for share in rows["0"])
    pooled, strided = rows["3"]
    assert pooled > strided + 5
    assert rows["6"][0] < 60  # not much either: a few pixels, and no more


def test_where_do_gradients_vanish(newcomer: Begin) -> None:
    student = newcomer(2)
    student.open("Activation functions")
    student.try_this("Twenty layers of sigmoids")
    expect(student.page.get_by_text(re.compile("^GELU: .* reaches layer 1"))).to_have_count(0)
    sigmoid = student.reads(
        r"Sigmoid: (\S+) of the last layer's gradient reaches layer 1\. It vanishes .* in layers 1 to (\d+)"
    )
    assert float(sigmoid[1]) < 1e-6
    assert 10 <= int(sigmoid[2]) < 20
    relu = student.reads(r"ReLU: (\S+) of the last layer's gradient reaches layer 1")
    assert float(relu[1]) > 100 * float(sigmoid[1])


def test_make_the_playground_solve_the_spiral(newcomer: Begin) -> None:
    student = newcomer(4)
    student.open("Playground")
    student.try_this("The spiral")
    expect(student.page.get_by_role("radio", name="Spiral")).to_be_checked()
    student.click(student.page.get_by_role("button", name="▶ Play"))
    student.reads(r"The test loss is at most 0\.05")
    table = student.page.get_by_test_id("stMain").get_by_text(re.compile(r"^Test loss"))
    expect(table.first).to_be_visible()


def test_find_alexnet_s_60_million_parameters(newcomer: Begin) -> None:
    student = newcomer(2)
    student.open("Architectures")
    student.try_this("60 million parameters against 7 million")
    told = student.reads(r"Most of the parameters of AlexNet are in (.+)\.")
    found = re.findall(r"(fc\d|\w+): ([\d,]+) \(([\d.]+)%\)", told[1])
    counts = {name: int(number.replace(",", "")) for name, number, _ in found}
    # Krizhevsky's fully connected layers, with their biases: 256·6·6 → 4096 → 4096 → 1000.
    assert sorted(counts.values(), reverse=True) == [
        9216 * 4096 + 4096,
        4096 * 4096 + 4096,
        4096 * 1000 + 1000,
    ]
    assert sum(float(share) for _, _, share in found) > 90


def two_classes(path: Path) -> Path:
    """Somebody's own pictures: discs and crosses, in a folder each."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("discs", "crosses"):
            for number in range(40):
                picture = Image.new("L", (32, 32), 20)
                pen, x, y = ImageDraw.Draw(picture), 8 + number % 8, 8 + number // 8
                if name == "discs":
                    pen.ellipse((x, y, x + 12, y + 12), fill=220)
                else:
                    pen.line((x, y, x + 12, y + 12), fill=220, width=3)
                    pen.line((x, y + 12, x + 12, y), fill=220, width=3)
                content = io.BytesIO()
                picture.save(content, "PNG")
                archive.writestr(f"{name}/{number}.png", content.getvalue())
    return path


def test_train_on_two_own_classes(newcomer: Begin, tmp_path: Path) -> None:
    student = newcomer(7)
    student.open("Data sets")
    student.clicks += 2  # the button, and the file in the window of the system
    student.page.locator("input[type=file]").set_input_files(two_classes(tmp_path / "mine.zip"))
    student.reads("80 images of 2 classes")
    settle(student.page)
    student.click(student.page.get_by_role("link", name=re.compile("^Train on")).last)
    expect(student.page.get_by_role("heading", name="Training lab")).to_be_visible()
    settle(student.page)
    student.type("Epochs", "40")
    student.button("Train")
    # A step an epoch: the 40th is the last. Before the click another run stood here, which had finished.
    accuracy = student.reads(r"Confusion matrix at step 40\b.*accuracy ([\d.]+)%")
    assert float(accuracy[1]) > 85


def test_find_a_wrong_explanation(newcomer: Begin) -> None:
    student = newcomer(2)
    student.open("Saliency")
    student.switch("Sanity check: shuffle the weights")
    student.reads(r"(passes|fails)")
    line = student.page.get_by_text(re.compile("Guided backpropagation: [✓✗]")).inner_text()
    verdicts = re.findall(r"([A-Z][\w -]+): ([✓✗]) \w+ \((-?[\d.]+)\)", line)
    assert len(verdicts) == 4
    similar = {name: float(value) for name, _, value in verdicts}
    # The check asks: with all weights shuffled the network knows nothing; is its map another one then? An
    # explanation that stays the same does not speak of the network. The page calls it wrong from 0.5 upwards.
    wrong = {name for name, mark, _ in verdicts if mark == "✗"}
    assert wrong == {name for name, value in similar.items() if value >= 0.5}
    assert 0 < len(wrong) < 4
    # It is multiplied by the image, and is the image with and without the weights.
    assert similar["Integrated gradients"] > 0.8
    assert "Integrated gradients" in wrong
    assert "Guided backpropagation" not in wrong


def test_reach_98_percent_with_the_fewest_parameters(newcomer: Begin) -> None:
    student = newcomer(12)
    student.open("Runs")
    before = student.reads(r"(.+) needs the fewest parameters for 98%: ([\d,]+)\.")
    assert before[2] == "4,330"
    student.click(student.page.get_by_role("link", name="Build a smaller network"))
    expect(student.page.get_by_role("heading", name="Builder", exact=True)).to_be_visible()
    settle(student.page)
    cards = student.page.get_by_role("treeitem")
    # One more pooling leaves a ninth of the numbers for the last layer, and pays for twice the maps.
    student.write(cards.nth(3).get_by_label("channels of Convolution"), "16")
    student.click(cards.nth(5).get_by_text("Pooling"))
    student.button("Copy")
    expect(cards).to_have_count(9)
    student.type("Epochs", "8")
    student.reads(r"2,146 parameters")
    student.button("Train it")
    expect(student.page.get_by_role("heading", name="Training lab")).to_be_visible()
    student.reads(r"Finished")
    student.menu("Runs")
    after = student.reads(r"(.+) needs the fewest parameters for 98%: ([\d,]+)\.")
    assert after[2] == "2,146"
    table = student.page.get_by_role("table").filter(has_text="reaches it")
    first, second = student.rows(table)[:2]
    assert first[1:] == ["2,146", first[2], "✓"]
    assert percent(first[2]) >= 98
    assert second[1] == "4,330"


def test_explain_one_number_of_a_map_down_to_the_pixels(newcomer: Begin) -> None:
    student = newcomer(6)
    student.open("Feature maps")
    student.click(student.page.get_by_role("button", name=re.compile("maps of relu1 of")))
    value = student.reads(r"Row (\d+), column (\d+): (-?[\d.]*\d)")
    sums = student.page.get_by_text(re.compile(r"the sum of \d+ products"))
    units = student.page.get_by_role("button", name=re.compile(r"^\w+ \d+ \[\d+, \d+\]: "))
    for _ in range(4):
        expect(sums.or_(units).first).to_be_visible()
        if sums.count():
            break
        label = units.first.inner_text().splitlines()[-1]
        student.click(units.first)
        # The buttons stand below the sum: where they are those of the next unit, its sum is there.
        expect(student.page.get_by_role("button", name=label, exact=True)).to_have_count(0)
    told = student.reads(r"the sum of (\d+) products, (-?[\d.]+), and the bias (-?[\d.]+) is (-?[\d.]+\d)")
    assert int(told[1]) == 25
    assert float(told[2]) + float(told[3]) == pytest.approx(float(told[4]), abs=2e-4)
    assert float(value[3]) == pytest.approx(max(0.0, float(told[4])), abs=1e-4)
    terms = student.page.get_by_text(re.compile(r"· a pixel of the image|normalise \d+ \["))
    expect(terms.first).to_be_visible()
    for line in terms.all_inner_texts():
        term = re.search(r"\]: (-?[\d.]+) × (-?[\d.]+) = (-?[\d.]+)", line.replace("−", "-"))
        assert term, line
        assert float(term[1]) * float(term[2]) == pytest.approx(float(term[3]), abs=2e-3)
