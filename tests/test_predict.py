"""Prediction from files gives what an evaluation gives; what cannot be right is refused before the work."""

import dataclasses
import json
import logging
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tiny
from jaxvid import command, predict
from jaxvid.data import store
from jaxvid.formats import contract
from jaxvid.formats.contract import FeatureContract
from jaxvid.formats.errors import FormatError
from jaxvid.inference import detect as detection
from jaxvid.inference.detect import detect
from jaxvid.inference.detector import Detector
from jaxvid.records import Timing, TimingError
from jaxvid.train import loop
from jaxvid.train.checkpoint import BEST, LATEST, CheckpointError, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.state import create_state

FPS, STRIDE, FRAMES, DIM = 30.0, 4.0, 16.0, 6  # Of the made-up dataset.


def write_workdir(folder, kind=LATEST):
  """A workdir with a checkpoint of random parameters, as training leaves it; returns the configuration."""
  config = tiny.get_config()
  config.eval.num_drawn = 0
  config = config.to_dict()
  experiment = Experiment.from_config(config, str(folder))
  optimizer, _ = experiment.optim.make(steps_per_epoch=1)
  inputs = (np.zeros((1, 64, DIM), np.float32), np.ones((1, 64), bool))
  shapes = jax.eval_shape(lambda: create_state(experiment.network, experiment.task, optimizer, inputs, 0))
  rng = np.random.default_rng(0)
  state = jax.tree.map(lambda x: jnp.asarray(rng.normal(0, 0.5, x.shape), x.dtype), shapes)
  with Checkpoints(folder) as checkpoints:
    checkpoints.save(kind, 7, state, experiment.describe(experiment.open_split("test")))
  return config


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("workdir")
  write_workdir(folder)
  return folder


@pytest.fixture(scope="module")
def loaded(workdir):
  return Detector(workdir)


@pytest.fixture
def detector(loaded, monkeypatch):
  """The workdir's detector, which `predict` then takes too: its programs are compiled once for all tests."""
  monkeypatch.setattr(detection, "Detector", lambda *_: loaded)
  return loaded


def recordings(workdir):
  source = store.open_dataset(workdir / "made_up", "made_up", "test")
  return [source[index] for index in range(len(source))]


def write_files(folder, workdir):
  """The test split as .npy files and an annotation file of their durations."""
  folder.mkdir()
  entries = {}
  for record in recordings(workdir):
    np.save(folder / f"{record['id']}.npy", record["features"])
    entries[record["id"]] = {"duration": record["duration"], "fps": record["fps"]}
  annotations = folder / "annotations.json"
  annotations.write_text(json.dumps({"database": entries}))
  return annotations


def test_a_folder_gives_what_evaluation_gives(tmp_path):
  workdir = tmp_path / "workdir"
  config = write_workdir(workdir)
  loop.evaluate(config, str(workdir))
  expected = json.loads((workdir / "predictions.json").read_text())
  annotations = write_files(tmp_path / "features", workdir)
  returned = detect(workdir, tmp_path / "features", tmp_path / "found.json", annotations=annotations)
  found = json.loads((tmp_path / "found.json").read_text())
  assert found == expected and found["results"] == returned
  assert all(len(rows) > 5 for rows in returned.values()) and len(returned) == 4


def test_resizes_as_evaluation_does(monkeypatch, workdir, detector):
  record, model = recordings(workdir)[0], detector._model
  data = dataclasses.replace(model.experiment.data, resize_to=64)
  experiment = dataclasses.replace(model.experiment, data=data)
  monkeypatch.setattr(detector, "_model", dataclasses.replace(model, experiment=experiment))
  examples = data.eval_examples(store.open_dataset(workdir / "made_up", "made_up", "test"))
  _, expected = next(detector._predictor.each(model.variables, examples))
  found = detector(record["features"], Timing(duration=record["duration"]))
  assert [row["segment"] for row in found] == expected.segments[expected.valid].tolist()
  monkeypatch.undo()
  assert found != detector(record["features"], Timing(duration=record["duration"]))


def test_without_a_duration_a_recording_ends_where_its_last_step_does(detector):
  for num_steps in (1, 3, 40, 64, 130):
    features = np.random.default_rng(num_steps).normal(size=(num_steps, DIM)).astype(np.float32)
    rows = detector(features)
    ends = [row["segment"][1] for row in rows]
    assert rows and max(ends) <= ((num_steps - 1) * STRIDE + FRAMES) / FPS + 1e-4
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    if num_steps > 3:
      assert max(ends) > 0.7 * num_steps * STRIDE / FPS, "detections to the end of the recording"


def test_an_array_gives_what_its_file_gives(tmp_path, workdir, detector):
  record = recordings(workdir)[1]
  np.save(tmp_path / "one.npy", record["features"])
  timing = Timing(fps=FPS, feat_stride=STRIDE, duration=record["duration"])
  assert detector(record["features"], timing) == detect(
    workdir, tmp_path / "one.npy", tmp_path / "one.json", timing=timing
  )["one"]  # fmt: skip
  assert detector(record["features"], timing, top=2) == detector(record["features"], timing)[:2]
  doubles = detector(record["features"].astype(np.float64), timing)
  np.testing.assert_allclose([r["score"] for r in doubles], [r["score"] for r in detector(record["features"], timing)],
                             rtol=1e-5)  # fmt: skip


def test_a_contract_beside_the_features(tmp_path, monkeypatch, workdir, detector):
  record, file = recordings(workdir)[0], tmp_path / "one.npy"
  np.save(file, record["features"])
  plain = detect(workdir, file, tmp_path / "out.json")
  ours = FeatureContract("ours", "", None, STRIDE, FRAMES, DIM, "none")
  monkeypatch.setattr(detector, "contract", ours)
  with pytest.raises(TimingError, match="one.npy: fps: not known"):
    detect(workdir, file, tmp_path / "out.json")

  def beside(**changes):
    theirs = dataclasses.replace(ours, weights_hash="12ab", fps=FPS, **changes)
    (tmp_path / contract.FILE).write_text(json.dumps(theirs.to_dict()))

  beside()
  for path in (file, tmp_path):
    assert detect(workdir, path, tmp_path / "out" / "out.json") == plain
  with pytest.raises(TimingError, match="fps: 30 in .*contract.json, but 25 was given"):
    detect(workdir, file, tmp_path / "out.json", timing=Timing(fps=25))
  beside(extractor="theirs")
  with pytest.raises(FormatError, match="contract.json: contract: other features .*: extractor: 'ours' against 'th"):
    detect(workdir, file, tmp_path / "out.json")


def test_top(tmp_path, workdir, detector):
  write_files(tmp_path / "features", workdir)
  few = detect(workdir, tmp_path / "features", tmp_path / "few.json", top=3)
  all_ = detect(workdir, tmp_path / "features", tmp_path / "all.json")
  assert few == {name: rows[:3] for name, rows in all_.items()}


def test_class_names_or_indices(monkeypatch, detector):
  features = np.random.default_rng(0).normal(size=(50, DIM)).astype(np.float32)
  names = [row["label"] for row in detector(features)]
  monkeypatch.setattr(detector, "class_names", ())
  indices = [row["label"] for row in detector(features)]
  assert names == [["jump", "throw"][index] for index in indices]


def test_the_best_checkpoint(tmp_path, workdir):
  with pytest.raises(CheckpointError, match="no best checkpoint"):
    Detector(workdir, "best")
  write_workdir(tmp_path, kind=BEST)
  assert Detector(tmp_path, "best").class_names == ["jump", "throw"]
  with pytest.raises(CheckpointError, match="no latest checkpoint"):
    Detector(tmp_path)


def test_what_contradicts_the_model_is_refused(tmp_path, workdir, detector):
  features = np.random.default_rng(0).normal(size=(200, DIM)).astype(np.float32)
  for timing, message in [
    (Timing(fps=25), "fps: 25 given, but the model was trained on features with 30"),
    (Timing(feat_stride=8), "feat_stride: 8 given, .* with 4"),
    (Timing(num_frames=32), "num_frames: 32 given, .* with 16"),
    (Timing(duration=60), "60 s at 30 fps, .* make 447 steps, but there are 200, which end at 27.1 s"),
  ]:
    with pytest.raises(TimingError, match=message):
      detector(features, timing)
  with pytest.raises(FormatError, match="dim 6 is expected"):
    detector(features[:, :5])
  np.save(tmp_path / "a.npy", features.T)
  with pytest.raises(FormatError, match=r"a.npy: array: shape \(6, 200\) looks transposed"):
    detect(workdir, tmp_path / "a.npy", tmp_path / "a.json")
  np.save(tmp_path / "a.npy", features)
  with pytest.raises(TimingError, match="a.npy: duration: 60 s"):
    detect(workdir, tmp_path / "a.npy", tmp_path / "a.json", timing=Timing(duration=60))
  assert not (tmp_path / "a.json").exists()


def test_a_model_without_a_frame_rate_needs_one(monkeypatch, detector):
  monkeypatch.setattr(detector, "contract", dataclasses.replace(detector.contract, fps=None))
  features = np.random.default_rng(0).normal(size=(50, DIM)).astype(np.float32)
  with pytest.raises(TimingError, match="fps: not known"):
    detector(features)
  once, twice = (np.array([r["segment"] for r in detector(features, Timing(fps=fps))]) for fps in (20.0, 40.0))
  np.testing.assert_allclose(once, 2 * twice, rtol=1e-4, atol=1e-4)


def test_a_bad_file_ends_it_before_the_work(tmp_path, workdir, detector, caplog):
  annotations = write_files(tmp_path / "features", workdir)
  names = sorted(path.stem for path in (tmp_path / "features").glob("*.npy"))
  (tmp_path / "features" / f"{names[2]}.npy").write_bytes(b"")
  with pytest.raises(FormatError, match=f"{names[2]}.npy: file: not readable") as caught:
    detect(workdir, tmp_path / "features", tmp_path / "a.json")
  assert "--skip_bad" in caught.value.__notes__[0] and not (tmp_path / "a.json").exists()
  np.save(tmp_path / "features" / "other.npy", np.ones((50, DIM)))
  with caplog.at_level(logging.WARNING, "jaxvid.inference"):
    found = detect(workdir, tmp_path / "features", tmp_path / "a.json", annotations=annotations, skip_bad=True)
  assert list(found) == [names[0], names[1], names[3]]
  assert f"left out: {tmp_path}/features/{names[2]}.npy" in caplog.text and "has no 'other'" in caplog.text


def test_one_duration_does_not_fit_a_folder(tmp_path, workdir, detector):
  write_files(tmp_path / "features", workdir)
  with pytest.raises(TimingError, match="duration: one recording's, but --input is a folder"):
    detect(workdir, tmp_path / "features", tmp_path / "a.json", timing=Timing(duration=10))


def test_a_prefix_of_the_files_names(tmp_path, workdir, detector):
  record = recordings(workdir)[0]
  np.save(tmp_path / "v_abc.npy", record["features"])
  (tmp_path / "all.json").write_text(json.dumps({"database": {"abc": {"duration": record["duration"]}}}))
  found = detect(
    workdir, tmp_path / "v_abc.npy", tmp_path / "a.json", annotations=tmp_path / "all.json", file_prefix="v_"
  )
  assert list(found) == ["abc"]


@pytest.fixture
def main(monkeypatch, workdir, tmp_path):
  def main(*arguments):
    command.run(predict.main, [f"--workdir={workdir}", f"--output={tmp_path}/found.json", *arguments])

  return main


def test_the_command(tmp_path, workdir, detector, main, capsys):
  record = recordings(workdir)[0]
  np.save(tmp_path / "walk.npy", record["features"])
  main(f"--input={tmp_path}/walk.npy", f"--duration={record['duration']}", "--fps=30", "--plot")
  found = json.loads((tmp_path / "found.json").read_text())
  assert found["version"] == "1.0" and list(found["results"]) == ["walk"]
  assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")
  printed = capsys.readouterr().out.splitlines()
  best = found["results"]["walk"][0]
  assert printed[0].split() == [
    f"{best['score']:.3f}", f"{best['segment'][0]:.2f}", "to", f"{best['segment'][1]:.2f}", "s", best["label"]
  ]  # fmt: skip
  assert printed[-1].strip() == f"... and {len(found['results']['walk']) - 10} more"
  main(f"--input={tmp_path}/walk.npy", f"--plot={tmp_path}/pictures/all.svg")
  assert "walk" in (tmp_path / "pictures" / "all.svg").read_text()


@pytest.mark.parametrize(
  "arguments, message",
  [
    (["--input={tmp}/none.npy"], "none.npy: file: no such file"),
    (["--input={tmp}/a.npy", "--workdir={tmp}/nowhere"], "no latest checkpoint in {tmp}/nowhere"),
    (["--input={tmp}/a.npy", "--fps=25"], "fps: 25 given"),
    (["--input={tmp}/a.npy", "--fps=-1"], "fps: must be a positive number"),
    (["--input={tmp}/a.npy", "--plot={tmp}/a.bmp"], "must end in one of .png"),
    (["--input={tmp}/a.npy", "--output={tmp}"], "{tmp}: a folder; name a file in it"),
    (["--input={tmp}/a.npy", "--output={tmp}/a.csv"], "{tmp}/a.csv: detections cannot be written as .csv"),
    (["--input={tmp}/a.npy", "--annotations={tmp}/a.npy"], "a.npy: file: not readable as JSON"),
    (["--input={tmp}"], "--skip_bad leaves out such files."),
  ],
)
def test_mistakes_give_one_message(tmp_path, main, arguments, message):
  np.save(tmp_path / "a.npy", np.ones((50, DIM)))
  np.save(tmp_path / "b.npy", np.ones((50, 5)))
  with pytest.raises(SystemExit) as caught:
    main(*(argument.format(tmp=tmp_path) for argument in arguments))
  assert str(caught.value).startswith("error: ") and message.format(tmp=tmp_path) in str(caught.value)


def test_help_answers_without_loading_anything(command_environment):
  code = (
    "import atexit, sys; from jaxvid import predict\n"
    "atexit.register(lambda: print('loaded', {'jax', 'numpy', 'matplotlib'} & set(sys.modules)))\n"
    "predict.main(['--help'])"
  )
  done = subprocess.run([sys.executable, "-c", code], env=command_environment, capture_output=True, text=True)
  assert "--feat_stride" in done.stdout and "jaxvid predict --workdir=runs/thumos" in done.stdout
  assert done.stdout.endswith("loaded set()\n")
