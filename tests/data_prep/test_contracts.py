"""contract.json beside features: what it says need not be said by flags, and what contradicts it is refused."""

import json

import numpy as np
import pytest

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build, stats
from jaxvid.formats.contract import FeatureContract

CONTRACT = FeatureContract("r2plus1d", "0123abcd", 15.0, 4, 16, 4, "kinetics")


@pytest.fixture
def features(tmp_path):
  """Two recordings of 20 s, whose steps fit CONTRACT; annotations that know another frame rate lie beside them."""
  folder = tmp_path / "features"
  folder.mkdir()
  database = {}
  for name, subset in (("a", "train"), ("b", "test")):
    np.save(folder / f"{name}.npy", np.random.default_rng(0).normal(size=(72, 4)).astype(np.float32))
    actions = [{"label": "jump", "segment": [1.0, 2.5]}]
    database[name] = {"subset": subset, "duration": 20.0, "fps": 30.0, "annotations": actions}
  (folder / "annotations.json").write_text(json.dumps({"database": database}))
  say(folder)
  return folder


def say(folder, **changes):
  (folder / "contract.json").write_text(json.dumps(CONTRACT.to_dict() | changes))


def run(folder, *flags):
  command.run(
    build.main, ["generic", f"--source={folder}", f"--data_dir={folder.parent / 'data'}", "--overwrite", *flags]
  )
  return store.open_dataset(folder.parent / "data", "generic", "train")


def test_the_contract_stands_for_the_flags(features, capsys):
  split = run(features)
  assert split.contract == CONTRACT
  assert [split[0][key] for key in ("fps", "feat_stride", "num_frames")] == [15, 4, 16]
  assert "note: fps 15 is taken, though the annotations have up to 30" in capsys.readouterr().out


def test_flags_win(features):
  split = run(features, "--extractor=mine", "--weights_hash=ff", "--normalization=none", "--num_frames=15")
  assert split.contract == FeatureContract("mine", "ff", 15, 4, 15, 4, "none")


def test_without_a_contract_all_is_as_before(features):
  (features / "contract.json").unlink()
  split = run(features, "--fps=15", "--feat_stride=4", "--num_frames=16")
  assert split.contract == FeatureContract("", "", 15, 4, 16, 4, "none")
  with pytest.raises(SystemExit, match="a feat_stride: not there"):
    run(features, "--fps=15")


def test_joined_features(features):
  flow = features.parent / "flow"
  flow.mkdir()
  for name in "ab":
    np.save(flow / f"{name}.npy", np.ones((72, 2), np.float32))
  say(flow, extractor="flow", weights_hash="ee", dim=2)
  joined = FeatureContract("r2plus1d+flow", "0123abcd+ee", 15, 4, 16, 6, "kinetics")
  assert run(features, f"--join={flow}").contract == joined
  say(flow, feat_stride=8, dim=2)
  with pytest.raises(SystemExit, match="feat_stride: 4 and 8 in the contract.json of joined features"):
    run(features, f"--join={flow}")
  (flow / "contract.json").unlink()  # Who made these is not known, so nor who made the whole.
  assert run(features, f"--join={flow}").contract == FeatureContract("", "", 15, 4, 16, 6, "none")


def test_a_contract_of_other_features(features):
  say(features, dim=5)
  with pytest.raises(SystemExit, match="contract.json: dim: 5, but the features have 4. Extract them again"):
    run(features)
  (features / "contract.json").write_text('{"dim": 4}')
  with pytest.raises(SystemExit, match="json: extractor: missing, .*not a feature contract. Extract the features"):
    run(features)


def test_statistics_know_it_too(features, capsys):
  command.run(stats.main, [f"--annotations={features / 'annotations.json'}", f"--features={features}"])
  printed = capsys.readouterr().out
  assert "3.75 steps/s" in printed and "Features: 100.00% of the steps that the durations make" in printed
