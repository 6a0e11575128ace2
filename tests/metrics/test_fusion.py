"""Segments of a detector take the classes of a classifier."""

import json

import numpy as np
import pytest

import score_files as files
from jaxvid.formats import activitynet_detections
from jaxvid.metrics import annotations, fusion, submission
from score_files import detection


@pytest.fixture
def truth(tmp_path):
  return annotations.read(files.write_annotations(tmp_path / "truth.json"), ("test",), False)


def detections(tmp_path, truth, **results):
  path = files.write_submission(tmp_path / "found.json", **results)
  return submission.detections(activitynet_detections.read(path), truth, labels="none")


def write(tmp_path, content):
  path = tmp_path / "classes.json"
  path.write_text(json.dumps(content))
  return path


def test_the_best_segments_get_the_best_classes(tmp_path, truth):
  found = detections(
    tmp_path, truth, a=[detection("x", 0, 1, 0.04), detection("x", 2, 3, 0.36), detection("x", 4, 5, 0.16)]
  )
  scores = {"a": (np.array([4, 7, 9]), np.array([0.25, 0.01, 0.81])), "b": (np.array([4]), np.array([1.0]))}
  fused = fusion.fuse(found, scores, num_segments=2, num_classes=2).predictions
  assert fused.labels.tolist() == [9, 9, 4, 4] and fused.segments.tolist() == [[2, 3], [4, 5]] * 2
  # sqrt(p_segment * p_class)
  np.testing.assert_allclose(fused.scores, [0.6 * 0.9, 0.4 * 0.9, 0.6 * 0.5, 0.4 * 0.5])
  assert fused.video.tolist() == [0] * 4


def test_it_is_what_actionformer_takes_by_default(tmp_path, truth, rng):
  found = detections(tmp_path, truth, a=[detection("x", 0, i + 1, s) for i, s in enumerate(rng.random(300))])
  fused = fusion.fuse(found, {"a": (np.array([4, 7, 9]), np.array([0.5, 0.2, 0.3]))})
  assert np.bincount(fused.predictions.labels).tolist() == [0] * 4 + [200, 0, 0, 0, 0, 200]


@pytest.mark.parametrize(
  "content",
  [
    {"results": {"a": [0.1, 0.7, 0.2]}, "class": ["run", "jump", "swim"]},  # As cuhk_val_simp_share.json
    {"a": [0.7, 0.1, 0.2]},  # In the order of class ids.
    {"results": {"v_a": [{"label": "run", "score": 0.1}, {"label": "jump", "score": 0.7}]}},
    {"a": {"jump": 0.7, "run": 0.1}},
    {"a": {"class": "jump", "score": 0.7}},
  ],
)
def test_reads_the_forms_that_classifiers_write(tmp_path, truth, content):
  scores = fusion.read_video_scores(write(tmp_path, content), truth)
  found = detections(tmp_path, truth, a=[detection("x", 0, 1, 0.7)])
  fused = fusion.fuse(found, scores, num_classes=1).predictions
  assert fused.labels.tolist() == [4]
  np.testing.assert_allclose(fused.scores, [0.7])


@pytest.mark.parametrize(
  "content, message",
  [
    ({"a": {"class": "fly", "score": 1}}, "1 classes are unknown to .*truth.json, such as 'fly'"),
    ({"a": [0.5, 0.5]}, "a: 2 scores for 3 classes"),
    ({"results": {"a": [1.0]}, "class": ["fly"]}, "1 classes are unknown to .*truth.json, such as 'fly'"),
  ],
)
def test_other_classes_are_refused(tmp_path, truth, content, message):
  with pytest.raises(fusion.FusionError, match=f"(?s)classes.json: .*{message}"):
    fusion.read_video_scores(write(tmp_path, content), truth)


def test_lists_need_an_order(tmp_path):
  nameless = annotations.read(files.write_annotations(tmp_path / "truth.json", ids=None), ("test",), False)
  with pytest.raises(fusion.FusionError, match='needs a "class"'):
    fusion.read_video_scores(write(tmp_path, {"a": [0.7, 0.1, 0.2]}), nameless)


def test_recordings_without_classes_are_named(tmp_path, truth):
  found = detections(tmp_path, truth, a=[detection("x", 0, 1, 0.7)], b=[detection("x", 0, 1, 0.7)], c=[])
  with pytest.raises(fusion.FusionError, match="2 recordings with detections have no class scores: a, b"):
    fusion.fuse(found, {})
