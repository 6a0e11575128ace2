"""The pictures of a diagnosis show its numbers, whatever it found."""

import types

import pytest

from jaxvid.viz import diagnosis

KINDS = ("true_positive", "double_detection", "wrong_label", "localization", "confusion", "background")
PROFILE = [dict(zip(KINDS, (0.5, 0.1, 0.1, 0.1, 0.1, 0.1))), dict(zip(KINDS, (0.2, 0.3, 0.1, 0.1, 0.1, 0.2)))]
GAIN = dict(zip(KINDS[1:], (0.01, 0.05, 0.1, 0.0, -0.001), strict=True))


def group(name, value, missed, lower=0.0, upper=float("inf")):
  return types.SimpleNamespace(name=name, lower=lower, upper=upper, num_actions=3, average_map_n=value, missed=missed)


@pytest.mark.parametrize("profile, gain", [(PROFILE, GAIN), ([], dict.fromkeys(GAIN, 0.0))])
def test_false_positives(tmp_path, figures, profile, gain):
  diagnosis.draw_false_positives(tmp_path / "errors.png", profile, gain, 0.5)
  left, right = figures["errors.png"].axes
  shares = {bars.get_label(): [bar.get_height() for bar in bars] for bars in left.containers}
  assert list(shares) == [kind.replace("_", " ") for kind in KINDS]
  for kind in KINDS:
    assert shares[kind.replace("_", " ")] == pytest.approx([100 * part[kind] for part in profile])
  tops = [bar.get_y() + bar.get_height() for bar in left.containers[-1]]
  assert tops == pytest.approx([100] * len(profile)), "the kinds of a rank are stacked"
  assert [bar.get_width() for bar in right.patches] == pytest.approx([100 * gain[kind] for kind in KINDS[1:]])
  assert [text.get_text() for text in right.texts] == [f"{100 * gain[kind]:+.1f}" for kind in KINDS[1:]]
  assert "50.0" in right.get_title(loc="left")


def test_a_kind_of_error_that_is_missing_is_an_error(tmp_path):
  with pytest.raises(KeyError):
    diagnosis.draw_false_positives(tmp_path / "a.png", [{"true_positive": 1.0}], GAIN, 0.5)


def test_sensitivity(tmp_path, figures):
  """A column a characteristic: mAP_N above, the share of missed actions below; a group without actions says so."""
  lengths = [group("XS", 0.5, 0.1, 0, 3), group("S", None, None, 3, 6), group("XL", 1.0, 0.0, 6)]
  diagnosis.draw_sensitivity(tmp_path / "a.png", {"length": lengths, "coverage": lengths[:1]}, 0.6, 0.1)
  above, coverage, below, _ = figures["a.png"].axes
  assert (above.get_title(loc="left"), coverage.get_title(loc="left")) == ("by length", "by coverage")
  assert [bar.get_height() for bar in above.patches] == [50, 100]
  assert [text.get_text() for text in above.texts] == ["50.0", "none", "100.0"]
  assert [text.get_text() for text in below.texts] == ["10.0", "none", "0.0"]
  names = [label.get_text() for label in below.get_xticklabels()]
  assert names == ["XS\n≤ 3\nn=3", "S\n3–6\nn=3", "XL\n> 6\nn=3"]
  assert [axes.lines[0].get_ydata()[0] for axes in (above, below)] == pytest.approx([60, 10]), "all actions"
  assert len(coverage.patches) == 1
