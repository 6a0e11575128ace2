"""Parameters, multiply-adds and memory of a configuration's network, without training or data."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import flax.traverse_util
import jax

from jaxvid.formats.contract import FeatureContract
from jaxvid.ops.cost import multiply_adds
from jaxvid.tasks.base import task_file
from jaxvid.train.experiment import Experiment


@dataclasses.dataclass(frozen=True)
class Complexity:
  """Cost of a network, for one example.

  Attributes:
    parameters: part of the network ("backbone", "head/encoder_0") -> number of parameters.
    classifier: parameters that depend on the number of classes; papers count with or without them.
    multiply_adds: of the network.
    backbone_multiply_adds: of the backbone alone; None for networks whose backbone cannot be run alone.
    flops, memory: of the compiled program according to XLA, in operations and bytes; None if it was not compiled.
  """

  parameters: Mapping[str, int]
  classifier: int
  multiply_adds: int
  backbone_multiply_adds: int | None = None
  flops: float | None = None
  memory: int | None = None

  @property
  def total(self) -> int:
    return sum(self.parameters.values())


def measure(
  config: Mapping[str, Any], dim: int | None = None, steps: int | None = None, compile: bool = True
) -> Complexity:
  """Measures the network that a configuration describes.

  Args:
    config: as plain values.
    dim: length of a feature vector, for networks of feature sequences.
    steps: length of the sequence; None takes the shortest bucket.
    compile: compile the program and report XLA's numbers, too.

  Raises:
    ConfigError: the configuration cannot be built.
    ValueError: `dim` is missing for a network of feature sequences.
  """
  experiment = Experiment.from_config(config, workdir="")
  network, batch = experiment.network, _example(experiment, dim, steps)
  inputs = experiment.task.inputs(batch)
  shapes = jax.eval_shape(network.init, jax.random.key(0), *inputs)
  forward = lambda variables, *inputs: network.apply(variables, *inputs, train=False)  # noqa: E731

  parameters, classifier = _parameters(shapes["params"], task_file(config["task"]["type"]).Model.CLASSIFIER)
  found = Complexity(parameters, classifier, multiply_adds(forward, shapes, *inputs))
  if hasattr(network, "extract"):
    alone = lambda variables, *inputs: network.apply(variables, *inputs, method="extract")  # noqa: E731
    found = dataclasses.replace(found, backbone_multiply_adds=multiply_adds(alone, shapes, *inputs))
  if compile:
    compiled = jax.jit(forward).lower(shapes, *inputs).compile()
    usage = compiled.memory_analysis()
    cost = compiled.cost_analysis()
    if usage is not None and cost is not None:  # Some backends do not know.
      memory = usage.argument_size_in_bytes + usage.output_size_in_bytes + usage.temp_size_in_bytes
      found = dataclasses.replace(found, flops=cost["flops"], memory=memory)
  return found


def report(found: Complexity, backend: str) -> str:
  """The complexity as a table to print.

  Args:
    found: to print.
    backend: name of XLA's backend, such as "cpu".
  """
  rows = [(part, f"{count:,}") for part, count in found.parameters.items()]
  rows += [("all", f"{found.total:,}"), ("all but the classifier", f"{found.total - found.classifier:,}")]
  width = max(len(name) for name, _ in rows) + 2
  lines = [f"{'parameters':{width}}", *(f"  {name:{width}}{count:>14}" for name, count in rows)]
  lines.append("multiply-adds, one example")
  if found.backbone_multiply_adds is not None:
    lines.append(f"  {'backbone':{width}}{found.backbone_multiply_adds / 1e9:>12.2f} G")
  lines.append(f"  {'all':{width}}{found.multiply_adds / 1e9:>12.2f} G")
  if found.flops is not None and found.memory is not None:
    lines.append(f"compiled by XLA for {backend}, one example")
    lines.append(f"  {'FLOPs':{width}}{found.flops / 1e9:>12.2f} G")
    lines.append(f"  {'memory':{width}}{found.memory / 2**20:>12.1f} MiB")
  return "\n".join(lines)


def _example(experiment: Experiment, dim: int | None, steps: int | None) -> Mapping[str, Any]:
  """A batch of one example; of `steps` feature vectors of length `dim` where the data are features."""
  data = experiment.data
  if data.KIND != "sequences":
    return data.example_batch(None)
  if dim is None:
    raise ValueError("--dim: the length of a feature vector depends on the dataset; give it, such as --dim=2048")
  return data.example_batch(FeatureContract("", "", None, None, None, dim, ""), steps)


def _parameters(params: Mapping[str, Any], classifier: str) -> tuple[dict[str, int], int]:
  """(parameters by part, parameters of the classifier); the part with the classifier is split into its parts."""
  counts: dict[str, int] = {}
  of_classifier = 0
  split = classifier.partition("/")[0]
  for path, leaf in flax.traverse_util.flatten_dict(params).items():
    part = "/".join(path[:2]) if path[0] == split else path[0]
    counts[part] = counts.get(part, 0) + leaf.size
    if f"{'/'.join(path)}/".startswith(f"{classifier}/"):
      of_classifier += leaf.size
  return counts, of_classifier
