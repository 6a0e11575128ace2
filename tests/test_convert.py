"""Checkpoints of the public code through the command: what it leaves evaluates, predicts, trains, and goes back."""

import dataclasses
import json
import subprocess
import sys

import jax
import ml_collections
import numpy as np
import pytest
import yaml

import golden
from jaxvid import command, convert, predict
from jaxvid.build import ConfigError
from jaxvid.data.synthetic import recordings
from jaxvid.train import loop, trained
from jaxvid.train.public_weights import PublicNetwork
from jaxvid.weights import torch_files
from jaxvid.weights.rules import WeightsError
from same_detections import assert_same_detections

OTHER_CASES = (
  "actionformer_identity",
  "actionformer_agnostic",
  "actionformer_fpn",
  "tridet_plainhead",
  "tridet_trident",
)
CASE = "actionformer_conv"


def write_case(folder, name, ending=".npz", train_split=("train",)):
  """(description, arrays, tensors) of a golden case, its files written: case.yaml and weights.*.

  The case's videos have a timing of their own, which the YAML gets.
  """
  description, arrays, tensors = golden.load(name)
  values = dict(description["config"], dataset_name="thumos", train_split=list(train_split), val_split=["test"])
  values["dataset"] = dict(values["dataset"], feat_stride=4, num_frames=16)
  (folder / "case.yaml").write_text(yaml.safe_dump(values))
  torch_files.write(folder / f"weights{ending}", {"ema": tensors, "raw": tensors}, None)
  return description, arrays, tensors


def from_torch(folder, *flags, ending=".npz"):
  command.run(
    convert.main, [f"--yaml={folder}/case.yaml", f"--torch={folder}/weights{ending}", f"--workdir={folder}/run", *flags]
  )
  return folder / "run"


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
  """(folder with the files of CASE and its workdir "run", the tensors)."""
  folder = tmp_path_factory.mktemp(CASE)
  *_, tensors = write_case(folder, CASE)
  (folder / "names.txt").write_text("\n".join("abcdef"))
  from_torch(folder, f"--class_names={folder}/names.txt")
  return folder, tensors


def assert_predicts(folder, description, arrays, class_names):
  """File to file: features in, detections out, as the public code computes them."""
  for index, video in enumerate(description["videos"]):
    np.save(folder / "video.npy", arrays[f"eval{index}/feats"])
    found, flags = folder / "found.json", [f"--{key}={video[key]}" for key in ("fps", "duration")]
    command.run(predict.main, [f"--workdir={folder}/run", f"--input={folder}/video.npy", f"--output={found}", *flags])
    rows = json.loads(found.read_text())["results"]["video"]
    assert len(rows) == video["detections"]
    assert_same_detections(
      [row["segment"] for row in rows],
      np.array([row["score"] for row in rows]),
      [class_names.index(row["label"]) for row in rows],
      *(arrays[f"eval{index}/{key}"] for key in ("segments", "scores", "labels")),
    )


def test_predictions_of_an_imported_checkpoint(imported):
  description, arrays, _ = golden.load(CASE)
  assert_predicts(imported[0], description, arrays, "abcdef")


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHER_CASES)
def test_predictions_of_all_cases(tmp_path, name):
  description, arrays, _ = write_case(tmp_path, name)
  from_torch(tmp_path)
  assert_predicts(tmp_path, description, arrays, list(range(6)))  # Without names, labels are indices.


def test_evaluates_by_its_own_configuration(tmp_path, command_environment):
  """The commands as pasted: a dataset gives class names and contract, and --config need not be given."""
  write_case(tmp_path, CASE, train_split=["validation"])
  recordings.write(tmp_path / "data", num_train=2, num_test=2, dim=24, num_classes=6, min_steps=60, max_steps=90)

  def run(*command):
    done = subprocess.run(
      [sys.executable, "-m", *command], cwd=tmp_path, env=command_environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr

  said = run(
    "jaxvid.convert", "--yaml=case.yaml", "--torch=weights.npz", "--workdir=run", "--dataset=made_up"
  )  # fmt: skip
  assert "78 tensors of weights.npz" in said
  run("jaxvid.main", "--workdir=run", "--mode=eval", "--config.eval.num_drawn=0")
  scores = json.loads((tmp_path / "run" / "scores.json").read_text())
  assert 0 <= scores["average_mAP"] <= 1
  names = recordings.class_names(6)
  predictions = json.loads((tmp_path / "run" / "predictions.json").read_text())["results"]
  assert len(predictions) == 2 and {row["label"] for rows in predictions.values() for row in rows} <= set(names)
  assert trained.load(tmp_path / "run").contract.extractor == "made_up"
  # The dataset has no split "validation", the YAML's, but "train".
  assert json.loads((tmp_path / "run" / "config.json").read_text())["data"]["train_split"] == "train"


@pytest.mark.slow
def test_trains_on(tmp_path):
  """From the imported averages, in a folder of its own, and in the folder itself."""
  write_case(tmp_path, CASE)
  recordings.write(tmp_path / "data", num_train=4, num_test=2, dim=24, num_classes=6, min_steps=60, max_steps=90)
  workdir = from_torch(tmp_path, "--dataset=made_up", f"--data_dir={tmp_path}/data")
  config = json.loads((workdir / "config.json").read_text())
  config["optim"]["schedule"]["warmup_epochs"] = 1
  config["train"]["epochs"] = 2
  config["train"].update(init_from=str(workdir), num_devices=1)
  loop.train_and_evaluate(config, str(tmp_path / "tuned"))
  assert (tmp_path / "tuned" / "checkpoints" / "latest" / "4").exists()
  config["train"]["init_from"] = None
  loop.train_and_evaluate(config, str(workdir))
  assert (workdir / "checkpoints" / "latest" / "4").exists()


def test_a_checkpoint_there_and_back(tmp_path):
  """Averaged and raw weights, bit for bit, in files that PyTorch reads."""
  torch = pytest.importorskip("torch")
  _, _, tensors = write_case(tmp_path, CASE)
  other = {name: array + 1 for name, array in tensors.items()}
  torch_files.write(tmp_path / "weights.pth.tar", {"ema": tensors, "raw": other}, None)
  workdir = from_torch(tmp_path, ending=".pth.tar")
  command.run(convert.main, [f"--workdir={workdir}", f"--to_torch={tmp_path}/back.pth.tar"])
  there, back = (torch.load(tmp_path / f"{name}.pth.tar", weights_only=True) for name in ("weights", "back"))
  assert there.keys() == back.keys()
  for part in ("state_dict", "state_dict_ema"):
    assert there[part].keys() == back[part].keys()
    assert all(torch.equal(there[part][name], back[part][name]) for name in there[part])


def test_averaged_weights_there_and_back(imported):
  folder, tensors = imported
  command.run(convert.main, [f"--workdir={folder}/run", f"--to_torch={folder}/back.npz", "--module_prefix"])
  with np.load(folder / "back.npz") as back:
    assert set(back.files) == {f"module.{name}" for name in tensors}
    assert all(back[f"module.{name}"].tobytes() == tensors[name].tobytes() for name in tensors)


def test_what_the_workdir_knows(imported):
  model = trained.load(imported[0] / "run")
  assert list(model.class_names) == list("abcdef")
  assert model.contract.to_dict() == dict(
    extractor="", weights_hash="", normalization="", fps=None, feat_stride=4, num_frames=16, dim=24
  )


def test_a_model_spec_may_be_any_of_these(imported):
  folder, tensors = imported
  model = convert.model_spec(folder / "case.yaml")
  specs = [
    folder / "case.yaml",
    yaml.safe_load((folder / "case.yaml").read_text()),
    {"model": model, "seed": 0},
    ml_collections.ConfigDict(dict(model, num_classes=6, input_dim=24)),
  ]
  expected = PublicNetwork("localization", model)
  known = dataclasses.replace(expected, num_classes=6, dim=24)
  assert [PublicNetwork.from_spec(spec) for spec in specs] == [expected, expected, expected, known]
  ours = convert.import_torch(specs[0], tensors)
  for spec in specs[1:]:
    jax.tree.map(np.testing.assert_array_equal, convert.import_torch(spec, tensors), ours)


def test_the_task_of_a_model_spec():
  """By the parts and their types, where no configuration says it."""
  clips = dict(backbone=dict(type="r2plus1d"))
  assert PublicNetwork.from_spec(clips) == PublicNetwork("recognition", clips)
  assert PublicNetwork.from_spec("slow_r50").task == "recognition"
  with pytest.raises(ConfigError, match="no task has a network of backbone, neck"):
    PublicNetwork.from_spec(dict(backbone=dict(type="r2plus1d"), neck=dict(type="identity")))
  with pytest.raises(WeightsError, match="no public weights are known for networks of the task anticipation"):
    convert.import_torch({"task": {"type": "anticipation"}, "model": {"backbone": {}}}, {})


@pytest.mark.parametrize(
  "flags, message",
  [
    (["--yaml={tmp}/absent.yaml"], "absent.yaml: no such file"),
    (["--torch={tmp}/absent.npz"], "absent.npz: no such file"),
    (["--torch={tmp}/case.yaml"], "unknown ending; give one of .pth.tar"),
    (["--torch={tmp}/other.npz"], r"head/cls/bias of the model takes \(6,\)"),
    (["--dataset=absent"], "no dataset 'absent'"),
    (["--dataset=made_up"], "dim: 24 against 8"),
    (["--class_names={tmp}/names.txt"], "names.txt: classes: 2 classes, but the model has 6"),
    (["--workdir={tmp}/full"], "full holds a checkpoint already"),
  ],
)
def test_mistakes_give_one_line(tmp_path, flags, message):
  *_, tensors = write_case(tmp_path, CASE)
  (tmp_path / "names.txt").write_text("a\nb\n")
  np.savez(tmp_path / "other.npz", **dict(tensors, **{"cls_head.cls_head.conv.bias": np.zeros(7)}))
  if "--dataset=made_up" in flags:
    recordings.write(tmp_path / "data", num_train=1, num_test=1, dim=8, num_classes=6, min_steps=60, max_steps=60)
  if "full" in flags[0]:
    (tmp_path / "full" / "checkpoints" / "latest" / "0").mkdir(parents=True)
  with pytest.raises(SystemExit, match=f"error: (?s:.*){message}"):
    from_torch(tmp_path, f"--data_dir={tmp_path}/data", *(flag.format(tmp=tmp_path) for flag in flags))
  assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
  "flags, message",
  [
    (["--yaml=a.yaml"], "--torch is missing"),
    (["--torch=a.pth"], "--yaml or --network is missing"),
    (["--yaml=a.yaml", "--torch=a.pth", "--to_torch=b.pth"], "give --yaml and --torch, or"),
    (["--yaml=a.yaml", "--network=i3d", "--torch=a.pth"], "give --yaml and --torch, or"),
    ([], "give --yaml and --torch, or --network and --torch, or --to_torch"),
  ],
)
def test_flags(capsys, flags, message):
  with pytest.raises(SystemExit):
    command.run(convert.main, ["--workdir=run", *flags])
  assert message in capsys.readouterr().err


def test_no_checkpoint_to_take_back(tmp_path):
  with pytest.raises(SystemExit, match="no latest checkpoint"):
    command.run(convert.main, [f"--workdir={tmp_path}", f"--to_torch={tmp_path}/back.npz"])
