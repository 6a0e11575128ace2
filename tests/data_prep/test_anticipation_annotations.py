"""What is wrong in the CSV files of anticipation is named: file, line and value."""

import argparse

import pytest

from anticipation_sources import EGTEA, EPIC55, EPIC55_FRAMES, EPIC100, EPIC100_FRAMES, FILES, run, write
from jaxvid.data_prep import dataset
from jaxvid.data_prep.building.checks import BadInput

BAD = {
  "epic100: unknown action": (
    EPIC100_FRAMES,
    "training.csv",
    "0,1,0\n",
    "0,1,3\n",
    "line 2, action: 3 is not one of 0 to 2",
  ),
  "epic100: no such pair": (
    EPIC100,
    "EPIC_100_train.csv",
    "02.50,0,1",
    "02.50,2,1",
    "line 2: verb 2 with noun 1 is no action",
  ),
  "epic100: cut line": (
    EPIC100,
    "EPIC_100_train.csv",
    "02.50,0,1",
    "02.50,0",
    "line 2: no value in column noun_class. It may",
  ),
  "epic100: cut time": (
    EPIC100,
    "EPIC_100_train.csv",
    "00:00:02.50",
    "00:00",
    "line 2, stop_timestamp: '00:00' is not a time",
  ),
  "epic100: no column": (
    EPIC100,
    "EPIC_100_train.csv",
    "narration_id",
    "uid",
    "line 2: no value in column narration_id",
  ),
  "epic100: two of a name": (
    EPIC100,
    "EPIC_100_train.csv",
    "01_2",
    "01_10",
    "line 3: segment P01_01_10 is in EPIC_100",
  ),
  "epic100: no duration": (
    EPIC100,
    "EPIC_100_validation.csv",
    "2_01,00:00:00",
    "2_99,00:00:00",
    "no duration of video P02_99",
  ),
  "epic100: unknown id": (
    EPIC100,
    "validation_tail_nouns_ids.csv",
    "_1",
    "_9",
    "line 1: no segment is called 'P02_01_9'",
  ),
  "epic100: id of training": (
    EPIC100,
    "validation_unseen_participants_ids.csv",
    "P02_01_0",
    "P01_01_2",
    "line 2: no segment is called 'P01_01_2'",
  ),
  "epic100: verb out of range": (EPIC100, "actions.csv", "1,1,0", "1,3,0", "line 3, verb: 3 is not one of 0 to 2"),
  "epic100: pair twice": (EPIC100, "actions.csv", "2,0,0", "2,1,0", "two have the pair of verb and noun (1, 0)"),
  "epic100: action twice": (EPIC100, "actions.csv", "2,0,0", "1,0,0", "line 4, id: action 1 is there twice"),
  "epic55: cut line": (
    EPIC55,
    "training.csv",
    ", 002, 003, 0\n",
    ", 002, 003",
    "line 2: 6 values, not 7 (id, video, start",
  ),
  "epic55: cut number": (
    EPIC55,
    "training.csv",
    "004, 0001",
    "004, 000",
    "verb 0 and noun 4, but action 0 is 2 and 3 in",
  ),
  "epic55: no number": (EPIC55, "training.csv", "0000000205", "x", "line 1, stop: 'x' is not a number"),
  "epic55: no name": (EPIC55, "training.csv", "P01_02,", ",", "line 1: no name of the segment or of its video"),
  "epic55: unknown segment": (
    EPIC55,
    "EPIC_train_action_labels.csv",
    "330,P",
    "331,P",
    "line 4: segment 331 is in neither",
  ),
  "epic55: lost segment": (
    EPIC55,
    "EPIC_train_action_labels.csv",
    "330,P01_02,take plate,00:00:05.02,00:00:06.84,0,4\n",
    "",
    "segments: lacks 1 segments of training.csv and validation.csv, such as 330",
  ),
  "epic55: many-shot": (
    EPIC55,
    "EPIC_many_shot_nouns.csv",
    "4,",
    "352,",
    "line 2, noun_class: 352 is not one of 0 to 351",
  ),
  "egtea: action of no parts": (
    EGTEA,
    "actions.csv",
    "1_2",
    "12",
    "line 3: '12' and 'Turn on_oven' are not of two parts",
  ),
  "egtea: two names": (
    EGTEA,
    "actions.csv",
    "Turn on_oven",
    "Open_oven",
    "line 3: verb 1 is called 'Open' and 'Turn on'",
  ),
  "egtea: ids with a gap": (EGTEA, "actions.csv", "1_2", "1_3", "nouns: their ids are not every number from 0 on"),
}
NAMES = {"epic100": "epic100_anticipation", "epic55": "epic55", "egtea": "egtea/split1"}


@pytest.mark.parametrize("case", BAD)
def test_bad_annotations(case, anticipation_source, tmp_path):
  files, name, old, new, message = BAD[case]
  assert old in files[name]
  csv = write(tmp_path / "csv", files | {name: files[name].replace(old, new)})
  with pytest.raises(SystemExit) as stop:
    run(NAMES[case.split(":")[0]], anticipation_source, csv, tmp_path / "data", *FILES)
  assert message in stop.value.code and f"{csv / name}: " in stop.value.code
  assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", NAMES)
def test_absent_files(name, tmp_path):
  files = {"epic100": EPIC100_FRAMES, "epic55": EPIC55_FRAMES, "egtea": EGTEA}[name]
  dataset_name, _, config = NAMES[name].partition("/")
  found = dataset.load(dataset_name)
  for absent in files:
    csv = write(tmp_path / absent, {other: text for other, text in files.items() if other != absent})
    flags = argparse.Namespace(annotations=csv, many_shot_actions="either")
    with pytest.raises(BadInput, match=f"has no .*{absent}"):
      found.reader(csv, config, flags)
