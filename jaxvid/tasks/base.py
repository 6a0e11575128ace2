"""What the rest of jaxvid asks of a task: the only place that knows what a batch means."""

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
    """What the loss carries from step to step; checkpointed with the parameters."""

  def inputs(self, batch: Batch) -> tuple[Array, ...]:
    """Positional arguments of the network."""

  def loss(self, outputs: Any, batch: Batch, state: State, train: bool) -> tuple[Array, Metrics, State]:
    """The loss, metrics for the log, and the new state.

    The metrics hold "loss" and the terms it is made of, whose names end in "_loss".
    """

  def predict(self, outputs: Any, batch: Batch) -> Any:
    """Predictions of static shape with a validity mask."""


class AnyModel(Protocol):
  """The section config.model of a task: a frozen dataclass of settings that builds the network.

  Attributes:
    PARTS: key -> the registry whose types it takes.
    CLASSIFIER: where the classifier's parameters are in the network's, such as "head/cls": the layers whose size is
      that of the number of classes.
  """

  PARTS: ClassVar[Mapping[str, str]]
  CLASSIFIER: ClassVar[str]

  def build(self, num_classes: int) -> Any:
    """The network, a Linen module that is called with what `AnyTask.inputs` gives, and train=True or False."""


class TaskFile(Protocol):
  """What a task's file defines, a module of jaxvid.tasks or one that a dotted type names.

  Attributes:
    Task, Model: see there.
    INFERENCE: the module that runs a trained model on files, or None.
    WEIGHTS: the module that knows the names which public code gives to the network's parameters, or None.
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
  """The network (a Linen module) that the section config.model describes, for a type of task and so many classes."""
  return construct(task_file(task).Model, model, "config.model").build(num_classes)


def task_file(task: str) -> TaskFile:
  """The file of a type of task; ConfigError lists those there are, or says what the file lacks."""
  file = find_file(TASKS, task, "config.task")
  for name in ("Model", "INFERENCE", "WEIGHTS"):
    if not hasattr(file, name):
      raise ConfigError(f"config.task.type: {file.__file__} defines no {name}; see jaxvid.tasks.base.TaskFile")
  return file
