"""Published networks of clips as workdirs: imported, exported bit for bit, started from; names of classes."""

import jax
import numpy as np
import pytest

from jaxvid import command, convert
from jaxvid.tasks.base import build_network
from jaxvid.train import clip_import, restore, trained
from jaxvid.train.checkpoint import Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.public_weights import PublicNetwork
from jaxvid.weights import clip_networks

TINY = dict(backbone=dict(type="r2plus1d", width=8, depths=(1, 1, 1, 1), mid_planes="each"), head=dict(type="pool"))


@pytest.fixture
def tiny_network(monkeypatch):
  """A network with the name of a published one, and a state dict of it with 6 classes."""
  spec = clip_networks.NETWORKS["r2plus1d_34"]
  small = dict(spec, model=TINY, data=dict(spec["data"], clip_len=8, short_side=32, crop=32))
  monkeypatch.setitem(clip_networks.NETWORKS, "r2plus1d_34", small)
  shapes = PublicNetwork("recognition", TINY).shapes(6, None)
  rng = np.random.default_rng(0)
  return jax.tree.map(lambda x: rng.uniform(0.5, 1, x.shape).astype(np.float32), shapes)


def test_names_of_kinetics_400():
  names = clip_networks.kinetics_400()
  assert len(names) == len(set(names)) == 400
  assert (names[0], names[6], names[-1]) == ("abseiling", "arm wrestling", "zumba")


@pytest.mark.parametrize("name", [*clip_networks.NETWORKS, *clip_networks.PACKAGED])
def test_the_sections_of_a_network_are_complete(name):
  spec = clip_networks.spec_of(name)
  build_network(spec["model"], 400, "recognition")
  with pytest.raises(ValueError, match="no network 'resnet'; there are: r2plus1d_18"):
    clip_networks.spec_of("resnet")


def test_i3d_of_flow():
  """The public weights of the second stream: two channels in the first convolution, and no other difference."""

  def tensors(name):
    shapes = PublicNetwork.from_spec(name).shapes(400, None)
    return convert.export_torch(name, jax.tree.map(lambda x: np.broadcast_to(np.float32(0), x.shape), shapes))

  rgb, flow = tensors("i3d"), tensors("i3d_flow")
  differ = {name: (rgb[name].shape, flow[name].shape) for name in rgb if rgb[name].shape != flow[name].shape}
  assert differ == {"Conv3d_1a_7x7.conv3d.weight": ((64, 3, 7, 7, 7), (64, 2, 7, 7, 7))}
  assert clip_networks.spec_of("i3d_flow")["data"]["flow"] == "tvl1"


def test_there_and_back(tmp_path, tiny_network):
  tensors = convert.export_torch("r2plus1d_34", tiny_network)
  again = convert.import_torch("r2plus1d_34", tensors)
  jax.tree.map(np.testing.assert_array_equal, again, dict(tiny_network))
  np.savez(tmp_path / "weights.npz", **{f"module.{name}": array for name, array in tensors.items()})
  (tmp_path / "names.txt").write_text("\n".join("abcdef"))
  flags = ["--network=r2plus1d_34", f"--torch={tmp_path}/weights.npz", f"--class_names={tmp_path}/names.txt"]
  command.run(convert.main, [*flags, f"--workdir={tmp_path}/run"])
  model = trained.load(tmp_path / "run")
  assert list(model.class_names) == list("abcdef") and model.contract is None
  jax.tree.map(np.testing.assert_array_equal, jax.device_get(model.variables), dict(tiny_network))
  command.run(convert.main, [f"--workdir={tmp_path}/run", f"--to_torch={tmp_path}/back.npz"])
  with np.load(tmp_path / "back.npz") as back:
    assert set(back.files) == set(tensors)
    assert all(np.array_equal(back[name], tensors[name]) for name in tensors)
  with pytest.raises(SystemExit, match="holds a checkpoint already"):
    command.run(convert.main, [*flags, f"--workdir={tmp_path}/run"])


def test_a_backbone_to_start_from(tmp_path, tiny_network):
  """Parameters and statistics of another workdir's backbone, under another head and other classes."""
  np.savez(tmp_path / "weights.npz", **convert.export_torch("r2plus1d_34", tiny_network))
  clip_import.from_torch("r2plus1d_34", tmp_path / "weights.npz", tmp_path / "imported")
  config = fine_tuning(tmp_path / "imported")
  experiment = Experiment.from_config(config, str(tmp_path / "new"))
  source = experiment.open_split("train")
  optimizer, _ = experiment.optim.make(1)
  state = restore.new_state(experiment, source, optimizer)
  with Checkpoints(tmp_path / "new") as checkpoints:
    found = restore.restore(state, experiment, checkpoints, source)
  jax.tree.map(np.testing.assert_array_equal, found.params["backbone"], tiny_network["params"]["backbone"])
  jax.tree.map(np.testing.assert_array_equal, found.ema["backbone"], tiny_network["params"]["backbone"])
  jax.tree.map(
    np.testing.assert_array_equal, found.model_state["batch_stats"]["backbone"], tiny_network["batch_stats"]["backbone"]
  )
  jax.tree.map(np.testing.assert_array_equal, found.params["head"], state.params["head"])
  assert jax.tree.structure(found) == jax.tree.structure(state)


def fine_tuning(backbone_from):
  from jaxvid.configs import gym99_tag

  config = gym99_tag.get_config("smoke")
  config.model.backbone = TINY["backbone"]
  config.train.backbone_from = str(backbone_from)
  return config.to_dict()
