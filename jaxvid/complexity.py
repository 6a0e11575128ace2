"""Parameters, multiply-adds and memory of a configuration's network.

  python -m jaxvid.complexity --config=configs/haa500_tag.py:table5
  python -m jaxvid.complexity --config=configs/thumos_tridet.py --dim=2048 --steps=2304

Multiply-adds are counted as papers do (many call them FLOPs): those of convolutions and matrix products, for one
example. XLA's numbers are those of the program compiled for this machine: two floating-point operations a multiply-add,
elementwise work too, none where a convolution meets its padding. Nothing is trained and no dataset is needed.
"""

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import absl.logging
from absl import app, flags
from ml_collections import config_flags

_CONFIG = config_flags.DEFINE_config_file(
  "config", None, "Configuration file, FILE.py or FILE.py:VARIANT.", lock_config=True
)
_DIM = flags.DEFINE_integer("dim", None, "Of sequences of features: their length; 2048 for two-stream I3D.")
_STEPS = flags.DEFINE_integer("steps", None, "Of sequences of features: how many; by default the shortest bucket.")
_COMPILE = flags.DEFINE_bool("compile", True, "Compile the program and ask XLA; False is quicker.")
flags.mark_flags_as_required(["config"])


@dataclasses.dataclass(frozen=True)
class Complexity:
  """What a network costs, for one example.

  Attributes:
    parameters: part of the network -> number of parameters, such as "backbone" and "head/encoder_0".
    classifier: the part of them that depends on the number of classes, by which papers' counts differ.
    multiply_adds: of all of it.
    backbone_multiply_adds: of the backbone alone; None for networks whose parts cannot be run alone.
    flops, memory: XLA's, of the compiled program, in operations and bytes; None where it was not compiled.
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


def measure(config: Mapping[str, Any], dim: int | None = None, steps: int | None = None, compile: bool = True):
  """The Complexity of the network that a configuration (plain values) describes.

  Args:
    config: as `ConfigDict.to_dict()` gives it.
    dim, steps: of sequences of features.
    compile: ask XLA too.

  Raises:
    ConfigError: the configuration cannot be built.
    ValueError: sequences of features without `dim`.
  """
  import jax

  from jaxvid.ops.cost import multiply_adds
  from jaxvid.train.experiment import Experiment

  experiment = Experiment.from_config(config, workdir="")
  network, batch = experiment.network, _example(experiment, dim, steps)
  inputs = experiment.task.inputs(batch)
  shapes = jax.eval_shape(network.init, jax.random.key(0), *inputs)
  forward = lambda variables, *inputs: network.apply(variables, *inputs, train=False)  # noqa: E731

  parameters, classifier = _parameters(shapes["params"], experiment.task.num_classes)
  found = Complexity(parameters, classifier, multiply_adds(forward, shapes, *inputs))
  if config["task"]["type"] == "recognition":
    alone = lambda variables, clip: network.apply(variables, clip, method="extract")  # noqa: E731
    found = dataclasses.replace(found, backbone_multiply_adds=multiply_adds(alone, shapes, *inputs))
  if compile:
    compiled = jax.jit(forward).lower(shapes, *inputs).compile()
    usage = compiled.memory_analysis()
    memory = usage.argument_size_in_bytes + usage.output_size_in_bytes + usage.temp_size_in_bytes
    found = dataclasses.replace(found, flops=compiled.cost_analysis()["flops"], memory=memory)
  return found


def report(found: Complexity, backend: str) -> str:
  """A table for people."""
  rows = [(part, f"{count:,}") for part, count in found.parameters.items()]
  rows += [("all", f"{found.total:,}"), ("all but the classifier", f"{found.total - found.classifier:,}")]
  width = max(len(name) for name, _ in rows) + 2
  lines = [f"{'parameters':{width}}", *(f"  {name:{width}}{count:>14}" for name, count in rows)]
  lines.append("multiply-adds, one example")
  if found.backbone_multiply_adds is not None:
    lines.append(f"  {'backbone':{width}}{found.backbone_multiply_adds / 1e9:>12.2f} G")
  lines.append(f"  {'all':{width}}{found.multiply_adds / 1e9:>12.2f} G")
  if found.flops is not None:
    lines.append(f"compiled by XLA for {backend}, one example")
    lines.append(f"  {'FLOPs':{width}}{found.flops / 1e9:>12.2f} G")
    lines.append(f"  {'memory':{width}}{found.memory / 2**20:>12.1f} MiB")
  return "\n".join(lines)


def _example(experiment, dim, steps):
  from jaxvid.data.contract import FeatureContract

  if experiment.config["task"]["type"] == "recognition":
    return experiment.data.example_batch(None)
  if dim is None:
    raise ValueError("--dim: how long a feature vector is depends on the dataset; give it, such as --dim=2048")
  data = experiment.data
  if steps is not None and experiment.config["task"]["type"] == "anticipation":
    data = dataclasses.replace(data, tau_o=steps * data.every)
  elif steps is not None:
    data = dataclasses.replace(data, buckets=(steps,))
  return data.example_batch(FeatureContract("", "", None, None, None, dim, ""))


def _parameters(params, num_classes):
  """Counts by part, the head's by its own parts too; and how many parameters the classifiers have."""
  import flax.traverse_util

  counts, classifier = {}, 0
  for path, leaf in flax.traverse_util.flatten_dict(params).items():
    part = "/".join(path[:2]) if path[0] in ("head", "anticipator") else path[0]
    counts[part] = counts.get(part, 0) + leaf.size
    if path[0] in ("head", "anticipator") and path[1] in ("classifier", "cls"):
      classifier += leaf.size
  return counts, classifier


def main(argv):
  if len(argv) > 1:
    raise app.UsageError(f"unexpected arguments: {' '.join(argv[1:])}")
  import jax

  try:
    found = measure(_CONFIG.value.to_dict(), _DIM.value, _STEPS.value, _COMPILE.value)
  except (OSError, ValueError) as error:
    sys.exit(f"error: {error}")
  print(report(found, jax.default_backend()))


def run():
  """Entry point of the command."""
  absl.logging.set_verbosity(absl.logging.WARNING)
  app.run(main)


if __name__ == "__main__":
  run()
