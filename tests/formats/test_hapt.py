"""HAPT's text files; archives and bad files are tested with the dataset (tests/data_prep/test_hapt.py)."""

import pytest

from jaxvid.formats import hapt
from jaxvid.formats.errors import FormatError


@pytest.fixture
def folder(tmp_path):
  texts = {
    "activity_labels.txt": "2 SIT\n1 WALK\n",
    "RawData/labels.txt": "1 3 2 10 20\n",
    "RawData/acc_exp01_user03.txt": "0 1 2\n3 4 5\n",
    "Train/subject_id_train.txt": "3\n3\n",
    "Test/subject_id_test.txt": "4\n",
  }
  for name, text in texts.items():
    path = tmp_path / "published" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
  return tmp_path


def test_contents(folder):
  files = hapt.read(folder)
  assert list(files.activities().items()) == [(1, "WALK"), (2, "SIT")]
  assert files.labels() == {(1, 3): [hapt.Label(line=1, activity=2, first=10, last=20)]}
  assert files.signal(["acc"], 1, 3).tolist() == [[0, 1, 2], [3, 4, 5]]
  assert files.subjects("train") == [3] and files.subjects("test") == [4]


def test_a_bad_line(folder):
  (folder / "published/RawData/acc_exp01_user03.txt").write_text("0 1 2\n3 4\n")
  with pytest.raises(FormatError, match="acc_exp01_user03.txt: line 2: '3 4' is not 3 finite numbers"):
    hapt.read(folder).signal(["acc"], 1, 3)
