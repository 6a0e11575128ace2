"""Streams of a trained anticipation: the same as windows, from files, lines and videos; states that are kept."""

import io
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import small_videos
from jaxvid import command, predict
from jaxvid.configs import routines_aga
from jaxvid.formats.contract import FeatureContract
from jaxvid.formats.errors import FormatError
from jaxvid.inference import stream
from jaxvid.inference.anticipator import Anticipator, StreamError
from jaxvid.train.checkpoint import LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.state import create_state

DIM = 6


def write_workdir(folder, contract=None, **changes):
  """A workdir with a checkpoint of random parameters, as training leaves it."""
  config = routines_aga.get_config("smoke")
  config.data.made_up.dim = DIM
  config.data.update(changes)
  config = config.to_dict()
  experiment = Experiment.from_config(config, str(folder))
  source = experiment.open_split("test")
  optimizer, _ = experiment.optim.make(steps_per_epoch=1)
  inputs = experiment.task.inputs(experiment.data.example_batch(source.contract))
  shapes = jax.eval_shape(lambda: create_state(experiment.network, experiment.task, optimizer, inputs, 0))
  rng = np.random.default_rng(0)
  state = jax.tree.map(lambda x: jnp.asarray(rng.normal(0, 0.5, x.shape), x.dtype), shapes)
  described = experiment.describe(source)
  with Checkpoints(folder) as checkpoints:
    checkpoints.save(LATEST, 7, state, dict(described, contract=contract) if contract else described)
  return folder


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  return write_workdir(tmp_path_factory.mktemp("workdir"))


@pytest.fixture(scope="module")
def anticipator(workdir):
  return Anticipator(workdir)


@pytest.fixture
def features(rng):
  return rng.normal(size=(12, DIM)).astype(np.float32)


def actions(rows):
  return [[(found["label"], found["score"]) for found in row["actions"]] for row in rows if "actions" in row]


def test_a_stream_says_what_a_window_says(anticipator, workdir, features):
  experiment = Experiment.from_config(routines_aga.get_config("smoke").to_dict(), "")
  window = experiment.network.apply(anticipator._variables, features[None], np.ones((1, 12), bool))
  expected = np.array(jax.nn.softmax(window.logits[0]))
  steps = [(t + 1.0, features[t]) for t in range(12)]
  rows = list(stream.anticipate(anticipator, steps, top=12))
  assert [row["time"] for row in rows] == [t + 1.0 for t in range(12)]
  assert all(row["at"] == row["time"] + anticipator.tau_a for row in rows)
  for t, row in enumerate(rows):
    scores = {found["label"]: found["score"] for found in row["actions"]}
    np.testing.assert_allclose([scores[name] for name in anticipator.class_names], expected[t], atol=1e-5)
  assert np.std(expected, axis=0).max() > 0.01


def test_streams_do_not_hear_of_each_other(anticipator, features):
  other = features[::-1]
  together, alone = anticipator.init_state(2), anticipator.init_state()
  for t in range(12):
    together, both = anticipator.step(together, np.stack([features[t], other[t]]), np.array([True, t != 3]))
    alone, one = anticipator.step(alone, features[t : t + 1])
    np.testing.assert_allclose(both.action[0], one.action[0], atol=1e-6)


def test_a_gap_is_as_if_it_had_not_been(anticipator, features):
  with_gap = [(1.0, features[0]), (2.0, None), (3.0, features[1])]
  rows = list(stream.anticipate(anticipator, with_gap))
  assert rows[1] == {"time": 2.0, "gap": True}
  without = list(stream.anticipate(anticipator, [(1.0, features[0]), (2.0, features[1])]))
  assert actions(rows) == actions(without)


@pytest.mark.parametrize(
  "array, message",
  [
    (np.zeros((1, DIM + 1)), r"shape \(1, 7\), but the model takes \(streams, 6\)"),
    (np.zeros(DIM), r"shape \(6,\)"),
    (np.full((1, DIM), np.nan), "not finite in stream"),
  ],
)
def test_features_that_cannot_be(anticipator, array, message):
  with pytest.raises(StreamError, match=message):
    anticipator.step(anticipator.init_state(), array)


def test_not_finite_where_there_is_a_gap(anticipator, features):
  both = np.stack([features[0], np.full(DIM, np.nan)])
  state, found = anticipator.step(anticipator.init_state(2), both, np.array([True, False]))
  _, found = anticipator.step(state, features[:2])
  assert np.isfinite(found.action).all()


def test_a_state_goes_on_in_another_process(anticipator, workdir, features, tmp_path):
  steps = [(t + 1.0, features[t]) for t in range(12)]
  whole = list(stream.anticipate(anticipator, steps))
  file, other = tmp_path / "state.npz", Anticipator(workdir)
  first = list(stream.anticipate(anticipator, steps[:5], state_file=file))
  second = list(stream.anticipate(other, [(t - 5, x) for t, x in steps[5:]], state_file=file))
  assert first + second == whole


def test_a_state_of_something_else(anticipator, tmp_path):
  file = tmp_path / "state.npz"
  file.write_bytes(b"nothing")
  with pytest.raises(StreamError, match="not a saved state of a stream"):
    anticipator.load_state(file)
  anticipator.save_state(file, anticipator.init_state())
  other = Anticipator.__new__(Anticipator)
  other.__dict__ |= anticipator.__dict__ | {"class_names": ["a", *anticipator.class_names[1:]]}
  with pytest.raises(StreamError, match="class_names: the state is of a model with .*take cup.*this one has .*a"):
    other.load_state(file)
  with np.load(file) as stored:
    values = {name: stored[name] for name in stored.files} | {"state_1": np.zeros((1, 3))}
  np.savez(file, **values)
  with pytest.raises(StreamError, match="arrays of shapes"):
    anticipator.load_state(file)


def test_steps_of_a_file(anticipator, features, tmp_path):
  path = tmp_path / "video.npy"
  np.save(path, features)
  found = list(stream.of_features(anticipator, path))
  assert [time for time, _ in found] == [t + 1.0 for t in range(12)]
  np.testing.assert_array_equal([x for _, x in found], features)
  features[3] = np.nan
  np.save(path, features)
  with pytest.raises(FormatError, match="NaN or infinity in step 3"):
    stream.of_features(anticipator, path)
  assert [x is None for _, x in stream.of_features(anticipator, path, gaps=True)] == [t == 3 for t in range(12)]
  np.save(path, features[:, :4])
  with pytest.raises(FormatError, match="while dim 6 is expected"):
    stream.of_features(anticipator, path, gaps=True)


def test_features_of_another_extractor(anticipator, features, tmp_path):
  np.save(tmp_path / "video.npy", features)
  contract = FeatureContract("other", "", 1.0, 1.0, 1.0, DIM, "none")
  (tmp_path / "contract.json").write_text(json.dumps(contract.to_dict()))
  with pytest.raises(StreamError, match="extractor: 'made_up_routines' against 'other'"):
    stream.of_features(anticipator, tmp_path / "video.npy")


@pytest.mark.parametrize(
  "ends, every, expected",
  [
    ([1, 2, 3], 1.0, [(1, 0), (2, 1), (3, 2)]),
    ([1, 2, 3, 4, 5], 2.0, [(1, 0), (3, 2), (5, 4)]),
    ([0.5, 1.1, 1.4, 2.6], 1.0, [(0.5, 0), (1.5, 2), (2.5, 2)]),  # Nothing is seen before it has ended.
    ([1, 4], 1.0, [(1, 0), (2, 0), (3, 0), (4, 1)]),
    ([0.1, 0.2, 0.1 + 0.2], 0.1, [(0.1, 0), (0.2, 1), (0.3, 2)]),
    ([], 1.0, []),
  ],
)
def test_as_often_as_in_training(ends, every, expected):
  found = list(stream._resample([(end, i) for i, end in enumerate(ends)], every))
  assert [i for _, i in found] == [i for _, i in expected]
  assert [time for time, _ in found] == pytest.approx([time for time, _ in expected])


def test_lines(anticipator, features):
  text = "\n".join([json.dumps(features[0].tolist()), "", "null", json.dumps(features[1].tolist())])
  found = list(stream.of_lines(anticipator, io.StringIO(text)))
  assert [time for time, _ in found] == [1.0, 2.0, 3.0] and found[1][1] is None
  np.testing.assert_array_equal(found[2][1], features[1])


@pytest.mark.parametrize(
  "line, message",
  [
    ("[1, 2", r"line 1: not a list of 6 numbers such as \[0.1, ...\], nor null"),
    ('"word"', "line 1: not a list of 6 numbers"),
    ("[1, 2]", r"line 1: shape \(2,\), but the model takes a list of 6 numbers"),
    (json.dumps([float("nan")] * DIM), "line 1: NaN or infinity; write null for a gap"),
  ],
)
def test_lines_that_cannot_be(anticipator, line, message):
  with pytest.raises(StreamError, match=message):
    list(stream.of_lines(anticipator, [line]))


class FakeExtractor:
  """Features of six numbers, one a frame."""

  def contract(self, fps):
    return FeatureContract("fake", "", fps, 1, 1, DIM, "none")

  def steps(self, video):
    return ((float(t + 1) / video.fps, np.full(DIM, t, np.float32)) for t in range(video.num_frames))


def test_a_video(tmp_path):
  video = small_videos.write(tmp_path / "a.mp4", 50)  # 25 frames a second.
  fitting = FakeExtractor().contract(25.0).to_dict()
  anticipator = Anticipator(write_workdir(tmp_path / "fits", contract=fitting))
  found = list(stream.of_video(anticipator, FakeExtractor(), video))
  assert [time for time, _ in found] == pytest.approx([0.04, 1.04]) and found[1][1][0] == 25
  assert stream.extractor_settings(anticipator) == {"clip_len": 1, "stride": 1, "layer": "backbone"}
  other = Anticipator(write_workdir(tmp_path / "other"))
  with pytest.raises(StreamError, match="extractor: 'made_up_routines' against 'fake'"):
    stream.of_video(other, FakeExtractor(), video)


def run(capsys, *argv):
  command.run(predict.main, [str(x) for x in argv])
  return capsys.readouterr().out.splitlines()


def test_command(workdir, features, tmp_path, capsys, monkeypatch):
  np.save(tmp_path / "video.npy", features)
  given = ("--workdir", workdir, "--input", tmp_path / "video.npy", "--top", 3)
  lines = [json.loads(line) for line in run(capsys, *given, "--stream", "--output", tmp_path / "rows.json")]
  assert len(lines) == 12 and all(len(line["actions"]) == 3 for line in lines)
  assert [json.loads(line) for line in (tmp_path / "rows.json").read_text().splitlines()] == lines
  last = run(capsys, *given)
  assert last == [f"{found['label']}  {found['score']:.3f}" for found in lines[-1]["actions"]]
  monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{json.dumps(x.tolist())}\n" for x in features)))
  assert [json.loads(line) for line in run(capsys, *given[:2], "--input", "-", "--top", 3, "--stream")] == lines


def test_command_refuses(workdir, features, tmp_path, capsys):
  np.save(tmp_path / "video.npy", features[:, :5])
  with pytest.raises(SystemExit, match="error: .*while dim 6 is expected"):
    run(capsys, "--workdir", workdir, "--input", tmp_path / "video.npy", "--stream")
  with pytest.raises(SystemExit, match="--plot works for localizers only; this model anticipates the next action."):
    run(capsys, "--workdir", workdir, "--input", tmp_path / "video.npy", "--plot")


@pytest.mark.slow
def test_the_memory_of_a_long_stream_stays_what_it_was(anticipator, features):
  """100,000 steps."""
  resource = pytest.importorskip("resource")
  state = anticipator.init_state(2)
  shapes = jax.tree.map(np.shape, state)
  for step in range(100_000):
    state, found = anticipator.step(state, features[step % 10 : step % 10 + 2])
    if step == 10_000:
      arrays, before = len(jax.live_arrays()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  assert np.isfinite(found.action).all() and jax.tree.map(np.shape, state) == shapes
  assert len(jax.live_arrays()) == arrays
  # Kilobytes, of the most that was ever taken; a queue that grew would take 90,000 times 2 x 16 numbers of 4 bytes.
  assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4000
