"""The pictures of a diagnosis are drawn whatever it found."""

import types

import pytest

from jaxvid.viz import diagnosis

KINDS = ("true_positive", "double_detection", "wrong_label", "localization", "confusion", "background")
PROFILE = [dict.fromkeys(KINDS, 1 / 6)] * 10
GAIN = dict(zip(KINDS[1:], (0.01, 0.05, 0.1, 0.0, -0.001), strict=True))


def group(value, missed, lower=0.0, upper=float("inf")):
  return types.SimpleNamespace(name="XS", lower=lower, upper=upper, num_actions=3, average_map_n=value, missed=missed)


def size_of(path):
  assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
  return path.stat().st_size


@pytest.mark.parametrize("profile, gain", [(PROFILE, GAIN), ([], dict.fromkeys(GAIN, 0.0))])
def test_false_positives(tmp_path, profile, gain):
  diagnosis.draw_false_positives(tmp_path / "a.png", profile, gain, 0.5)
  assert size_of(tmp_path / "a.png") > 10_000


def test_a_kind_of_error_that_is_missing_is_an_error(tmp_path):
  with pytest.raises(KeyError):
    diagnosis.draw_false_positives(tmp_path / "a.png", [{"true_positive": 1.0}], GAIN, 0.5)


def test_sensitivity(tmp_path):
  groups = [group(0.5, 0.1, 0, 3), group(None, None, 3, 6), group(1.0, 0.0, 6)]
  diagnosis.draw_sensitivity(tmp_path / "many.png", {"length": groups, "coverage": groups}, 0.6, 0.1)
  diagnosis.draw_sensitivity(tmp_path / "one.png", {"length": groups[:1]}, 0.6, 0.1)
  assert size_of(tmp_path / "many.png") > size_of(tmp_path / "one.png") > 5_000
