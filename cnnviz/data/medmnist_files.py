"""The files of MedMNIST v2: MD5 and labels of each, as the package medmnist 2.2.3 states them (``medmnist/info.py``, Apache 2.0)."""

from typing import NamedTuple

URL = "https://zenodo.org/record/6496656/files/{key}.npz?download=1"


class MedFile(NamedTuple):
    """``md5`` of the file, and the names of its ``labels`` in their order."""

    md5: str
    labels: tuple[str, ...]


FILES = {
    "pathmnist": MedFile(
        "a8b06965200029087d5bd730944a56c1",
        (
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
    ),
    "chestmnist": MedFile(
        "02c8a6516a18b556561a56cbdd36c4a8",
        (
            "atelectasis",
            "cardiomegaly",
            "effusion",
            "infiltration",
            "mass",
            "nodule",
            "pneumonia",
            "pneumothorax",
            "consolidation",
            "edema",
            "emphysema",
            "fibrosis",
            "pleural",
            "hernia",
        ),
    ),
    "dermamnist": MedFile(
        "0744692d530f8e62ec473284d019b0c7",
        (
            "actinic keratoses and intraepithelial carcinoma",
            "basal cell carcinoma",
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
    ),
    "octmnist": MedFile(
        "c68d92d5b585d8d81f7112f81e2d0842",
        ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    ),
    "pneumoniamnist": MedFile(
        "28209eda62fecd6e6a2d98b1501bb15f",
        ("normal", "pneumonia"),
    ),
    "retinamnist": MedFile(
        "bd4c0672f1bba3e3a89f0e4e876791e4",
        ("0", "1", "2", "3", "4"),
    ),
    "breastmnist": MedFile(
        "750601b1f35ba3300ea97c75c52ff8f6",
        ("malignant", "normal, benign"),
    ),
    "bloodmnist": MedFile(
        "7053d0359d879ad8a5505303e11de1dc",
        (
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
    ),
    "tissuemnist": MedFile(
        "ebe78ee8b05294063de985d821c1c34b",
        (
            "Collecting Duct, Connecting Tubule",
            "Distal Convoluted Tubule",
            "Glomerular endothelial cells",
            "Interstitial endothelial cells",
            "Leukocytes",
            "Podocytes",
            "Proximal Tubule Segments",
            "Thick Ascending Limb",
        ),
    ),
    "organamnist": MedFile(
        "866b832ed4eeba67bfb9edee1d5544e6",
        (
            "bladder",
            "femur-left",
            "femur-right",
            "heart",
            "kidney-left",
            "kidney-right",
            "liver",
            "lung-left",
            "lung-right",
            "pancreas",
            "spleen",
        ),
    ),
    "organcmnist": MedFile(
        "0afa5834fb105f7705a7d93372119a21",
        (
            "bladder",
            "femur-left",
            "femur-right",
            "heart",
            "kidney-left",
            "kidney-right",
            "liver",
            "lung-left",
            "lung-right",
            "pancreas",
            "spleen",
        ),
    ),
    "organsmnist": MedFile(
        "e5c39f1af030238290b9557d9503af9d",
        (
            "bladder",
            "femur-left",
            "femur-right",
            "heart",
            "kidney-left",
            "kidney-right",
            "liver",
            "lung-left",
            "lung-right",
            "pancreas",
            "spleen",
        ),
    ),
    "organmnist3d": MedFile(
        "21f0a239e7f502e6eca33c3fc453c0b6",
        (
            "liver",
            "kidney-right",
            "kidney-left",
            "femur-right",
            "femur-left",
            "bladder",
            "heart",
            "lung-right",
            "lung-left",
            "spleen",
            "pancreas",
        ),
    ),
    "nodulemnist3d": MedFile(
        "8755a7e9e05a4d9ce80a24c3e7a256f3",
        ("benign", "malignant"),
    ),
    "adrenalmnist3d": MedFile(
        "bbd3c5a5576322bc4cdfea780653b1ce",
        ("normal", "hyperplasia"),
    ),
    "fracturemnist3d": MedFile(
        "6aa7b0143a6b42da40027a9dda61302f",
        ("buckle rib fracture", "nondisplaced rib fracture", "displaced rib fracture"),
    ),
    "vesselmnist3d": MedFile(
        "2ba5b80617d705141f3f85627108fce8",
        ("vessel", "aneurysm"),
    ),
    "synapsemnist3d": MedFile(
        "1235b78a3cd6280881dd7850a78eadb6",
        ("inhibitory synapse", "excitatory synapse"),
    ),
}
"""By key of ``CATALOGUE``."""
