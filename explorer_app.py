"""The table of pages: ``streamlit run explorer_app.py``."""

import streamlit as st

from cnnviz.ui.lecture import Chapter, Lesson, run
from cnnviz.ui.server import MIDDLEWARE, ROUTES, lifespan, show_error

CHAPTERS = (
    Chapter(
        "Start",
        (
            Lesson(file="pages/start/home.py", title="Home"),
            Lesson(
                file="pages/start/compute.py",
                title="Compute",
                sentence="I know what my computer can do, and why a batch is faster than its images one by one.",
                picture="compute.png",
                picture_alt="Speeds of matrix products and convolutions as bars",
            ),
        ),
    ),
    Chapter(
        "Seeing",
        (
            Lesson(
                file="pages/seeing/image_as_numbers.py",
                title="Image as numbers",
                sentence="I found the pixel in the matrix, changed one number, and saw the picture change.",
                picture="image_as_numbers.png",
                picture_alt="A picture beside its numbers",
            ),
            Lesson(
                file="pages/seeing/convolution.py",
                title="Convolution",
                sentence="I stepped through all nine sums of the lecture's example, and taught the kernel backwards.",
                picture="convolution.png",
                picture_alt="A kernel over an image of numbers",
            ),
            Lesson(
                file="pages/seeing/kernels.py",
                title="Kernels",
                sentence="I typed a kernel, saw what it finds on a photograph, and put it into a network.",
                picture="kernels.png",
                picture_alt="A photograph and its edges",
            ),
            Lesson(
                file="pages/seeing/convolutional_layer.py",
                title="Convolutional layer",
                sentence="I know why 6 filters of 5×5×3 make 28×28×6, and what that costs against a fully connected layer.",
                picture="convolutional_layer.png",
                picture_alt="Six maps of a photograph",
            ),
            Lesson(
                file="pages/seeing/activations.py",
                title="Activation functions",
                sentence="I saw gradients vanish in twenty sigmoid layers, and ReLU units die.",
                picture="activations.png",
                picture_alt="A feature map before and after ReLU",
            ),
            Lesson(
                file="pages/seeing/pooling.py",
                title="Pooling",
                sentence="I pooled my own numbers, then moved a digit and saw how little the prediction changed.",
                picture="pooling.png",
                picture_alt="A map before and after pooling",
            ),
            Lesson(
                file="pages/seeing/dropout.py",
                title="Dropout",
                sentence="I watched the masks change, and saw that a network that drops units overfits less.",
                picture="dropout.png",
                picture_alt="Correlations of hidden units",
            ),
            Lesson(
                file="pages/seeing/fully_connected.py",
                title="Flatten and softmax",
                sentence="I followed a pixel into the vector, to a logit, to a probability, to the loss.",
                picture="fully_connected.png",
                picture_alt="The weights of ten classes as images",
            ),
        ),
    ),
    Chapter(
        "Learning",
        (
            Lesson(
                file="pages/learning/playground.py",
                title="Playground",
                sentence="I bent a straight line around a spiral, neuron by neuron, and opened every weight on the way.",
                picture="playground.png",
                picture_alt="A small network and the border it draws between two spirals",
            ),
            Lesson(
                file="pages/learning/gradient_descent.py",
                title="Gradient descent",
                sentence="I saw why the learning rate has a limit, and what momentum and Adam do in a narrow valley.",
                picture="gradient_descent.png",
                picture_alt="Trails of four update rules over a valley",
            ),
            Lesson(
                file="pages/learning/backpropagation.py",
                title="Backpropagation",
                sentence="I stepped one image through a whole CNN and its gradient back to the kernel, and saw the loss fall.",
                picture="backpropagation.png",
                picture_alt="The numbers of a small CNN with their gradients",
            ),
            Lesson(
                file="pages/learning/builder.py",
                title="Builder",
                sentence="I put a network together layer by layer, saw what each layer costs, and trained it.",
                picture="builder.png",
                picture_alt="Cards of layers, with a branch",
            ),
            Lesson(
                file="pages/learning/training_lab.py",
                title="Training lab",
                sentence="I saw a network learn to read digits in seconds, and its kernels turn from noise into strokes.",
                picture="training_lab.png",
                picture_alt="First-layer kernels at step 0 and after training",
            ),
            Lesson(
                file="pages/learning/runs.py",
                title="Runs",
                sentence="I changed one thing, trained with several seeds, and know whether the difference was chance.",
                picture="runs.png",
                picture_alt="Nine trainings as lines through batch size and learning rate to their accuracy",
            ),
            Lesson(
                file="pages/learning/training_tricks.py",
                title="Training tricks",
                sentence="I know which tricks made a difference larger than chance, and where a flip makes a network worse.",
                picture="training_tricks.png",
                picture_alt="Test accuracy of five ways to choose the first weights",
            ),
        ),
    ),
    Chapter(
        "Inside",
        (
            Lesson(
                file="pages/inside/time_machine.py",
                title="Time machine",
                sentence="I went back to the first steps of my own training, and saw which gradients made the kernels.",
                picture="time_machine.png",
                picture_alt="Histograms of weights and gradients at the first and the last step",
                needs_saliency=True,
            ),
            Lesson(
                file="pages/inside/feature_maps.py",
                title="Feature maps",
                sentence="I clicked a value of a map, read the sum that made it, and walked back to a pixel of my own digit.",
                picture="feature_maps.png",
                picture_alt="A handwritten digit and its feature maps",
                needs_saliency=True,
            ),
            Lesson(
                file="pages/inside/filters.py",
                title="Filters",
                sentence="I watched noise become strokes, and saw the images that each filter answers to.",
                picture="filters.png",
                picture_alt="Filters of the second layer and images made for them",
                needs_saliency=True,
            ),
            Lesson(
                file="pages/inside/ablation.py",
                title="Ablation",
                sentence="I switched channels off and found the one without which the network cannot tell a 3.",
                picture="ablation.png",
                picture_alt="Maps of a layer before and after one is switched off",
                needs_saliency=True,
            ),
            Lesson(
                file="pages/inside/embedding.py",
                title="Embedding",
                sentence="I saw the digits come apart into islands while the network learned.",
                picture="embedding.png",
                picture_alt="Test images as points, one island a digit",
                needs_saliency=True,
            ),
            Lesson(
                file="pages/inside/mistakes.py",
                title="Mistakes",
                sentence="I found the digits the network confuses, and whether it knew that it was unsure.",
                picture="mistakes.png",
                picture_alt="A confusion matrix and its images",
                needs_saliency=True,
            ),
            Lesson(
                file="pages/inside/saliency.py",
                title="Saliency",
                sentence="I saw which pixels made the network say cat, and which explanations I may believe.",
                picture="saliency.png",
                picture_alt="A cat under two saliency methods",
                needs_saliency=True,
            ),
        ),
    ),
    Chapter(
        "In the wild",
        (
            Lesson(
                file="pages/wild/datasets.py",
                title="Data sets",
                sentence="I looked at the images before a network did, brought my own, and trained on two of their classes.",
                picture="datasets.png",
                picture_alt="Mean images of ten classes",
            ),
            Lesson(
                file="pages/wild/retrieval.py",
                title="Retrieval",
                sentence="I asked with an image, saw what a layer takes for alike, and what training changed about it.",
                picture="retrieval.png",
                picture_alt="An image and the images nearest to it",
            ),
            Lesson(
                file="pages/wild/detection.py",
                title="Detection",
                sentence="I saw a detector find digits in a scene, and stepped through which of its boxes go and why.",
                picture="detection.png",
                picture_alt="Boxes around the digits of a scene",
            ),
            Lesson(
                file="pages/wild/sliding_window.py",
                title="Sliding window",
                sentence="I let my own classifier look everywhere in a picture, and saw a convolution do it all at once.",
                picture="sliding_window.png",
                picture_alt="A scene and the heat map of a digit",
            ),
            Lesson(
                file="pages/wild/segmentation.py",
                title="Segmentation",
                sentence="I watched masks grow while a U-Net learned, and what they lose without its skips.",
                picture="segmentation.png",
                picture_alt="A scene and the mask of its digits",
            ),
            Lesson(
                file="pages/wild/labels.py",
                title="Many labels, and grades",
                sentence="Softmax says one of K, sigmoids say yes or no for each label, and for grades being off by one must cost less than being off by three.",
                picture="labels.png",
                picture_alt="A scene of several digits, and a bar of each label's probability",
            ),
            Lesson(
                file="pages/wild/faces.py",
                title="Faces",
                sentence="I moved a threshold between false accepts and false rejects, and counted whom it fails.",
                picture="faces.png",
                picture_alt="The curves of false accepts and false rejects, and pairs of digits",
            ),
            Lesson(
                file="pages/wild/architectures.py",
                title="Architectures",
                sentence="I know where AlexNet's 60 million weights sit, and why GoogLeNet needs so few.",
                picture="architectures.png",
                picture_alt="AlexNet as boxes in space",
            ),
            Lesson(
                file="pages/wild/depth.py",
                title="Depth and efficiency",
                sentence="I saw depth halve the error of ImageNet, and what accuracy costs, also on my own machine.",
                picture="depth.png",
                picture_alt="Errors of the ImageNet competition by year",
            ),
            Lesson(
                file="pages/wild/ideas.py",
                title="Ideas",
                sentence="I saw 56 plain layers fail where 56 with skip connections learn, with three seeds each.",
                picture="ideas.png",
                picture_alt="Training loss of plain and residual networks",
            ),
            Lesson(
                file="pages/wild/composition.py",
                title="Composition",
                sentence="I followed a cat's eye from edges over fur to the filter that knows cats.",
                picture="composition.png",
                picture_alt="Images made for filters of five stages",
            ),
            Lesson(
                file="pages/wild/classify.py",
                title="Classify",
                sentence="I gave two networks my own photo, and saw what they were given, where they looked and how sure they were.",
                picture="classify.png",
                picture_alt="A cup of coffee and the five most probable classes",
                needs_saliency=True,
            ),
            Lesson(
                file="pages/wild/pipeline.py",
                title="Put together",
                sentence="I followed one pixel of my digit through every layer of my network to its probability.",
                picture="pipeline.png",
                picture_alt="A digit, its maps layer by layer, and the classes",
            ),
        ),
    ),
    Chapter(
        "In class",
        (
            Lesson(
                file="pages/class/lectures.py",
                title="Lectures",
                sentence="I gave the whole lecture with one key, and made my own from the pages that I needed.",
                picture="lectures.png",
                picture_alt="A page of the app with a light on its picture and the bar of the lecture below",
            ),
            Lesson(
                file="pages/class/notes.py",
                title="Notes",
                sentence="I read my notes on my own screen while the hall saw the next slide.",
                picture="notes.png",
                picture_alt="A clock, notes to a slide, and the next slide",
            ),
            Lesson(
                file="pages/class/room.py",
                title="Room",
                sentence="I followed the lecture on my own screen, wandered off, came back, and saw how many chose what I chose.",
                picture="room.png",
                picture_alt="One large screen and four small ones that show the same",
            ),
            Lesson(
                file="pages/class/questions.py",
                title="Questions",
                sentence="I predicted before I looked, and know which mistake I make with the padding.",
                picture="questions.png",
                picture_alt="A question with four choices, one of them right",
            ),
        ),
    ),
)

app = st.App(__file__, lifespan=lifespan, on_script_error=show_error, routes=ROUTES, middleware=MIDDLEWARE)

if __name__ == "__main__":
    run(CHAPTERS)
