"""Formulas in LaTeX with the page's present numbers in them."""

from cnnviz.ops.convolution import output_size
from cnnviz.ops.dense import SoftmaxTerms
from cnnviz.words import _


def output_size_formula(
    n: int, kernel: int, stride: int, padding: int, dilation: int, what: str = "rows"
) -> str:
    """o = ⌊(n + 2p − d(k−1) − 1) / s⌋ + 1, evaluated; see ``cnnviz.ops.convolution.output_size``."""
    size = output_size(n, kernel, stride, padding, dilation)
    general = r"\left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1 = " if what == "rows" else ""
    numbers = rf"\left\lfloor \frac{{{n} + 2\cdot {padding} - {dilation}\cdot({kernel}-1) - 1}}{{{stride}}} \right\rfloor + 1 = {size}"
    return (rf"o = {general}" if what == "rows" else r",\quad ") + numbers


def convolution_formula(stride: int, dilation: int, flip: bool) -> str:
    """s[i, j] as ``cnnviz.ops.convolution.trace`` computes it, with the stride and the dilation where they
    are not 1.
    """

    def index(place: str, cell: str) -> str:
        step = place if stride == 1 else f"{stride}{place}"
        within = f"K-1-{cell}" if flip else cell
        if dilation == 1:
            return f"{step} + {within}"
        return f"{step} + {dilation}({within})" if flip else f"{step} + {dilation}{within}"

    return rf"s[i,j] = \sum_m \sum_n x[{index('i', 'm')},\, {index('j', 'n')}]\; w[m,n]"


def kernel_gradient_formula(stride: int, dilation: int, flip: bool) -> str:
    """∂L/∂w[m, n] as ``cnnviz.ops.convolution.gradient`` computes it."""
    inner = convolution_formula(stride, dilation, flip).partition("x[")[2].partition("]")[0]
    return rf"\frac{{\partial L}}{{\partial w[m,n]}} = \sum_i \sum_j e[i,j]\; x[{inner}], \quad e = s - t"


def convolution_notes(
    rows: int, cols: int, side: int, stride: int, padding: int, dilation: int, flip: bool
) -> str:
    """What stands below a convolution of a (rows, cols) image with a (side, side) kernel: the formula, the
    size of the map, the name of it.
    """
    sides = [(rows, "rows")] if rows == cols else [(rows, "rows"), (cols, "columns")]
    sizes = "".join(output_size_formula(n, side, stride, padding, dilation, what) for n, what in sides)
    note = _("x is the padded image. ") if padding else ""
    if flip:
        note += _(
            "This is the convolution of mathematics, with the index shifted so that the window begins at i (K = {side}).",
            side=side,
        )
    else:
        note += _(
            "Networks compute this cross-correlation and call it convolution; the convolution of mathematics flips the kernel."
        )
    return f"$${convolution_formula(stride, dilation, flip)}$$\n\n$${sizes}$$\n\n:small[{note}]"


def gradient_notes(loss: float, rate: float, stride: int, dilation: int, flip: bool) -> str:
    """What stands above the gradient of a kernel: the loss, the step, the formula."""
    note = _(
        "With the kernel flipped, image and error are flipped too; the gradient is that of the kernel as typed."
    )
    return _(
        "Loss **L = {loss:.6g}** · next kernel: *w − η ∂L/∂w* with *η = {rate:.3g}*\n\n$${kernel_gradient_formula}$$",
        loss=loss,
        rate=rate,
        kernel_gradient_formula=kernel_gradient_formula(stride, dilation, flip),
    ) + (f"\n\n:small[{note}]" if flip else "")


def softmax_formula(terms: SoftmaxTerms, number: int) -> str:
    """p of one class with its numbers."""
    scale = "" if terms.temperature == 1 else rf"/{terms.temperature:g}"
    added = " + ".join(f"{value:.3g}" for value in terms.exponentials[:3])
    return (
        rf"p_{{{number}}} = \frac{{e^{{z_{{{number}}}/T}}}}{{\sum_j e^{{z_j/T}}}} = \frac{{e^{{{terms.logits[number]:.3f}{scale}}}}}{{{added} + \dots}} = "
        rf"\frac{{{terms.exponentials[number]:.4g}}}{{{terms.total:.4g}}} = {terms.probabilities[number]:.4f}"
    )


def cross_entropy_formula(terms: SoftmaxTerms) -> str:
    """−ln p of the true class with its numbers."""
    assert terms.true is not None
    return rf"L = -\ln p_{{{terms.true}}} = -\ln {terms.probabilities[terms.true]:.4g} = {terms.loss:.4f}"
