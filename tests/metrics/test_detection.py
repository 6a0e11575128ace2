"""Detection scores: hand-computed cases, invariances, and the numbers of the public evaluators."""

import dataclasses
import json

import numpy as np
import pytest

import golden
from jaxvid.metrics import detection, matching
from jaxvid.metrics.protocols import ORDERS, PROTOCOLS


def ground_truth(*rows):
  """GroundTruth of (video, start, end, label) rows."""
  return detection.GroundTruth([r[0] for r in rows], [r[1:3] for r in rows], np.array([r[3] for r in rows], int))


def predictions(*rows):
  """Predictions of (video, start, end, label, score) rows."""
  labels, scores = np.array([r[3] for r in rows], int), [r[4] for r in rows]
  return detection.Predictions([r[0] for r in rows], [r[1:3] for r in rows], labels, scores)


def rows_of(data, order):
  """`data` with its rows in another order."""
  return type(data)(**{name: value[order] for name, value in vars(data).items()})


def random_split(seed, num_truths=120, num_predictions=600):
  """Crowded made-up recordings, so that matches compete; all scores differ."""
  rng = np.random.default_rng(seed)

  def draw(n):
    start = rng.uniform(0, 60, n)
    segments = np.stack([start, start + rng.uniform(1, 20, n)], axis=1)
    return rng.integers(0, 6, n), segments, rng.integers(0, 4, n)

  return detection.GroundTruth(*draw(num_truths)), detection.Predictions(
    *draw(num_predictions), rng.permutation(num_predictions) / num_predictions
  )


def literal_ap(truth, preds, tiou, label):
  """The definition, one prediction at a time."""
  free = list(np.flatnonzero(truth.labels == label))
  num_truths, hits = len(free), []
  for i in sorted(np.flatnonzero(preds.labels == label), key=lambda i: -preds.scores[i]):
    best, best_tiou = None, tiou
    for j in free:
      (s, e), (a, b) = preds.segments[i], truth.segments[j]
      overlap = max(0, min(e, b) - max(s, a))
      if truth.video[j] == preds.video[i] and overlap / (e - s + b - a - overlap) >= best_tiou:
        best, best_tiou = j, overlap / (e - s + b - a - overlap)
    hits.append(best is not None)
    if best is not None:
      free.remove(best)
  precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
  return sum(precision[i:].max() for i in np.flatnonzero(hits)) / num_truths


def test_a_duplicate_is_a_false_positive():
  truth = ground_truth(("a", 0, 10, 0), ("a", 20, 30, 0))
  preds = predictions(("a", 0, 10, 0, 0.9), ("a", 0, 10, 0, 0.8), ("a", 20, 30, 0, 0.7))
  ap, classes = detection.average_precision(truth, preds, [0.5])
  # Hit, miss, hit: precision 1, 1/2, 2/3 where recall is 1/2, 1/2, 1. AP = 1/2 * 1 + 1/2 * 2/3 = 5/6.
  np.testing.assert_allclose(ap, [[5 / 6]])
  assert classes.tolist() == [0]


def test_precision_is_interpolated():
  truth = ground_truth(("a", 0, 10, 0), ("a", 20, 30, 0))
  preds = predictions(("a", 50, 60, 0, 0.9), ("a", 0, 10, 0, 0.8), ("a", 20, 30, 0, 0.7))
  # Miss, hit, hit: precision 0, 1/2, 2/3; made non-increasing from the right 2/3, 2/3, 2/3. AP = 2/3, not 7/12.
  np.testing.assert_allclose(detection.average_precision(truth, preds, [0.5])[0], [[2 / 3]])


def test_takes_the_best_ground_truth_still_free():
  truth = ground_truth(("a", 0, 10, 0), ("a", 2, 12, 0))
  preds = predictions(("a", 2, 11, 0, 0.9), ("a", 2, 12, 0, 0.8))
  # The first has tIoU 8/11 and 9/10: it takes the second ground truth. The other then finds [0, 10], tIoU 8/12: a hit
  # at 0.5 (AP 1), a miss at 0.7 (one of two found, precision 1: AP 1/2).
  np.testing.assert_allclose(detection.average_precision(truth, preds, [0.5, 0.7])[0], [[1], [0.5]])


def test_a_threshold_is_met_by_equality():
  truth, preds = ground_truth(("a", 0, 10, 0)), predictions(("a", 0, 5, 0, 1.0))
  np.testing.assert_array_equal(detection.average_precision(truth, preds, [0.5, 0.51])[0], [[1], [0]])


def test_recordings_and_classes_do_not_mix():
  truth = ground_truth(("a", 0, 10, 0), ("b", 20, 30, 1))
  preds = predictions(("b", 0, 10, 0, 0.9), ("a", 0, 10, 1, 0.8), ("c", 0, 10, 0, 0.7), ("a", 0, 10, 0, 0.6))
  # Class 0: "b" and "c" (a recording without ground truth) are misses, then a hit at precision 1/3. Class 1: a miss.
  np.testing.assert_allclose(detection.average_precision(truth, preds, [0.5])[0], [[1 / 3, 0]])


def test_classes_without_ground_truth_do_not_count_and_labels_are_not_reindexed():
  truth = ground_truth(("a", 0, 10, 3), ("a", 0, 10, 5))
  preds = predictions(("a", 0, 10, 3, 0.5), ("a", 0, 10, 5, 0.5))
  # 0 and 1 are where 3 and 5 stand among the classes of the ground truth, 7 and -1 are outside of them.
  others = predictions(*[("a", 40, 50, label, 0.9) for label in (0, 1, 4, 7, -1)], *zip_rows(preds))
  scores = detection.evaluate(truth, others, [0.5])
  assert scores.classes.tolist() == [3, 5]
  np.testing.assert_array_equal(scores.ap, [[1, 1]])
  np.testing.assert_array_equal(scores.recall, [[1, 1]])


def zip_rows(preds):
  return [(v, *s, c, x) for v, s, c, x in zip(preds.video, preds.segments, preds.labels, preds.scores, strict=True)]


def test_without_predictions_all_is_zero():
  truth = ground_truth(("a", 0, 10, 0), ("b", 0, 10, 1))
  scores = detection.evaluate(truth, predictions(), [0.3, 0.5])
  assert scores.ap.shape == (2, 2) and scores.recall.shape == (2, 2)
  assert not scores.ap.any() and not scores.recall.any() and scores.average_map == 0


def test_a_class_without_predictions_is_zero_and_in_the_mean():
  truth = ground_truth(("a", 0, 10, 0), ("a", 0, 10, 1))
  scores = detection.evaluate(truth, predictions(("a", 0, 10, 0, 0.9)), [0.5])
  np.testing.assert_array_equal(scores.ap, [[1, 0]])
  assert scores.average_map == 0.5


def test_segments_of_length_zero_overlap_nothing():
  truth = ground_truth(("a", 5, 5, 0), ("a", 0, 10, 0))
  preds = predictions(("a", 5, 5, 0, 0.9), ("a", 0, 10, 0, 0.8))
  with np.errstate(all="raise"):
    scores = detection.evaluate(truth, preds, [0.5])
  # Miss, hit: precision 1/2 at recall 1/2. AP = 1/4.
  np.testing.assert_allclose(scores.ap, [[0.25]])
  np.testing.assert_allclose(scores.recall, [[0.5, 0.5]])


def test_recall_looks_at_k_predictions_for_each_ground_truth():
  truth = ground_truth(("a", 0, 10, 0), ("a", 20, 30, 0), ("b", 0, 10, 0), ("a", 0, 10, 1))
  preds = predictions(
    ("a", 50, 60, 0, 0.9), ("a", 0, 10, 0, 0.8), ("a", 20, 30, 0, 0.7), ("b", 50, 60, 0, 0.6), ("b", 0, 9, 0, 0.5)
  )
  recall = detection.recall_at_kx(truth, preds, [0.5, 0.95])
  # Class 0 at 0.5: 1x sees two predictions in "a" (one action found) and one in "b" (none): 1/3; 5x sees all: 3/3.
  # At 0.95 the one in "b" (tIoU 9/10) is lost: 1/3 and 2/3. Class 1 has 0 throughout: the means are halves.
  np.testing.assert_allclose(recall, [[1 / 6, 1 / 2], [1 / 6, 1 / 3]])


def test_one_prediction_may_recall_two_actions_but_matches_one():
  truth = ground_truth(("a", 0, 10, 0), ("a", 1, 10, 0))
  scores = detection.evaluate(truth, predictions(("a", 0, 10, 0, 0.9)), [0.5])
  np.testing.assert_array_equal(scores.recall, [[1, 1]])
  np.testing.assert_array_equal(scores.ap, [[0.5]])


def test_equal_scores_keep_the_order_of_rows():
  truth = ground_truth(("a", 0, 10, 0))
  hit, miss = ("a", 0, 10, 0, 0.5), ("a", 20, 30, 0, 0.5)
  assert detection.average_precision(truth, predictions(hit, miss), [0.5])[0] == 1
  assert detection.average_precision(truth, predictions(miss, hit), [0.5])[0] == 0.5


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_the_definition(seed):
  truth, preds = random_split(seed)
  tious = [0.1, 0.3, 0.5, 0.7]
  ap, classes = detection.average_precision(truth, preds, tious)
  expected = [[literal_ap(truth, preds, tiou, label) for label in classes] for tiou in tious]
  assert 0 < np.min(expected[0]) and np.max(expected[0]) < 1
  np.testing.assert_allclose(ap, expected, rtol=1e-12)


def test_the_order_of_rows_does_not_matter():
  truth, preds = random_split(seed=7)
  rng = np.random.default_rng(0)
  expected = detection.evaluate(truth, preds, [0.3, 0.5])
  shuffled = detection.evaluate(
    rows_of(truth, rng.permutation(len(truth.labels))), rows_of(preds, rng.permutation(len(preds.labels))), [0.3, 0.5]
  )
  np.testing.assert_allclose(shuffled.ap, expected.ap, rtol=1e-12)
  np.testing.assert_allclose(shuffled.recall, expected.recall, rtol=1e-12)


def test_both_orders_of_ties_agree_where_there_are_none():
  truth, preds = random_split(seed=3)
  by_rows, reference = (detection.evaluate(truth, preds, [0.3, 0.5], order=order) for order in ORDERS.values())
  np.testing.assert_array_equal(by_rows.ap, reference.ap)
  np.testing.assert_array_equal(by_rows.recall, reference.recall)
  with pytest.raises(ValueError, match="ties is 'first', expected one of rows, reference"):
    dataclasses.replace(PROTOCOLS["thumos14"], ties="first")


def test_many_pairs_are_handled_in_parts(monkeypatch):
  truth, preds = random_split(seed=5)
  expected = detection.evaluate(truth, preds, [0.3, 0.5])
  monkeypatch.setattr(matching, "_MAX_PAIRS", 50)
  in_parts = detection.evaluate(truth, preds, [0.3, 0.5])
  np.testing.assert_array_equal(in_parts.ap, expected.ap)
  np.testing.assert_array_equal(in_parts.recall, expected.recall)


def test_remove_duplicate_annotations():
  segments = [[0, 1], [0.0005, 1.0005], [0.001, 1.0014], [0, 1], [2, 2.0009], [0, 1.01]]
  labels = [0, 0, 0, 1, 0, 0]
  # Row 1 repeats row 0. Row 2 would repeat row 1, but that is gone, and its end is 1.4 ms from that of row 0: it stays.
  # Row 3 has another label, row 4 is too short, row 5 ends 10 ms later.
  kept, kept_labels = detection.remove_duplicate_annotations(segments, labels)
  np.testing.assert_array_equal(kept, [[0, 1], [0.001, 1.0014], [0, 1], [0, 1.01]])
  assert kept_labels.tolist() == [0, 0, 1, 0]
  assert detection.remove_duplicate_annotations([], [])[0].shape == (0, 2)


def test_scores_as_a_dict_and_as_a_table():
  truth = ground_truth(("a", 0, 10, 1), ("a", 0, 10, 2))
  scores = detection.evaluate(truth, predictions(("a", 0, 6, 1, 0.9)), [0.5, 0.7])
  assert json.loads(json.dumps(scores.to_dict())) == {
    "average_mAP": 0.25,
    "mAP": {"0.50": 0.5, "0.70": 0.0},
    "recall": {"1x": {"0.50": 0.5, "0.70": 0.0}, "5x": {"0.50": 0.5, "0.70": 0.0}},
    "per_class": {
      "1": {"average_AP": 0.5, "AP": {"0.50": 1.0, "0.70": 0.0}},
      "2": {"average_AP": 0.0, "AP": {"0.50": 0.0, "0.70": 0.0}},
    },
  }
  named = scores.to_dict({1: "jump", 2: "run"})["per_class"]
  assert list(named) == ["jump", "run"] and named["jump"]["average_AP"] == 0.5
  table = [line.split() for line in detection.format_scores(scores, ["none", "jump", "run"]).splitlines()]
  assert table[0] == ["tIoU", "0.50", "0.70", "mean"]
  assert ["mAP", "50.00", "0.00", "25.00"] in table
  assert ["Recall@5x", "50.00", "0.00", "25.00"] in table
  assert table[-2:] == [["jump", "100.00", "0.00", "50.00"], ["run", "0.00", "0.00", "0.00"]]


@pytest.mark.parametrize("tiou", [0, 1.5, float("nan")])
def test_refuses_thresholds_that_are_none(tiou):
  with pytest.raises(ValueError, match="thresholds must lie in"):
    detection.evaluate(ground_truth(("a", 0, 10, 0)), predictions(), [tiou])


def test_refuses_rows_that_do_not_fit_together():
  with pytest.raises(ValueError, match=r"segments has shape \(1, 2\), expected \(2, 2\)"):
    detection.GroundTruth(["a", "b"], [[0, 1]], [0, 1])
  with pytest.raises(ValueError, match="scores holds NaN"):
    predictions(("a", 0, 1, 0, np.nan))
  with pytest.raises(ValueError, match="no ground truth"):
    detection.average_precision(ground_truth(), predictions(), [0.5])


def test_thumos14_as_actionformer_scores_it():
  case = json.loads(golden.shared("golden/thumos_eval_a.json").read_text())
  database = json.loads(golden.shared(case["ground_truth"]).read_text())["database"]
  rows = []
  for video, entry in database.items():
    if entry["subset"] == case["subset"]:
      segments = [a["segment"] for a in entry["annotations"]]
      labels = [case["classes"].index(a["label"]) for a in entry["annotations"]]
      cleaned = detection.remove_duplicate_annotations(segments, labels)
      rows += [(video, *segment, label) for segment, label in zip(*cleaned, strict=True)]
  truth = ground_truth(*rows)
  preds = predictions(*[(video, *row) for video, found in case["predictions"].items() for row in found])
  scores = detection.evaluate(truth, preds, case["tiou"], order=ORDERS["reference"])
  np.testing.assert_allclose(scores.mean_ap, case["mAP"], rtol=0, atol=1e-6)
  np.testing.assert_allclose(scores.average_map, case["average_mAP"], rtol=0, atol=1e-6)
  np.testing.assert_allclose(scores.recall, case["recall"], rtol=0, atol=1e-6)
  # The order of ties is worth more than the tolerance.
  by_rows = detection.evaluate(truth, preds, case["tiou"], order=ORDERS["rows"])
  assert 1e-6 < np.max(np.abs(by_rows.mean_ap - case["mAP"])) < 1e-4


def test_activitynet_as_the_official_evaluator_scores_it():
  expected = json.loads(golden.shared("golden/anet_eval_a_expected.json").read_text())
  found = json.loads(golden.shared("golden/anet_eval_a_predictions.json").read_text())["results"]
  path = golden.shared("data/activitynet13/activity_net_1_3_available.json")
  database = json.loads(path.read_text())["database"]
  actions = [
    (video, action) for video, e in database.items() if e["subset"] == expected["subset"] for action in e["annotations"]
  ]
  names = sorted({action["label"] for _, action in actions})
  truth = ground_truth(*[(video, *a["segment"], names.index(a["label"])) for video, a in actions])
  preds = predictions(
    *[(video, *a["segment"], names.index(a["label"]), a["score"]) for video, some in found.items() for a in some]
  )
  scores = detection.evaluate(truth, preds, expected["tiou"], order=ORDERS["reference"])
  np.testing.assert_allclose(scores.mean_ap, expected["mAP"], rtol=0, atol=1e-6)
  np.testing.assert_allclose(scores.average_map, expected["average_mAP"], rtol=0, atol=1e-6)
