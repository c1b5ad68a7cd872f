"""The table of pages: ``streamlit run explorer_app.py``."""

import streamlit as st

from cnnviz.ui.lecture import Chapter, Lesson, run
from cnnviz.ui.server import ROUTES, lifespan, show_error

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
            Lesson(
                "pages/seeing/kernels.py", "Kernels",
                "I typed a kernel, saw what it finds on a photograph, and put it into a network.",
                "kernels.png", "A photograph and its edges",
            ),
            Lesson(
                "pages/seeing/convolutional_layer.py", "Convolutional layer",
                "I know why 6 filters of 5×5×3 make 28×28×6, and what that costs against a fully connected layer.",
                "convolutional_layer.png", "Six maps of a photograph",
            ),
            Lesson(
                "pages/seeing/activations.py", "Activation functions",
                "I saw gradients vanish in twenty sigmoid layers, and ReLU units die.",
                "activations.png", "A feature map before and after ReLU",
            ),
            Lesson(
                "pages/seeing/pooling.py", "Pooling",
                "I pooled my own numbers, then moved a digit and saw how little the prediction changed.",
                "pooling.png", "A map before and after pooling",
            ),
            Lesson(
                "pages/seeing/dropout.py", "Dropout",
                "I watched the masks change, and saw that a network that drops units overfits less.",
                "dropout.png", "Correlations of hidden units",
            ),
            Lesson(
                "pages/seeing/fully_connected.py", "Flatten and softmax",
                "I followed a pixel into the vector, to a logit, to a probability, to the loss.",
                "fully_connected.png", "The weights of ten classes as images",
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
                "I clicked a value of a map, read the sum that made it, and walked back to a pixel of my own digit.",
                "feature_maps.png", "A handwritten digit and its feature maps",
            ),
            Lesson(
                "pages/inside/filters.py", "Filters",
                "I watched noise become strokes, and saw the images that each filter answers to.",
                "filters.png", "Filters of the second layer and images made for them",
            ),
            Lesson(
                "pages/inside/ablation.py", "Ablation",
                "I switched channels off and found the one without which the network cannot tell a 3.",
                "ablation.png", "Maps of a layer before and after one is switched off",
            ),
            Lesson(
                "pages/inside/embedding.py", "Embedding",
                "I saw the digits come apart into islands while the network learned.",
                "embedding.png", "Test images as points, one island a digit",
            ),
            Lesson(
                "pages/inside/mistakes.py", "Mistakes",
                "I found the digits the network confuses, and whether it knew that it was unsure.",
                "mistakes.png", "A confusion matrix and its images",
            ),
            Lesson(
                "pages/inside/saliency.py", "Saliency",
                "I saw which pixels made the network say cat, and which explanations I may believe.",
                "saliency.png", "A cat under two saliency methods",
            ),
        ),
    ),
)  # fmt: skip

app = st.App(__file__, lifespan=lifespan, on_script_error=show_error, routes=ROUTES)

if __name__ == "__main__":
    run(CHAPTERS)
