"""Formulas in LaTeX with the page's present numbers in them."""

from cnnviz.ops.convolution import output_size


def output_size_formula(n: int, kernel: int, stride: int, padding: int, dilation: int, what: str = "rows") -> str:
    """o = ⌊(n + 2p − d(k−1) − 1) / s⌋ + 1, evaluated; see ``cnnviz.ops.convolution.output_size``."""
    size = output_size(n, kernel, stride, padding, dilation)
    general = r"\left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1 = " if what == "rows" else ""
    numbers = rf"\left\lfloor \frac{{{n} + 2\cdot {padding} - {dilation}\cdot({kernel}-1) - 1}}{{{stride}}} \right\rfloor + 1 = {size}"
    return (rf"o = {general}" if what == "rows" else r",\quad ") + numbers
