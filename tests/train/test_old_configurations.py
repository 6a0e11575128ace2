"""Configurations that earlier versions stored are read as what they were."""

import json
import pathlib

import pytest

from jaxvid.models.localization.heads import decoupled
from jaxvid.train import old_configurations
from jaxvid.train.experiment import Experiment
from jaxvid.train.workdir import with_tuples

FOLDER = pathlib.Path(__file__).parent / "old_configurations"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_stored_configurations_build(file):
  stored = json.loads(file.read_text())
  experiment = Experiment.from_config(with_tuples(stored), workdir="")
  assert experiment.train.epochs == stored["optim"]["schedule"]["epochs"]
  assert experiment.optim.settings == dict(b1=0.9, b2=0.999, eps=1e-8)
  assert old_configurations.upgrade(experiment.config) is experiment.config


def test_sgd_had_a_momentum():
  config = dict(optim=dict(type="sgd", lr=1.0, betas=(0.9, 0.999), epsilon=1e-8, schedule=dict(epochs=3)), train={})
  upgraded = old_configurations.upgrade(config)
  assert upgraded == dict(optim=dict(type="sgd", lr=1.0, momentum=0.9, schedule={}), train=dict(epochs=3))
  config["optim"]["momentum"] = 0.5
  assert old_configurations.upgrade(config)["optim"]["momentum"] == 0.5


def test_the_decoupled_head_takes_its_settings_from_the_task():
  stored = json.loads((FOLDER / "localization.json").read_text())
  stored["model"]["head"]["type"] = "decoupled"
  stored["task"] |= dict(error_weight=0.5)
  stored["task"]["detection"] |= dict(error_power=2.0)
  head = Experiment.from_config(with_tuples(stored), workdir="").network.head
  assert (type(head), head.error_weight, head.error_power) == (decoupled.Model, 0.5, 2.0)
