"""DETAD's diagnosis: hand-computed cases, and the numbers of its authors' code."""

import json

import numpy as np
import pytest

import golden
from jaxvid.metrics import annotations, diagnosis
from jaxvid.metrics.actions import GroundTruth, Predictions
from jaxvid.metrics.protocols import ORDERS, Bins

BINS = Bins(length=(0, 5, np.inf), coverage=(0, 0.1, 1), instances=(-1, 1, np.inf))


def ground_truth(*rows):
  return GroundTruth(np.array([r[0] for r in rows]), [r[1:3] for r in rows], np.array([r[3] for r in rows]))


def predictions(*rows):
  labels, scores = np.array([r[3] for r in rows], int), [r[4] for r in rows]
  return Predictions(np.array([r[0] for r in rows], int), [r[1:3] for r in rows], labels, scores)


# Two classes with two actions each, so N = 2. Recording 1 holds one of class 1 only.
TRUTH = ground_truth((0, 0, 10, 0), (0, 50, 54, 0), (0, 20, 30, 1), (1, 0, 10, 1))
FOUND = predictions(
  (0, 0, 10, 0, 0.9),  # Right.
  (0, 0, 9, 0, 0.8),  # Double detection.
  (0, 20, 30, 0, 0.7),  # Wrong label.
  (0, 47, 54, 0, 0.6),  # Localization: tIoU 4/7 with the action of its class, below 0.75.
  (0, 22, 26, 0, 0.5),  # Confusion: tIoU 4/10 with class 1.
  (0, 90, 95, 0, 0.4),  # Background.
  (0, 50, 54, 0, 0.3),  # Right.
  (0, 20, 30, 1, 0.9),  # Right.
  (7, 20, 30, 1, 0.2),  # Background: a recording without actions.
)


def diagnose(tious=(0.75,), truth=TRUTH, found=FOUND, durations=(100, 20), bins=BINS):
  return diagnosis.diagnose(truth, found, tious, np.array(durations, float), bins)


def test_every_kind_of_error_is_told():
  profile = diagnose().profile
  # The best 2 of each class, the next 2, then those of class 0 alone.
  shares = [{name: share for name, share in part.items() if share} for part in profile]
  assert shares == [
    {"true_positive": 0.5, "double_detection": 0.25, "background": 0.25},
    {"wrong_label": 0.5, "localization": 0.5},
    {"confusion": 0.5, "background": 0.5},
    {"true_positive": 1.0},
  ]


def test_normalised_average_precision():
  # Class 0: hits at ranks 1 and 7, recall 1/2 and 1. With N = 2, precision r * 2 / (r * 2 + FP): 1 and 2/7.
  # Class 1: one of two found at once: 1 * 1/2.
  assert diagnose().average_map_n == pytest.approx(((1 + 2 / 7) / 2 + 1 / 2) / 2)


def test_normalisation_weighs_a_rare_class_as_a_frequent_one():
  # Class 0 has 3 actions, class 1 one: N = 2. One action of class 1 found after one false positive: 1 * 2 / (2 + 1).
  truth = ground_truth((0, 0, 1, 0), (0, 2, 3, 0), (0, 4, 5, 0), (0, 10, 20, 1))
  found = predictions((0, 30, 40, 1, 0.9), (0, 10, 20, 1, 0.8))
  assert diagnose(truth=truth, found=found).average_map_n == pytest.approx((0 + 2 / 3) / 2)


def test_removing_an_error_gains_what_it_costs():
  gain = diagnose().gain
  # Each error of class 0 but the double detection stands alone among five before the last hit: 2/7 becomes 2/6.
  for name in ("double_detection", "wrong_label", "localization", "confusion", "background"):
    assert gain[name] == pytest.approx((2 / 6 - 2 / 7) / 4), name


def test_groups_of_actions():
  found = diagnose()
  assert [g.num_actions for g in found.characteristics["length"]] == [1, 3]
  assert [g.num_actions for g in found.characteristics["coverage"]] == [3, 1]
  assert [g.num_actions for g in found.characteristics["instances"]] == [1, 3]
  short, long = found.characteristics["length"]
  # Of class 0 the short action alone: five false positives before it, the hit on the long one is not counted. 2/7.
  assert (short.average_map_n, short.missed) == (pytest.approx(2 / 7), 0)
  # Class 0: found at once. Class 1: one of two.
  assert (long.average_map_n, long.missed) == (pytest.approx(0.75), pytest.approx(1 / 3))
  alone, _ = found.characteristics["instances"]  # The action in recording 1.
  assert (alone.average_map_n, alone.missed) == (0, 1)
  assert found.missed == 1 / 4


def test_a_mean_over_thresholds():
  one, other, both = diagnose((0.5,)), diagnose((0.75,)), diagnose((0.5, 0.75))
  for name in ("average_map_n", "top_average_map_n", "missed"):
    assert getattr(both, name) == pytest.approx((getattr(one, name) + getattr(other, name)) / 2), name
  assert one.profile[1]["true_positive"] > 0  # tIoU 4/7 is enough at 0.5.


def test_unusable_actions_are_left_out():
  with_others = ground_truth((0, 0, 10, 0), (0, 50, 54, 0), (0, 20, 30, 1), (1, 0, 10, 1), (0, 5, 5, 0), (1, 0, 21, 1))
  assert diagnose(truth=with_others, durations=(100, 20)).average_map_n == diagnose().average_map_n


def test_only_the_best_of_a_class_are_typed():
  many = [(0, 60 + i, 60.5 + i, 0, 0.1 - i / 1000) for i in range(30)]
  found = diagnose(found=predictions(*many))
  assert len(found.profile) == 10  # 20 of 30, two a part.


def test_without_durations_there_is_no_coverage_and_without_bins_there_are_quintiles():
  found = diagnose(durations=(np.nan, np.nan), bins=None)
  assert list(found.characteristics) == ["length", "instances"]
  lengths = found.characteristics["length"]
  assert sum(g.num_actions for g in lengths) == 4 and (lengths[0].lower, lengths[-1].upper) == (4, 10)
  assert json.loads(json.dumps(found.to_dict()))["average_map_n"] == found.average_map_n


def test_without_predictions_all_is_missed():
  found = diagnose(found=predictions())
  assert found.average_map_n == 0 and found.missed == 1 and found.profile == () and set(found.gain.values()) == {0.0}


def test_the_authors_code_on_the_thumos14_case():
  """Run on the golden THUMOS14 predictions with tIoU 0.3, 0.5 and 0.7, and the bins for THUMOS14."""
  case = json.loads(golden.shared("golden/thumos_eval_a.json").read_text())
  truth = annotations.read(golden.shared(case["ground_truth"]), ("test",), False)
  rows = [(truth.recordings.index(v), *row) for v, found in case["predictions"].items() for row in found]
  names = {name: label for label, name in truth.class_names.items()}
  found = Predictions(
    np.array([r[0] for r in rows]),
    [r[1:3] for r in rows],
    np.array([names[case["classes"][int(r[3])]] for r in rows]),
    [r[4] for r in rows],
  )
  bins = Bins((0, 3, 6, 12, 18, np.inf), (0, 0.02, 0.04, 0.06, 0.08, 1), (-1, 1, 40, 80, np.inf))
  ours = diagnosis.diagnose(truth.ground_truth, found, [0.3, 0.5, 0.7], truth.durations, bins, ORDERS["reference"])
  np.testing.assert_allclose(ours.average_map_n, 0.5429518460433979, rtol=0, atol=1e-5)
  np.testing.assert_allclose(ours.top_average_map_n, 0.5429603523214861, rtol=0, atol=1e-5)
  gains = [0.038437967845047605, 0.05642716345321119, 0.026768911361832126, 0.005963786737424814, 0.0035588295238911938]
  np.testing.assert_allclose(list(ours.gain.values()), gains, rtol=0, atol=1e-5)
  best = [
    0.6139567202700019,
    0.1644828270796109,
    0.10432797299980147,
    0.08169545364304148,
    0.020945006948580504,
    0.014592019058963668,
  ]
  np.testing.assert_allclose(list(ours.profile[0].values()), best, rtol=0, atol=1e-6)
  # The authors sort for these with another order of ties, hence 3e-4; what is missed does not depend on it.
  average_map_n = {
    "length": [0.5601372507357066, 0.5400340534738319, 0.6013965135548817, 0.662030937681583, 0.6558109734640155],
    "instances": [0.3665781417967955, 0.5516017564376601, 0.5665569846354388, 0.4895390374688217],
  }
  missed = {
    "length": [0.29315293152931526, 0.3055229142185664, 0.3004566210045662, 0.2719298245614035, 0.2972972972972973],
    "instances": [0.5555555555555555, 0.2926312604024815, 0.29436038514442914, 0.3171912832929782],
  }
  for name in missed:  # Coverage is left out: the authors' file has other durations of the recordings.
    groups = ours.characteristics[name]
    np.testing.assert_allclose([g.average_map_n for g in groups], average_map_n[name], rtol=0, atol=3e-4)
    np.testing.assert_allclose([g.missed for g in groups], missed[name], rtol=0, atol=1e-6)
