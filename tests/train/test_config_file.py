"""A configuration as a file is the configuration."""

import tiny
from jaxvid.train import config_file
from jaxvid.train.experiment import Experiment


def load(path):
  scope = {}
  exec(compile(path.read_text(), path, "exec"), scope)
  return scope


def test_a_file_gives_back_what_was_written(tmp_path):
  config = config_file.complete(tiny.get_config().to_dict())
  path = tmp_path / "config.py"
  path.write_text(config_file.write(config, 'Made of "a\\b.yaml".\n\n  second'))
  scope = load(path)
  assert scope["__doc__"].startswith("Made of 'a\\b.yaml'.")
  assert scope["get_config"]().to_dict() == config


def test_complete_knows_every_key(tmp_path):
  """Of a configuration that says only what it must."""
  full = config_file.complete(tiny.get_config().to_dict())
  short = dict(
    full,
    task={key: full["task"][key] for key in ("type", "num_classes", "regression_ranges")},
    data={key: full["data"][key] for key in ("type", "dataset", "batch_size", "max_len", "buckets")},
    optim={key: full["optim"][key] for key in ("lr", "schedule")},
    train={"epochs": 6},
    eval={"type": "localization"},
  )
  complete = config_file.complete(short)
  for section in ("task", "data", "optim", "train", "eval"):
    assert complete[section].keys() >= full[section].keys()
  assert complete["task"]["detection"].keys() == full["task"]["detection"].keys()
  Experiment.from_config(complete, str(tmp_path))
