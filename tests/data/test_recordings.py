"""The timing of a file's steps: put together from what is known, and refused where it does not fit."""

import json

import numpy as np
import pytest

from jaxvid.data.recordings import FeatureFile, FeatureFiles, complete, read_timings
from jaxvid.formats.contract import FeatureContract
from jaxvid.formats.errors import FormatError
from jaxvid.records import Timing, TimingError


def contract(fps=30.0, feat_stride=4.0, num_frames=16.0):
  return FeatureContract("i3d", "", fps, feat_stride, num_frames, 3, "none")


def test_the_contract_completes_it():
  assert complete(Timing(), 11, contract()) == Timing(30, 4, 16, duration=(10 * 4 + 16) / 30)
  assert complete(Timing(duration=2.0), 11, contract()) == Timing(30, 4, 16, 2.0)
  assert complete(Timing(fps=25), 1, contract(fps=None)) == Timing(25, 4, 16, 16 / 25)


def test_what_is_given_more_exactly_is_taken():
  assert complete(Timing(fps=30000 / 1001), 5, contract(fps=29.97)).fps == 30000 / 1001
  with pytest.raises(TimingError, match="fps: 29.97 given, but the model was trained on features with 30"):
    complete(Timing(fps=29.97), 5, contract())


@pytest.mark.parametrize("name", ["fps", "feat_stride", "num_frames"])
def test_a_contradiction_names_both_values(name):
  with pytest.raises(TimingError, match=f"^{name}: 7 given, .* with {getattr(contract(), name):g};"):
    complete(Timing(**{name: 7}), 11, contract())


@pytest.mark.parametrize("name", ["fps", "feat_stride"])
def test_what_nobody_knows(name):
  with pytest.raises(TimingError, match=f"^{name}: not known"):
    complete(Timing(), 11, contract(**{name: None}))


def test_steps_share_out_the_duration_where_each_recording_has_a_stride_of_its_own():
  spread = complete(Timing(duration=50.0), 100, contract(feat_stride=None, num_frames=None))
  assert spread == Timing(30, 15, 15, 50.0)


@pytest.mark.parametrize("duration, fits", [(40, True), (41.5, True), (38, True), (44, False), (33.3, False)])
def test_a_duration_must_make_so_many_steps(duration, fits):
  # 297 steps are 40 s; 16 more or fewer are allowed, 2.1 s.
  timing = Timing(duration=duration)
  if fits:
    assert complete(timing, 297, contract()).duration == duration
  else:
    with pytest.raises(TimingError, match=rf"duration: {duration:g} s at 30 fps, .* but there are 297, .* at 40.0 s"):
      complete(timing, 297, contract())


@pytest.mark.parametrize("name", ["fps", "feat_stride", "num_frames", "duration"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_only_positive_numbers(name, value):
  with pytest.raises(TimingError, match=f"{name}: must be a positive number"):
    Timing(**{name: value})


def test_annotations(tmp_path):
  file = tmp_path / "all.json"
  file.write_text(json.dumps({"database": {"a": {"duration": 40, "fps": 25.0, "subset": "test"}, "b": {}}}))
  timings = read_timings(file)
  assert timings == {"a": Timing(fps=25, duration=40), "b": Timing()}
  assert FeatureFile("a", "a.npy", Timing(fps=25)).with_timing(timings, file).timing == Timing(fps=25, duration=40)
  with pytest.raises(TimingError, match="a.npy: fps: 25 in .*all.json, but 30 was given"):
    FeatureFile("a", "a.npy", Timing(fps=30)).with_timing(timings, file)
  with pytest.raises(TimingError, match="c.npy: .*all.json has no 'c'"):
    FeatureFile("c", "c.npy").with_timing(timings, file)


@pytest.mark.parametrize(
  "content, message",
  [
    (None, "file: no such file"),
    ("{", "line 1, column 2: not readable as JSON"),
    ("[]", "content: must be an object"),
    ('{"database": []}', "database: must be an object"),
    ('{"database": {"a": {"fps": -1}}}', "database.a.fps: must be a positive number"),
    ('{"database": {"a": {"duration": "long"}}}', "database.a.duration: 'long' is not a number"),
  ],
)
def test_annotations_that_are_something_else(tmp_path, content, message):
  file = tmp_path / "all.json"
  if content:
    file.write_text(content)
  with pytest.raises(FormatError, match=f"all.json: {message}"):
    read_timings(file)


def test_a_source_of_records(tmp_path, rng):
  features = rng.normal(size=(11, 3))
  np.save(tmp_path / "a.npy", features)
  source = FeatureFiles([FeatureFile("one", tmp_path / "a.npy")], contract())
  record = source[0]
  assert len(source) == 1 and record["id"] == "one" and record["duration"] == pytest.approx(56 / 30)
  np.testing.assert_array_equal(record["features"], features.astype(np.float32))
  assert record["features"].dtype == np.float32 and record["segments"].shape == (0, 2)
  with pytest.raises(TimingError, match="a.npy: duration: 99 s"):
    FeatureFiles([FeatureFile("one", tmp_path / "a.npy", Timing(duration=99))], contract())[0]
  with pytest.raises(FormatError, match="b.npy"):
    FeatureFiles([FeatureFile("two", tmp_path / "b.npy")], contract())[0]
