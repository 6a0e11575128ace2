"""A configuration from its file and flags."""

import pathlib

import pytest

from jaxvid import configuration
from jaxvid.build import ConfigError
from jaxvid.train import config_file
from jaxvid.train.experiment import Experiment

CONFIGS = pathlib.Path(__file__).parents[1] / "configs"
NAMES = ["quickstart", "thumos_tridet", "hapt_decoupled", "haa500_tag", "epic100_aga"]


def load(name, *flags):
  file, _, variant = name.partition(":")
  return configuration.load(f"{CONFIGS / file}.py" + (f":{variant}" if variant else ""), flags)


def get(config, path):
  for key in path.split("."):
    config = config[key]
  return config


@pytest.mark.parametrize(
  "flag, value",
  [
    ("optim.lr=3e-4", 3e-4),
    ("optim.lr=1", 1.0),
    ("optim.clip_norm=None", None),
    ("optim.nesterov=true", True),
    ("optim.schedule.final_lr=1e-6", 1e-6),
    ("model.head.norm=False", False),
    ("model.backbone.depths=(1, 1, 2)", (1, 1, 2)),
    ("eval.tious=0.5", (0.5,)),
    ("eval.tious=0.3,0.5", (0.3, 0.5)),
    ("data.made_up.num_train=8", 8),
    ("data.made_up=None", None),
    ("data.pad_multiple=64", 64),
    ("data.dataset=7", "7"),
    ("task.detection.sigma=0.4", 0.4),
    ("train.resume=runs/other", "runs/other"),
    ("seed=3", 3),
  ],
)
def test_values(flag, value):
  found = get(load("quickstart", f"--config.{flag}"), flag.partition("=")[0])
  assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
  "flag, message",
  [
    ("optim.learning_rate=1", "no key .*config.optim.learning_rate"),
    ("model.head.nrom=False", "did you mean norm"),
    ("optim.momentum=0.9", "no key .*config.optim.momentum"),
    ("optim.lr=fast", "config.optim.lr: 'fast' is not a number"),
    ("data.batch_size=1.5", "config.data.batch_size: '1.5' is not a whole number"),
    ("optim.ema_warmup=perhaps", "'perhaps' is not true or false"),
    ("model.head.type=hydra", 'no head "hydra"; there are: decoupled, point, trident'),
    ("sed=1", "did you mean seed"),
    ("optim.schedule.epochs=3", '"config.optim.schedule.epochs" is now train.epochs'),
    ("task.detection.error_power=0", "is now model.head.error_power"),
  ],
)
def test_errors(flag, message):
  with pytest.raises(ConfigError, match=message):
    load("quickstart", f"--config.{flag}")


def test_another_type_brings_its_keys():
  config = load("quickstart", "--config.model.head.num_bins=8", "--config.model.head.type=trident")
  assert config["model"]["head"]["num_bins"] == 8 and config["model"]["head"]["width"] == 64
  config = load("quickstart", "--config.optim.type=sgd", "--config.optim.momentum=0.9")
  assert config["optim"]["momentum"] == 0.9 and "b1" not in config["optim"]
  Experiment.from_config(config, "")


@pytest.mark.parametrize("name", NAMES)
def test_every_key_can_be_set(name):
  """Of every section and part; a flag with the value that is there changes nothing."""
  config = load(name)
  parts = [f"model.{part}" for part, values in config["model"].items() if isinstance(values, dict)]
  nested = ["task.detection"] if "detection" in config["task"] else []
  flags = []
  for path in ("task", "model", "data", "optim", "train", "eval", "optim.schedule", *parts, *nested):
    for key in config_file.keys_of(config, path):
      value = get(config, path).get(key)
      if key != "type" and not isinstance(value, dict):
        flags.append(f"--config.{path}.{key}={value}")
  assert len(flags) > 40
  assert load(name, *flags) == config
  Experiment.from_config(config, "")


def test_missing_files_and_variants(tmp_path):
  with pytest.raises(ConfigError, match="nothing.py"):
    configuration.load(str(tmp_path / "nothing.py"))
  with pytest.raises(ConfigError, match='unknown variant "smal"'):
    load("hapt_sgp:smal")
