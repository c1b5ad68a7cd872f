"""The page of what a computer can do: its tables and its words."""

from collections.abc import Mapping, Sequence

from cnnviz.inspection import Machine, Measurement
from cnnviz.inspection.compute import bundled_record, measure_apart, share_of_peak, works
from cnnviz.ui.jobs import Progress
from cnnviz.words import _, say

Found = Mapping[str, Sequence[Measurement]]
"""Name of a machine and device -> what was measured there."""

NO_GPU = (
    "Without a GPU all pages work: their networks are small. "
    "A large network trains many times slower here than on a GPU; borrow one for it (below)."
)
COLAB_INSTALL = """\
!git clone ADDRESS cnnviz
%cd cnnviz
%pip install -q -r requirements.txt"""
COLAB_APP = """\
!python -m streamlit run explorer_app.py --server.headless true --server.port 8501 \\
  --server.enableCORS false --server.enableXsrfProtection false &> app.log &
import time
time.sleep(30)  # until PyTorch is imported
from google.colab import output
output.serve_kernel_port_as_iframe(8501, height="900")
print(output.eval_js("google.colab.kernel.proxyPort(8501)"))  # the same in a tab of its own"""
COLAB_NOTEBOOK = """\
import torch
from cnnviz.inspection import machine
print(machine())
print(torch.cuda.is_available())  # False: Runtime > Change runtime type > T4 GPU"""
SERVER = """\
git clone ADDRESS cnnviz && cd cnnviz
python3 -m venv .venv
.venv/bin/pip install -r requirements.txt
.venv/bin/streamlit run explorer_app.py --server.headless true --server.port 8501"""
TUNNEL = "ssh -N -L 8501:localhost:8501 you@server    # then open http://localhost:8501"
PRICES = (
    {
        say("what"): "Colab, free of charge",
        say("price"): "$0",
        "what one gets": "mostly a T4 GPU, when one is free; not guaranteed, up to 12 hours at a time",
        "as of, source": "September 2022, [TechCrunch](https://techcrunch.com/2022/09/29/google-colaboratory-launches-a-pay-as-you-go-option-premium-gpu-access/); "
        "today's rules: [Colab's answers to frequent questions](https://research.google.com/colaboratory/faq.html)",
    },
    {
        say("what"): "Colab, pay as you go",
        say("price"): "$9.99 for 100 compute units, $49.99 for 500",
        "what one gets": "any GPU that is on offer, until the units are used up",
        "as of, source": "September 2022, [TechCrunch](https://techcrunch.com/2022/09/29/google-colaboratory-launches-a-pay-as-you-go-option-premium-gpu-access/); "
        "today's price: [Colab's plans](https://colab.research.google.com/signup)",
    },
    {
        say("what"): "an hour with a T4",
        say("price"): "1.95 units, about $0.19",
        "what one gets": "16 GB of GPU memory",
        "as of, source": "October 2022, [read off by a user](https://github.com/googlecolab/colabtools/issues/3128)",
    },
    {
        say("what"): "an hour with an A100 and large memory",
        say("price"): "13.08 units, about $1.31; 7.52 units, about $0.75",
        "what one gets": "40 or 80 GB of GPU memory",
        "as of, source": "October 2022, [read off by the same user](https://github.com/googlecolab/colabtools/issues/3128); "
        "September 2026, [another user](https://github.com/architectds/collabosm)",
    },
)


def measured(_turn: int, progress: Progress) -> tuple[Measurement, ...]:
    """What this machine does; another number measures once more."""
    return measure_apart(progress)


def of_devices(machine: str, measurements: Sequence[Measurement]) -> dict[str, tuple[Measurement, ...]]:
    """``Found`` of one machine."""
    devices = dict.fromkeys(one.device for one in measurements)
    return {
        f"{machine}, {device}": tuple(one for one in measurements if one.device == device)
        for device in devices
    }


def bundled_found() -> dict[str, tuple[Measurement, ...]]:
    record = bundled_record()
    return of_devices(_(record.machine.removesuffix(" CPU")), record.measurements)


def bundled_words() -> str:
    record = bundled_record()
    return _(
        "Measured on {machine} with torch {torch}, {date}.",
        machine=_(record.machine),
        torch=record.torch,
        date=record.date,
    )


def machine_in_words(about: Machine) -> str:
    """What the lecture checks by hand, a line each."""
    packages = " · ".join(
        f"{name} {number or _('(not installed)')}" for name, number in about.packages.items()
    )
    gpu_memory = f", {about.gpu_memory / 2**30:.0f} GiB" if about.gpu_memory else ""
    known = {
        _("Python"): about.python,
        _("Packages"): packages,
        _("CPU"): _("{cpu}, {cores} cores", cpu=about.cpu, cores=about.cores),
        _("Memory"): f"{about.memory / 2**30:.1f} GiB",
        _("Threads of torch"): _(
            "{threads} a page here, so that pages do not disturb each other; measured with as many as torch takes by itself",
            threads=about.threads,
        ),
        _("GPU"): f"{about.gpu}{gpu_memory}" if about.gpu else _("none that torch can use"),
    }
    return "\n".join(f"- **{name}**: {words}" for name, words in known.items())


def titled(one: Measurement) -> str:
    """What was measured; a file of measurements knows it in English alone."""
    return _({str(work.title): work.title for work in works()}.get(one.title, one.title))


def arithmetic_rows(found: Found) -> list[dict[str, str]]:
    return [
        {
            _("device"): name,
            _("work"): titled(one),
            _("multiply-adds"): f"{one.multiply_adds:,}",
            "ms": f"{1000 * one.seconds:.3g}",
            _("GFLOP/s"): f"{one.gflops:.3g}",
            _("share of the peak"): f"{share_of_peak(one, measurements):.0%}",
        }
        for name, measurements in found.items()
        for one in measurements
        if one.kind in ("product", "convolution")
    ]


def image_rows(found: Found) -> list[dict[str, str]]:
    return [
        {
            _("device"): name,
            _("work"): titled(one),
            "ms": f"{1000 * one.seconds:.3g}",
            _("turns a second"): f"{1 / one.seconds:,.3g}"
            if one.seconds > 0.01
            else f"{1 / one.seconds:,.0f}",
            _("images a second"): f"{one.images_per_second:,.0f}"
            if one.images_per_second >= 100
            else f"{one.images_per_second:.3g}",
            _("GFLOP/s"): f"{one.gflops:.3g}" if one.kind == "forward" else "",
        }
        for name, measurements in found.items()
        for one in measurements
        if one.kind in ("forward", "training")
    ]


def in_words(rows: Sequence[Mapping[str, str]], unit: str) -> str:
    """The text alternative of a chart: each row of its table in a few words."""
    return "; ".join(f"{row[_('device')]}, {row[_('work')]}: {row[unit]} {unit}" for row in rows)


def findings(found: Found, view: str) -> str:
    """One sentence a device about what its numbers say."""
    return "\n\n".join(
        (_arithmetic if view == "arithmetic" else _networks)(name, measurements)
        for name, measurements in found.items()
    )


def _arithmetic(name: str, measurements: Sequence[Measurement]) -> str:
    products = [one for one in measurements if one.kind == "product"]
    convolutions = [one for one in measurements if one.kind == "convolution"]
    best = max(products, key=lambda one: one.gflops)
    first, last = (pick(convolutions, key=lambda one: one.gflops) for pick in (max, min))
    return _(
        "**{name}**: the fastest matrix product reaches **{gflops:,.0f} GFLOP/s**, the peak here. "
        "The best convolution, {title}, reaches **{share_of_peak:.0%}** of it, "
        "the worst, {title2}, **{share_of_peak2:.0%}**.",
        name=name,
        gflops=best.gflops,
        title=titled(first),
        share_of_peak=share_of_peak(first, measurements),
        title2=titled(last),
        share_of_peak2=share_of_peak(last, measurements),
    )


def _networks(name: str, measurements: Sequence[Measurement]) -> str:
    by_title = {one.title: one.images_per_second for one in measurements}
    alone, together = by_title["LeNet-5, 1 at a time"], by_title["LeNet-5, 256 at a time"]
    large = by_title["ResNet-18, 8 at a time"]
    trained = by_title["LeNet-5, training step with 256 images"]
    return _(
        "**{name}**: LeNet-5 sees **{together:,.0f}** images a second, {together2:.1f} times as many as one at a time; "
        "ResNet-18 sees **{large:,.0f}**. Training LeNet-5 takes {together3:.1f} times as long as only looking.",
        name=name,
        together=together,
        together2=together / alone,
        large=large,
        together3=together / trained,
    )
