"""The table of pages: ``streamlit run explorer_app.py``."""

import streamlit as st

from cnnviz.ui.lecture import Chapter, Lesson, run
from cnnviz.ui.server import lifespan, show_error

CHAPTERS = (
    Chapter("Start", (Lesson("pages/start/home.py", "Home"),)),
    Chapter(
        "Seeing",
        (
            Lesson(
                "pages/seeing/image_as_numbers.py", "Image as numbers",
                "I found the pixel in the matrix, changed one number, and saw the picture change.",
                "image_as_numbers.png", "A picture beside its numbers",
            ),
            Lesson(
                "pages/seeing/convolution.py", "Convolution",
                "I stepped through all nine sums of the lecture's example, and taught the kernel backwards.",
                "convolution.png", "A kernel over an image of numbers",
            ),
        ),
    ),
    Chapter(
        "Learning",
        (
            Lesson(
                "pages/learning/training_lab.py", "Training lab",
                "I saw a network learn to read digits in seconds, and its kernels turn from noise into strokes.",
                "training_lab.png", "First-layer kernels at step 0 and after training",
            ),
        ),
    ),
    Chapter(
        "Inside",
        (
            Lesson(
                "pages/inside/feature_maps.py", "Feature maps",
                "I drew a digit and saw which feature maps fire in every layer, at any step of the training.",
                "feature_maps.png", "A handwritten digit and its feature maps",
            ),
        ),
    ),
)  # fmt: skip

app = st.App(__file__, lifespan=lifespan, on_script_error=show_error)

if __name__ == "__main__":
    run(CHAPTERS)
