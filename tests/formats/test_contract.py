"""contract.json in a folder of features."""

import json

import pytest

from jaxvid.formats.contract import FeatureContract
from jaxvid.formats.errors import FormatError

CONTRACT = FeatureContract("r2plus1d", "0123abcd", 15.0, 4, None, 8, "kinetics")


def write(folder, values):
  (folder / "contract.json").write_text(values if isinstance(values, str) else json.dumps(values))
  return folder


def test_what_is_written_is_read(tmp_path):
  assert FeatureContract.of_folder(tmp_path) is None
  found = FeatureContract.of_folder(write(tmp_path, CONTRACT.to_dict()))
  assert found == CONTRACT and isinstance(found.feat_stride, int)


@pytest.mark.parametrize(
  "values, message",
  [
    ("{", "line 1, column 2: not readable as JSON"),
    ([], "content: must be an object"),
    ({"dim": 4}, "extractor: missing, so this is not a feature contract"),
    (CONTRACT.to_dict() | {"colour": 1}, "colour: unknown, so this is not a feature contract"),
    (CONTRACT.to_dict() | {"fps": "fast"}, "fps: must be a number or null, not a text"),
  ],
)
def test_other_files_are_refused(tmp_path, values, message):
  with pytest.raises(FormatError, match=f"contract.json: {message}"):
    FeatureContract.of_folder(write(tmp_path, values))
