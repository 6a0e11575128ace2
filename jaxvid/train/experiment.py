"""Builds the objects that a configuration describes; a key that nothing reads is an error."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import flax.linen as nn

from jaxvid.build import DATA, EVALUATORS, TASKS, ConfigError, build, construct
from jaxvid.data.store import Split
from jaxvid.evaluators.base import AnyEvaluator
from jaxvid.formats.contract import FeatureContract
from jaxvid.tasks.base import AnyTask, build_network
from jaxvid.train import old_configurations
from jaxvid.train.optim import Optim


@dataclasses.dataclass(frozen=True)
class Train:
  """The section config.train.

  Attributes:
    epochs: length of the training, the schedule's warm-up included.
    log_every: training steps from one line of metrics to the next.
    checkpoint_every: epochs from one checkpoint to the next.
    eval_every: epochs from one evaluation to the next; 0 evaluates at the end only. The best checkpoint is kept.
    num_devices: devices to use; None for all.
    resume: a workdir; training continues from its latest checkpoint.
    init_from: a workdir; training starts from its averaged parameters.
    backbone_from: a workdir; training starts from its backbone, averaged parameters and batch norm statistics, while
      head and classes may differ. Or the name of published weights, see jaxvid.weights.clip_networks.PACKAGED.
  """

  epochs: int
  log_every: int = 10
  checkpoint_every: int = 5
  eval_every: int = 0
  num_devices: int | None = None
  resume: str | None = None
  init_from: str | None = None
  backbone_from: str | None = None


@dataclasses.dataclass(frozen=True)
class Experiment:
  """The objects that a configuration describes.

  Attributes:
    config: the configuration as plain values, as checkpoints store it.
    seed: of initialisation, data order and dropout.
    network, task, data, evaluator: from config.model, config.task, config.data and config.eval.
    optim, train: from config.optim and config.train.
    workdir: folder of the run.
  """

  config: Mapping[str, Any]
  seed: int
  network: nn.Module
  task: AnyTask
  evaluator: AnyEvaluator
  data: Any
  optim: Optim
  train: Train
  workdir: str

  @classmethod
  def from_config(cls, config: Mapping[str, Any], workdir: str) -> "Experiment":
    """Builds the experiment; a configuration of an earlier version of jaxvid is upgraded first.

    Raises:
      ConfigError: names the key that is missing, unknown or wrong.
    """
    config = old_configurations.upgrade(config)
    sections = ("seed", "task", "model", "data", "optim", "train", "eval")
    for key in config:
      if key not in sections:
        raise ConfigError(f"config.{key}: nothing reads this key; a configuration has: {', '.join(sections)}")
    for key in sections:
      if key not in config:
        raise ConfigError(f"config.{key}: missing")
    task = build(TASKS, config["task"], "config.task")
    train = construct(Train, config["train"], "config.train")
    return cls(
      config=config,
      seed=config["seed"],
      task=task,
      workdir=workdir,
      network=build_network(config["model"], task.num_classes, config["task"]["type"]),
      evaluator=build(EVALUATORS, config["eval"], "config.eval"),
      data=build(DATA, config["data"], "config.data"),
      optim=Optim.from_config(config["optim"], train.epochs),
      train=train,
    )

  def open_split(self, split: str) -> Split:
    """Opens a split of the configured dataset; ConfigError if its number of classes is not the task's."""
    source = self.data.open_split(split, self.workdir)
    if len(source.class_names) != self.task.num_classes:
      raise ConfigError(
        f"config.task.num_classes: {self.task.num_classes}, but dataset {self.data.dataset} has "
        f"{len(source.class_names)} classes; set it to that"
      )
    return source

  def describe(self, source: Split) -> dict[str, Any]:
    """The description of the run that checkpoints store beside the arrays."""
    contract = source.contract.to_dict() if source.contract else None
    return {"config": self.config, "class_names": list(source.class_names), "contract": contract}

  def check_description(self, description: Mapping[str, Any], source: Split) -> None:
    """Checks that a checkpoint was trained on the classes and features that `source` has.

    Class names or an extractor that an imported checkpoint does not know are not compared.

    Raises:
      ConfigError: they differ.
    """
    if description["class_names"] and list(description["class_names"]) != list(source.class_names):
      raise ConfigError(
        f"the checkpoint was trained on the classes {description['class_names']}, but dataset {self.data.dataset} has "
        f"{source.class_names}"
      )
    contract = description["contract"] and FeatureContract.from_dict(description["contract"])
    if contract and (differences := contract.differences(source.contract)):
      raise ConfigError(
        "the checkpoint was trained on other features than the dataset's (checkpoint against dataset): "
        + "; ".join(differences)
      )
