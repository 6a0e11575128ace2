import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build
from jaxvid.data_prep.datasets import thumos14

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "thumos14" / "thumos14.json"
needs_published = pytest.mark.skipif(not PUBLISHED.exists(), reason=f"needs the published annotations, {PUBLISHED}")


def run(source, data_dir, *flags, name="thumos14"):
  command.run(build.main, [name, f"--source={source}", f"--data_dir={data_dir}", *flags])


def test_records(thumos14_source, tmp_path):
  run(thumos14_source, tmp_path)
  train = store.open_dataset(tmp_path, "thumos14", "train")
  first, second = train[0], train[1]
  assert (first["id"], second["id"]) == ("video_validation_0000001", "video_validation_0000002")
  expected = np.load(thumos14_source / "video_validation_0000001.npy").astype(np.float16)
  np.testing.assert_array_equal(first["features"], expected)
  np.testing.assert_array_equal(first["segments"], [[0.2, 1.1], [11.4, 12.2], [12.0, 33.0]])
  np.testing.assert_array_equal(first["labels"], [0, 1, 0])
  assert (first["fps"], first["feat_stride"], first["num_frames"], first["duration"]) == (
    29.999999999999996,
    4,
    16,
    33.7,
  )
  assert second["segments"].shape == (0, 2) and second["labels"].shape == (0,)
  assert len(store.open_dataset(tmp_path, "thumos14", "test")) == 1


def test_metadata(thumos14_source, tmp_path):
  run(thumos14_source, tmp_path, "--extractor=tsp", "--weights_hash=abc", "--dtype=float32", name="thumos14/tsp")
  split = store.open_dataset(tmp_path, "thumos14/tsp", "validation")
  assert split.class_names == ["Diving", "HighJump"]
  assert split.contract.to_dict() == {
    "extractor": "tsp",
    "weights_hash": "abc",
    "fps": 30.0,
    "feat_stride": 4,
    "num_frames": 16,
    "dim": 4,
    "normalization": "none",
  }
  assert split[0]["features"].dtype == np.float32


def _video(name, **changes):
  """Changes a video's entry in the annotation file."""

  def break_source(source):
    container = json.loads((source / "thumos14.json").read_text())
    container["database"][name].update(changes)
    (source / "thumos14.json").write_text(json.dumps(container))

  return break_source


def _annotation(label="Diving", label_id=0, segment=(1.0, 2.0)):
  """Gives the first validation video one annotation; the others keep the names of the classes known."""
  annotation = {"label": label, "label_id": label_id, "segment": segment}
  known = [{"label": "Diving", "label_id": 0, "segment": [0.2, 1.1]}] * 2
  return _video("video_validation_0000001", annotations=[*known, annotation])


def _features(change):
  def break_source(source):
    file = source / FEATURES
    np.save(file, change(np.load(file)))

  return break_source


def _cut_features(source):
  content = (source / FEATURES).read_bytes()
  (source / FEATURES).write_bytes(content[: len(content) // 2])


def _nan(features):
  features[7] = np.nan
  return features


FEATURES, JSON = "video_validation_0000001.npy", "thumos14.json"

# What breaks the source; the file, the field and the remedy that the message must name.
BAD = {
  "missing features": (
    lambda source: (source / FEATURES).unlink(),
    FEATURES,
    "features: no such file",
    "Extract or copy it",
  ),
  "features cut short": (_cut_features, FEATURES, "features: not readable", "Extract or copy it again"),
  "no features": (lambda source: (source / FEATURES).write_text("x"), FEATURES, "features: not readable", "again"),
  "empty file": (lambda source: (source / FEATURES).write_bytes(b""), FEATURES, "features: not readable", "again"),
  "integers": (_features(lambda x: x.astype(int)), FEATURES, "features: int64 values, not floating", "as it is"),
  "three axes": (_features(lambda x: x[None]), FEATURES, "features: shape (1, 249, 4)", "steps x dim"),
  "no axes": (_features(lambda x: x[0, 0]), FEATURES, "features: shape ()", "steps x dim"),
  "no steps": (_features(lambda x: x[:0]), FEATURES, "features: shape (0, 4)", "steps x dim"),
  "another dim": (
    _features(lambda x: x[:, :3]),
    FEATURES,
    "features: dim 3, while the other files have 4",
    "one model",
  ),
  "NaN": (_features(_nan), FEATURES, "features: NaN or infinity in step 7", "Extract it again"),
  "overflow": (_features(lambda x: x * 1e6), FEATURES, "overflow float16", "--dtype=float32"),
  "features of another stride": (_features(lambda x: x[::2]), FEATURES, "number of steps: 125, but", "make 249"),
  "features of half a video": (_features(lambda x: x[:200]), FEATURES, "number of steps: 200, but", "file is whole"),
  "wrong fps": (
    _video("video_validation_0000001", fps=25.0),
    FEATURES,
    "number of steps: 249, but 33.7 s at 25 fps",
    "Check fps",
  ),
  "no fps": (
    _video("video_validation_0000001", fps=None),
    JSON,
    "video_validation_0000001 fps: not there",
    "Give --fps",
  ),
  "no duration": (
    _video("video_validation_0000001", duration=0),
    JSON,
    "database.video_validation_0000001.duration: must be a positive number",
    "Correct it",
  ),
  "another subset": (
    _video("video_validation_0000001", subset="Train"),
    JSON,
    "database.video_validation_0000001.subset",
    "validation, test",
  ),
  "unknown label": (
    _annotation("Dive", 0),
    JSON,
    "annotations[2]: unknown label 'Dive (label_id 0)'",
    "Use one of: Diving",
  ),
  "unknown label id": (
    _annotation("Diving", 7),
    JSON,
    "annotations[2]: unknown label 'Diving (label_id 7)'",
    "Use one of: Diving",
  ),
  "past the end": (
    _annotation(segment=(30.0, 34.3)),
    JSON,
    "annotations[2]: segment 30 to 34.3 s lies outside",
    "Correct it",
  ),
  "before the start": (
    _annotation(segment=(-0.6, 1.0)),
    JSON,
    "annotations[2]: segment -0.6 to 1 s lies outside",
    "Correct it",
  ),
  "reversed": (_annotation(segment=(2.0, 1.0)), JSON, "annotations[2]: segment 2 to 1 s is reversed", "Swap"),
  "not finite": (
    _annotation(segment=(1.0, float("inf"))),
    JSON,
    "annotations[2]: segment 1 to inf s is not two finite",
    "Correct it",
  ),
  "three times": (_annotation(segment=(1.0, 2.0, 3.0)), JSON, "annotations[2]: segment nan to nan s", "Correct it"),
  "annotations of another form": (
    _video("video_test_0000001", annotations=3),
    JSON,
    "database.video_test_0000001.annotations: must be a list",
    "container",
  ),
  "JSON cut short": (
    lambda source: (source / JSON).write_text("{"),
    JSON,
    "line 1, column 2: not readable as JSON",
    "download the file again",
  ),
  "JSON without videos": (lambda source: (source / JSON).write_text("{}"), JSON, "database: missing", "container"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_stops_the_build(case, thumos14_source, tmp_path):
  break_source, file, field, remedy = BAD[case]
  break_source(thumos14_source)
  with pytest.raises(SystemExit) as stop:
    run(thumos14_source, tmp_path / "data")
  message = stop.value.code
  assert message.startswith(f"error: {thumos14_source / file}: ")
  assert field in message and remedy in message
  assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("flag", "value"), [("feat_stride", 8), ("num_frames", 128)])
def test_a_wrong_stride_or_clip_length_is_caught(flag, value, thumos14_source, tmp_path):
  with pytest.raises(SystemExit, match="number of steps"):
    run(thumos14_source, tmp_path / "data", f"--{flag}={value}")
  assert not (tmp_path / "data").exists()


def test_what_is_within_tolerance_is_kept_as_published(thumos14_source, tmp_path):
  _annotation(segment=(30.0, 34.1))(thumos14_source)  # 0.4 s past the end.
  _features(lambda features: features[:-15])(thumos14_source)  # 15 steps short.
  run(thumos14_source, tmp_path)
  record = store.open_dataset(tmp_path, "thumos14", "train")[0]
  np.testing.assert_array_equal(record["segments"][2], [30.0, 34.1])
  assert len(record["features"]) == 249 - 15


def test_skip_bad(thumos14_source, tmp_path):
  (thumos14_source / "video_validation_0000002.npy").unlink()
  _annotation("Dive", 0)(thumos14_source)
  run(thumos14_source, tmp_path, "--skip_bad")
  train = store.open_dataset(tmp_path, "thumos14", "train")
  assert len(train) == 1 and len(train[0]["labels"]) == 2
  skipped = json.loads((store.dataset_folder(tmp_path, "thumos14") / "skipped.json").read_text())
  assert [(Path(entry["file"]).name, entry["field"]) for entry in skipped] == [
    ("thumos14.json", "video_validation_0000001, annotations[2]"),
    ("video_validation_0000002.npy", "features"),
  ]
  assert all(entry["problem"] for entry in skipped)


def test_annotations_elsewhere_and_ambiguous(thumos14_source, tmp_path):
  elsewhere = tmp_path / "elsewhere.json"
  shutil.move(thumos14_source / "thumos14.json", elsewhere)
  with pytest.raises(SystemExit, match="one .json file expected, found none. Give --annotations=FILE"):
    run(thumos14_source, tmp_path / "data")
  with pytest.raises(SystemExit, match="absent.json: file: no such file. Check the path"):
    run(thumos14_source, tmp_path / "data", f"--annotations={tmp_path / 'absent.json'}")
  run(thumos14_source, tmp_path / "data", f"--annotations={elsewhere}")
  for name in ("a.json", "b.json"):
    (thumos14_source / name).write_text("{}")
  with pytest.raises(SystemExit, match="found a.json, b.json. Give --annotations=FILE"):
    run(thumos14_source, tmp_path / "other")


@needs_published
def test_published_counts(write_features, tmp_path):
  features = tmp_path / "features"
  features.mkdir()
  write_features(features, json.loads(PUBLISHED.read_text())["database"], dim=2)
  run(features, tmp_path, f"--annotations={PUBLISHED}")
  for split, num_videos, num_segments in (("train", 200, 3_007), ("test", 212, 3_358)):
    records = store.open_dataset(tmp_path, "thumos14", split)
    segments = [records[index]["segments"] for index in range(len(records))]
    assert (len(segments), sum(map(len, segments))) == (num_videos, num_segments)
    assert len(records.class_names) == 20
    assert records.class_names[0] == "BaseballPitch" and records.class_names[19] == "VolleyballSpiking"


@needs_published
def test_the_videos_known_to_be_overrun_are_those_that_are():
  database = json.loads(PUBLISHED.read_text())["database"]
  overrun = {
    name
    for name, entry in database.items()
    if any(annotation["segment"][1] > entry["duration"] + 0.5 for annotation in entry["annotations"])
  }
  assert overrun == thumos14.OVERRUN
