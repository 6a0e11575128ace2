"""Arrays of detections become the columns that a file of them becomes."""

import numpy as np
import pytest

import score_files as files
from jaxvid.formats import activitynet_detections
from jaxvid.metrics import annotations, submission
from jaxvid.metrics.found import columns

NAMES = ["run", "swim", "jump"]  # In another order than the annotations have them.


@pytest.fixture(params=[files.IDS, None])
def truth(request, tmp_path):
  return annotations.read(files.write_annotations(tmp_path / "truth.json", ids=request.param), ("test",), False)


def some(rng, name, count):
  segments = rng.random((count, 2), np.float32) * 50
  return name, segments, rng.random(count, np.float32), rng.integers(0, 3, count).astype(np.int32)


@pytest.mark.parametrize("recordings", [{"a": 5, "b": 0, "c": 3}, {"v_a": 4, "elsewhere": 2, "b": 1}, {"c": 0}, {}])
@pytest.mark.parametrize("ignore_labels", [False, True])
def test_as_from_a_file(tmp_path, rng, truth, recordings, ignore_labels):
  found = [some(rng, name, count) for name, count in recordings.items()]
  activitynet_detections.write(tmp_path / "found.json", found, NAMES)
  expected = submission.detections(
    activitynet_detections.read(tmp_path / "found.json"), truth, labels="none" if ignore_labels else "known"
  )
  ours = columns(found, NAMES, truth, ignore_labels)
  assert ours.recordings == expected.recordings and ours.predicted.tolist() == expected.predicted.tolist()
  for name in ("video", "segments", "labels", "scores"):
    column, other = getattr(ours.predictions, name), getattr(expected.predictions, name)
    np.testing.assert_array_equal(column, other)
    assert column.dtype == other.dtype


def test_classes_without_names_are_the_annotations_ids(tmp_path, rng):
  truth = annotations.read(files.write_annotations(tmp_path / "truth.json"), ("test",), False)
  found = columns([("a", np.array([[0, 1]]), np.array([0.5]), np.array([7]))], [], truth)
  assert found.predictions.labels.tolist() == [7]
  nameless = annotations.read(files.write_annotations(tmp_path / "nameless.json", ids=None), ("test",), False)
  with pytest.raises(submission.SubmissionError, match="give class ids only"):
    columns([some(rng, "a", 2)], [], nameless)


def test_what_cannot_be_scored(rng, truth):
  with pytest.raises(submission.SubmissionError, match=r"1 classes .* unknown to .*truth.json: fly; it has names"):
    columns([("a", np.array([[0, 1]]), np.array([0.5]), np.array([0]))], ["fly"], truth)
  with pytest.raises(submission.SubmissionError, match=r"none of its recordings \(x, y\) is among those of .*truth"):
    columns([some(rng, "x", 1), some(rng, "y", 1)], NAMES, truth)
  with pytest.raises(submission.SubmissionError, match="detections of a: .* not finite"):
    columns([("a", np.array([[0, np.nan]]), np.array([0.5]), np.array([0]))], NAMES, truth)
