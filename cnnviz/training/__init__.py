"""Training in processes of their own: a run is a folder that any page and any notebook can read while it
grows.
"""

from cnnviz.training.bring import bring
from cnnviz.training.experiments import Experiment, experiments, open_experiment
from cnnviz.training.export import EXPORTS
from cnnviz.training.folder import ACTIVE
from cnnviz.training.loop import Metric, Trainer, evaluate
from cnnviz.training.registry import OPTIMIZERS, SCHEDULES
from cnnviz.training.run import Run, open_run, runs
from cnnviz.training.scene_specs import (
    detection_training,
    labels_training,
    ordinal_training,
    segmentation_training,
)
from cnnviz.training.spec import TrainingSpec
from cnnviz.training.starting import delete, start, start_all, warm_up
from cnnviz.training.sweep import read_values, sweep, sweep_specs
from cnnviz.training.tasks import TASKS, Evaluation, Task
from cnnviz.training.trained import trained, trained_networks

__all__ = [
    "ACTIVE",
    "EXPORTS",
    "OPTIMIZERS",
    "SCHEDULES",
    "TASKS",
    "Evaluation",
    "Experiment",
    "Metric",
    "Run",
    "Task",
    "Trainer",
    "TrainingSpec",
    "bring",
    "delete",
    "detection_training",
    "evaluate",
    "experiments",
    "labels_training",
    "open_experiment",
    "open_run",
    "ordinal_training",
    "read_values",
    "runs",
    "segmentation_training",
    "start",
    "start_all",
    "sweep",
    "sweep_specs",
    "trained",
    "trained_networks",
    "warm_up",
]
