"""The contract of a task. Tasks alone know what a batch means."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from jaxvid.array_types import Array
from jaxvid.build import TASKS, ConfigError, construct, find_file

# Of the computation; parameters and losses are float32.
DTYPES = ("float32", "bfloat16")

Batch = Mapping[str, Array]
Metrics = Mapping[str, Array]
State = Mapping[str, Array]


class AnyTask(Protocol):
  """The section config.task: a frozen dataclass of settings with pure, jittable methods.

  Attributes:
    num_classes: of the dataset.
  """

  @property
  def num_classes(self) -> int: ...

  def init_state(self) -> State:
    """What the loss carries from one training step to the next; checkpointed with the parameters."""

  def inputs(self, batch: Batch) -> tuple[Array, ...]:
    """Positional arguments of the network."""

  def loss(self, outputs: Any, batch: Batch, state: State, train: bool) -> tuple[Array, Metrics, State]:
    """The loss, metrics for the log, and the new state.

    The metrics hold "loss" and its terms, whose names end in "_loss".
    """

  def predict(self, outputs: Any, batch: Batch) -> Any:
    """Predictions of static shape with a validity mask."""


class AnyModel(Protocol):
  """The section config.model of a task: a frozen dataclass of settings that builds the network.

  Attributes:
    PARTS: key of a part -> the registry of its types.
    CLASSIFIER: path of the classifier's parameters in the network's, such as "head/cls": the layers whose size depends
      on the number of classes.
  """

  PARTS: ClassVar[Mapping[str, str]]
  CLASSIFIER: ClassVar[str]

  def build(self, num_classes: int) -> Any:
    """The network, a Linen module that is called with the arguments of `AnyTask.inputs` and train=True or False."""


class TaskFile(Protocol):
  """What the file of a task defines, in jaxvid.tasks or in another project.

  Attributes:
    Task, Model: the classes, see AnyTask and AnyModel.
    INFERENCE: name of the module that runs a trained model on files, or None.
    WEIGHTS: name of the module with the rules of public weights (see jaxvid.weights), or None.
  """

  @property
  def Task(self) -> type[AnyTask]: ...

  @property
  def Model(self) -> type[AnyModel]: ...

  @property
  def INFERENCE(self) -> str | None: ...

  @property
  def WEIGHTS(self) -> str | None: ...


def build_network(model: Mapping[str, Any], num_classes: int, task: str = "localization") -> Any:
  """Builds the network, a Linen module, of the section config.model of a type of task."""
  return construct(task_file(task).Model, model, "config.model").build(num_classes)


def task_file(task: str) -> TaskFile:
  """The file of a type of task; ConfigError for an unknown type lists the known ones, or says what the file lacks."""
  file = find_file(TASKS, task, "config.task")
  for name in ("Model", "INFERENCE", "WEIGHTS"):
    if not hasattr(file, name):
      raise ConfigError(f"config.task.type: {file.__file__} defines no {name}; see jaxvid.tasks.base.TaskFile")
  return file
