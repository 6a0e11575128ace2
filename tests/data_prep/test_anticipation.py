"""Building the datasets of anticipation from CSV files and features in files."""

import numpy as np
import pytest

from anticipation_sources import (
  EGTEA,
  EPIC55,
  EPIC55_FRAMES,
  EPIC100,
  EPIC100_FRAMES,
  FILES,
  HEADER,
  listed,
  run,
  write,
)
from jaxvid import command
from jaxvid.data_prep import stats
from jaxvid.data_prep.readers import epic55


@pytest.mark.parametrize("annotations", [EPIC100, EPIC100_FRAMES])
def test_epic100(annotations, anticipation_source, tmp_path):
  splits = run(
    "epic100_anticipation", anticipation_source, write(tmp_path / "csv", annotations), tmp_path / "data", *FILES
  )
  train, test = splits.values()
  assert [record["id"] for record in listed(train)] == ["P01_01"] and [record["id"] for record in listed(test)] == [
    "P01_02",
    "P02_01",
  ]
  assert train[0]["segment_ids"] == ("P01_01_10", "P01_01_2")
  assert [record["segment_ids"] for record in listed(test)] == [("P01_02_0",), ("P02_01_0", "P02_01_1")]
  np.testing.assert_allclose(train[0]["segments"], [[0, 2.5], [61.25, 80]], atol=1.001 / 30)
  np.testing.assert_allclose(test[1]["segments"], [[0.1, 4], [3, 3.5]], atol=1e-9)
  np.testing.assert_array_equal(train[0]["labels"], [0, 1])
  np.testing.assert_array_equal(test[1]["labels"], [2, 0])
  assert train[0]["duration"] == 80 and train[0]["feat_stride"] == 15
  assert train.class_names == ["take spoon", "put tap", "take tap"]
  assert train.metadata["anticipation"] == {
    "verbs": ["take", "put", "wash"],
    "nouns": ["tap", "spoon"],
    "action_verb": [0, 1, 0],
    "action_noun": [1, 0, 0],
    "subsets": {
      "unseen": {"of": ["verb", "noun", "action"], "ids": ["P02_01_1", "P02_01_0"]},
      "tail_verb": {"of": ["verb"], "ids": ["P02_01_0"]},
      "tail_noun": {"of": ["noun"], "ids": ["P02_01_1"]},
      "tail_action": {"of": ["action"], "ids": ["P01_02_0", "P02_01_1"]},
    },
    "many_shot": {},
  }
  times = (
    "EPIC_100_train.csv and EPIC_100_validation.csv" if annotations is EPIC100 else "training.csv and validation.csv"
  )
  assert train.metadata["notes"] == [f"times of the actions are those of {times}"]


def test_one_official_file_alone_is_not_mixed_with_frames(anticipation_source, tmp_path):
  files = EPIC100_FRAMES | {"EPIC_100_validation.csv": EPIC100["EPIC_100_validation.csv"].replace("00.10", "00.95")}
  files["training.csv"] = files["training.csv"].removeprefix(HEADER)  # As RULSTM's repository has it.
  splits = run("epic100_anticipation", anticipation_source, write(tmp_path / "csv", files), tmp_path / "data", *FILES)
  np.testing.assert_allclose(splits["test"][1]["segments"][0], [3 / 30, 4])
  assert splits["train"][0]["segment_ids"] == ("P01_01_10", "P01_01_2")


@pytest.mark.parametrize("annotations", [EPIC55, EPIC55_FRAMES])
def test_epic55(annotations, anticipation_source, tmp_path):
  splits = run("epic55/tsn", anticipation_source, write(tmp_path / "csv", annotations), tmp_path / "data", *FILES)
  train, test = splits.values()
  assert train[0]["id"] == "P01_02" and sorted(train[0]["segment_ids"]) == ["330", "7"]
  assert test[0]["id"] == "P01_01" and test[0]["segment_ids"] == ("0",)
  first = train[0]["segment_ids"].index("330")
  np.testing.assert_allclose(train[0]["segments"][first], [5.02, 6.84], atol=1 / 30)
  assert train[0]["labels"][first] == 1 and test[0]["labels"][0] == 2
  exact = train[0]["segments"][first, 0] == 5.02
  assert exact == (annotations is EPIC55)
  # 59 steps every half second of a second each: the last ends after 58 / 2 + 1 seconds.
  assert train[0]["duration"] == 30
  found = train.metadata["anticipation"]
  assert found["action_verb"] == [2, 0, 124, 0, 0, 124] and found["action_noun"] == [3, 4, 3, 3, 37, 37]
  assert len(found["verbs"]) == 125 and len(found["nouns"]) == 352
  # Verb 0 and noun 3 are mostly called otherwise, but many-shot classes have published names.
  assert [found["verbs"][k] for k in (0, 1, 124)] == ["take", "verb 1", "bend"]
  assert [found["nouns"][k] for k in (3, 4, 37)] == ["tap", "plate", "food"]
  assert found["subsets"] == {} and found["many_shot"] == {"verb": [0, 2], "noun": [3, 4], "action": [0, 1, 2, 3, 4]}


def test_epic55_with_published_names_and_actions_of_two_many_shot_classes(anticipation_source, tmp_path):
  classes = {
    f"EPIC_{part}_classes.csv": f"{part}_id,class_key,{part}s\n"
    + "".join(f"{k},{part}-{k},[]\n" for k in range(number))
    for part, number in epic55.NUM_CLASSES.items()
  }
  csv = write(tmp_path / "csv", EPIC55 | classes)
  found = run("epic55", anticipation_source, csv, tmp_path / "data", *FILES, "--many_shot_actions=both")[
    "train"
  ].metadata
  assert found["anticipation"]["nouns"] == [f"noun-{k}" for k in range(352)]
  assert found["anticipation"]["many_shot"]["action"] == [0, 1, 3]
  assert "many-shot actions: 3, where both of verb and noun is many-shot" in found["notes"]


def test_a_video_in_both_splits_of_egtea_has_the_segments_of_each(anticipation_source, tmp_path):
  train, test = run(
    "egtea/split1", anticipation_source, write(tmp_path / "csv", EGTEA), tmp_path / "data", *FILES
  ).values()
  assert [record["id"] for record in listed(train)] == ["P07-R01-PastaSalad", "P20-R03"]
  assert [record["id"] for record in listed(test)] == ["P07-R01-PastaSalad"]
  assert train[0]["segment_ids"] == ("2", "5") and test[0]["segment_ids"] == ("1",)
  np.testing.assert_allclose(test[0]["segments"], [[0.5, 1.5]])
  assert train.class_names == ["Inspect/Read_recipe", "Turn on_faucet", "Turn on_oven"]
  assert train.metadata["anticipation"] == {
    "verbs": ["Inspect/Read", "Turn on"],
    "nouns": ["recipe", "faucet", "oven"],
    "action_verb": [0, 1, 1],
    "action_noun": [0, 1, 2],
    "subsets": {},
    "many_shot": {},
  }
  with pytest.raises(SystemExit, match="egtea/default: configuration: unknown. Use one of: split1, split2, split3"):
    run("egtea", anticipation_source, tmp_path / "csv", tmp_path / "data")


def test_ids_stay_with_the_segments_that_are_kept(anticipation_source, tmp_path):
  files = EGTEA | {"training1.csv": EGTEA["training1.csv"].replace("60,120", "120,60")}
  csv = write(tmp_path / "csv", files)
  with pytest.raises(SystemExit, match="training1.csv line 1: segment 4 to 2 s is reversed"):
    run("egtea/split1", anticipation_source, csv, tmp_path / "data", *FILES)
  train = run("egtea/split1", anticipation_source, csv, tmp_path / "data", *FILES, "--skip_bad")["train"]
  assert train[0]["segment_ids"] == ("5",) and train[0]["labels"].tolist() == [2]


def test_features_need_a_timing(anticipation_source, tmp_path):
  csv = write(tmp_path / "csv", EGTEA)
  with pytest.raises(SystemExit, match="fps: not there. Give --fps"):
    run("egtea/split1", anticipation_source, csv, tmp_path / "data")
  with pytest.raises(SystemExit, match="duration: not published, so no stride follows from it"):
    run("egtea/split1", anticipation_source, csv, tmp_path / "data", "--fixed_length", "--fps=30")


def test_features_that_end_before_an_action(anticipation_source, tmp_path):
  np.save(anticipation_source / "P20-R03.npy", np.zeros((2, 3), "f4"))  # 1.5 seconds, where an action ends after 2.
  run("egtea/split1", anticipation_source, write(tmp_path / "csv", EGTEA), tmp_path / "data", *FILES)
  np.save(anticipation_source / "P20-R03.npy", np.zeros((1, 3), "f4"))
  with pytest.raises(SystemExit, match="line 3: segment 1 to 2 s lies outside the recording, 0 to 1 s"):
    run("egtea/split1", anticipation_source, tmp_path / "csv", tmp_path / "data", *FILES, "--overwrite")


def test_stats(anticipation_source, tmp_path, capsys):
  csv = write(tmp_path / "csv", EGTEA)
  # Durations are those of the last actions: 32 / 3 and 2 s.
  command.run(stats.main, ["egtea/split1", f"--annotations={csv}"])
  assert "durations are not published" in capsys.readouterr().out
  command.run(stats.main, ["egtea/split1", f"--annotations={csv}", f"--features={anticipation_source}", *FILES])
  assert "100.00% of the steps" in capsys.readouterr().out
