"""What jaxvid complexity shows, against numbers counted by hand."""

import pytest

from jaxvid import command, complexity
from jaxvid.configs import gym99_tag, routines_aga
from jaxvid.train.complexity import Complexity, measure, report

DIM, WIDTH, CLASSES, STEPS = 5, 4, 12, 7


def anticipation():
  """An MLP of each step: features to the width, one hidden layer, the classifier."""
  config = routines_aga.get_config("last_feature")
  config.model.anticipator.width = WIDTH
  return config.to_dict()


def recognition():
  config = gym99_tag.get_config("smoke")
  config.model.backbone = dict(type="r2plus1d", width=8, depths=(1, 1, 1, 1), mid_planes="each")
  config.model.head = dict(type="pool")
  return config.to_dict()


def test_of_features():
  found = measure(anticipation(), DIM, STEPS)
  assert found.parameters == {
    "anticipator/to_width": DIM * WIDTH + WIDTH,
    "anticipator/layers_0": WIDTH * WIDTH + WIDTH,
    "anticipator/classifier": WIDTH * CLASSES + CLASSES,
  }
  assert found.classifier == WIDTH * CLASSES + CLASSES and found.total == 24 + 20 + 60
  assert found.multiply_adds == STEPS * (DIM * WIDTH + WIDTH * WIDTH + WIDTH * CLASSES)
  assert found.backbone_multiply_adds is None
  # Two operations a multiply-add, and elementwise work; at least the parameters and the features are in memory.
  assert 2 * found.multiply_adds < found.flops < 4 * found.multiply_adds
  assert found.memory >= 4 * (found.total + STEPS * DIM)


def test_of_clips():
  """Of the head's classifier by hand: 8 times the backbone's width, then the classes."""
  config = recognition()
  classes = config["task"]["num_classes"]
  found = measure(config, compile=False)
  assert found.flops is None and found.memory is None
  assert found.parameters["head/classifier"] == found.classifier == 64 * classes + classes
  assert found.multiply_adds - found.backbone_multiply_adds == 64 * classes
  assert set(found.parameters) == {"backbone", "head/classifier"}


def test_features_need_a_length():
  with pytest.raises(ValueError, match="--dim: the length of a feature vector depends on the dataset; give it"):
    measure(anticipation())


def test_the_report():
  found = Complexity({"backbone": 2_000, "head/cls": 500}, 500, 3_500_000_000, 3_000_000_000, 7.25e9, 3 * 2**20)
  assert report(found, "cpu").splitlines() == [
    "parameters              ",
    "  backbone                         2,000",
    "  head/cls                           500",
    "  all                              2,500",
    "  all but the classifier           2,000",
    "multiply-adds, one example",
    "  backbone                        3.00 G",
    "  all                             3.50 G",
    "compiled by XLA for cpu, one example",
    "  FLOPs                           7.25 G",
    "  memory                           3.0 MiB",
  ]


def test_the_command(capsys):
  flags = ["--config=routines_aga:last_feature", f"--config.model.anticipator.width={WIDTH}", "--nocompile"]
  command.run(complexity.main, [*flags, f"--dim={DIM}", f"--steps={STEPS}"])
  printed = [line.split() for line in capsys.readouterr().out.splitlines()]
  assert ["anticipator/to_width", "24"] in printed and ["all", "104"] in printed
  assert not any("compiled" in line for line in printed)
