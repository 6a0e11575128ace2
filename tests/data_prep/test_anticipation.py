import argparse
import sys

import numpy as np
import pytest

import golden
from jaxvid.data import store
from jaxvid.data_prep import build, stats
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.datasets import egtea, epic55, epic100_anticipation

OFFICIAL_HEADER = "narration_id,participant_id,video_id,start_timestamp,stop_timestamp,verb_class,noun_class"
HEADER = "narration_id,video,start,stop,verb,noun,action\n"
EPIC100_CLASSES = {
  "EPIC_100_verb_classes.csv": 'id,key,instances\n0,take,"[\'get\', \'take\']"\n1,put,"[]"\n2,wash,"[]"',
  "EPIC_100_noun_classes.csv": "id,key\n1,spoon\n0,tap\n",
  "actions.csv": "id,verb,noun,action\n0,0,1,take spoon\n1,1,0,put tap\n2,0,0,take tap\n",
  "validation_unseen_participants_ids.csv": "P02_01_1\nP02_01_0\n",
  "validation_tail_verbs_ids.csv": "P02_01_0\n",
  "validation_tail_nouns_ids.csv": "P02_01_1\n",
  "validation_tail_actions_ids.csv": "P01_02_0\nP02_01_1\n",
}
# The first action begins with its video, and the last goes on to its end: both count.
EPIC100 = EPIC100_CLASSES | {
  "EPIC_100_train.csv": f"""{OFFICIAL_HEADER}
P01_01_10,P01,P01_01,00:00:00.00,00:00:02.50,0,1
P01_01_2,P01,P01_01,00:01:01.25,00:01:20.00,1,0
""",
  "EPIC_100_validation.csv": f"""{OFFICIAL_HEADER}
P02_01_0,P02,P02_01,00:00:00.10,00:00:04.00,0,0
P01_02_0,P01,P01_02,00:00:05.00,00:00:09.00,1,0
P02_01_1,P02,P02_01,00:00:03.00,00:00:03.50,0,1
""",
  "EPIC_100_video_info.csv": "video_id,duration,fps\nP01_01,80.0,59.94\nP01_02,30.0,50\nP02_01,40.0,50\nP09_01,9,50\n",
}
EPIC100_FRAMES = EPIC100_CLASSES | {
  "training.csv": f"{HEADER}P01_01_10,P01_01,1,75,0,1,0\nP01_01_2,P01_01,1837,2400,1,0,1\n",
  "validation.csv": f"{HEADER}P02_01_0,P02_01,3,120,0,0,2\n"
  "P01_02_0,P01_02,150,270,1,0,1\nP02_01_1,P02_01,90,105,0,1,0\n",
  "video_lengths.csv": "video,frames\nP01_01,2400\nP01_02,900\nP02_01,1200\n",
}
EPIC55_FRAMES = {
  "training.csv": "00330, P01_02, 0000000150, 0000000205, 000, 004, 0001\n00007, P01_02, 0000000030, 60, 002, 003, 0\n",
  "validation.csv": "00000, P01_01, 0000000004, 0000000101, 124, 003, 0002\n",
  "actions.csv": "id,action,verb,noun\n0, open_tap,2,3\n1, take_plate,0,4\n2, bend_tap:hot,124,3\n3, grab_tap:hot,0,3\n"
  "4, grab_food,0,37\n5, bend_food,124,37\n",
  "EPIC_many_shot_verbs.csv": "verb_class,verb\n2,open\n0,take\n",
  "EPIC_many_shot_nouns.csv": "noun_class,noun\n4,plate\n3,tap\n",
}
EPIC55 = EPIC55_FRAMES | {
  "EPIC_train_action_labels.csv": """uid,video_id,narration,start_timestamp,stop_timestamp,verb_class,noun_class
0,P01_01,bend tap,00:00:00.14,00:00:03.37,124,3
7,P01_02,open tap,00:00:01.01,00:00:02.00,2,3
330,P01_02,take plate,00:00:05.02,00:00:06.84,0,4
""",
}
EGTEA = {
  "actions.csv": "0, 0_0, Inspect/Read_recipe\n1, 1_1, Turn on_faucet\n2, 1_2, Turn on_oven\n",
  "training1.csv": "2,P07-R01-PastaSalad,60,120,0,0,0\n5,P07-R01-PastaSalad,300,320,1,2,2\n8,P20-R03,30,60,1,1,1\n",
  "validation1.csv": "1,P07-R01-PastaSalad,15,45,1,1,1\n",
}
VIDEOS = {"P01_01": 80.0, "P01_02": 30.0, "P02_01": 40.0, "P07-R01-PastaSalad": 20.0, "P20-R03": 10.0}
FILES = ["--fps=30", "--feat_stride=15", "--num_frames=30"]


@pytest.fixture
def source(tmp_path):
  """A folder of features, two steps a second of what is seen in a second."""
  folder = tmp_path / "features"
  folder.mkdir()
  for name, seconds in VIDEOS.items():
    np.save(folder / f"{name}.npy", np.random.default_rng(0).normal(size=(int(2 * seconds) - 1, 3)).astype("f4"))
  return folder


def write(folder, files):
  folder.mkdir(exist_ok=True)
  for name, text in files.items():
    (folder / name).write_text(text)
  return folder


def listed(split):
  return [split[index] for index in range(len(split))]


def run(name, source, annotations, data_dir, *flags):
  flags = [f"--source={source}", f"--annotations={annotations}", f"--data_dir={data_dir}", *flags]
  build.main([name, *flags])
  return {split: store.open_dataset(data_dir, name, split) for split in ("train", "test")}


@pytest.mark.parametrize("annotations", [EPIC100, EPIC100_FRAMES])
def test_epic100(annotations, source, tmp_path):
  splits = run("epic100_anticipation", source, write(tmp_path / "csv", annotations), tmp_path / "data", *FILES)
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


def test_one_official_file_alone_is_not_mixed_with_frames(source, tmp_path):
  files = EPIC100_FRAMES | {"EPIC_100_validation.csv": EPIC100["EPIC_100_validation.csv"].replace("00.10", "00.95")}
  files["training.csv"] = files["training.csv"].removeprefix(HEADER)  # As RULSTM's repository has it.
  splits = run("epic100_anticipation", source, write(tmp_path / "csv", files), tmp_path / "data", *FILES)
  np.testing.assert_allclose(splits["test"][1]["segments"][0], [3 / 30, 4])
  assert splits["train"][0]["segment_ids"] == ("P01_01_10", "P01_01_2")


@pytest.mark.parametrize("annotations", [EPIC55, EPIC55_FRAMES])
def test_epic55(annotations, source, tmp_path):
  splits = run("epic55/tsn", source, write(tmp_path / "csv", annotations), tmp_path / "data", *FILES)
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


def test_epic55_with_published_names_and_actions_of_two_many_shot_classes(source, tmp_path):
  classes = {
    f"EPIC_{part}_classes.csv": f"{part}_id,class_key,{part}s\n"
    + "".join(f"{k},{part}-{k},[]\n" for k in range(number))
    for part, number in epic55.NUM_CLASSES.items()
  }
  csv = write(tmp_path / "csv", EPIC55 | classes)
  found = run("epic55", source, csv, tmp_path / "data", *FILES, "--many_shot_actions=both")["train"].metadata
  assert found["anticipation"]["nouns"] == [f"noun-{k}" for k in range(352)]
  assert found["anticipation"]["many_shot"]["action"] == [0, 1, 3]
  assert "many-shot actions: 3, where both of verb and noun is many-shot" in found["notes"]


def test_a_video_in_both_splits_of_egtea_has_the_segments_of_each(source, tmp_path):
  train, test = run("egtea/split1", source, write(tmp_path / "csv", EGTEA), tmp_path / "data", *FILES).values()
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
    run("egtea", source, tmp_path / "csv", tmp_path / "data")


def test_ids_stay_with_the_segments_that_are_kept(source, tmp_path):
  files = EGTEA | {"training1.csv": EGTEA["training1.csv"].replace("60,120", "120,60")}
  csv = write(tmp_path / "csv", files)
  with pytest.raises(SystemExit, match="training1.csv line 1: segment 4 to 2 s is reversed"):
    run("egtea/split1", source, csv, tmp_path / "data", *FILES)
  train = run("egtea/split1", source, csv, tmp_path / "data", *FILES, "--skip_bad")["train"]
  assert train[0]["segment_ids"] == ("5",) and train[0]["labels"].tolist() == [2]


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
  "epic100: cut time": (EPIC100, "EPIC_100_train.csv", "00:00:02.50", "00:00", "line 2: '00:00' is no time"),
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
  "epic55: no number": (EPIC55, "training.csv", "0000000205", "x", "line 1, stop: 'x' is no number"),
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
MODULES = {"epic100_anticipation": epic100_anticipation, "epic55": epic55, "egtea": egtea}
NAMES = {"epic100": "epic100_anticipation", "epic55": "epic55", "egtea": "egtea/split1"}


@pytest.mark.parametrize("case", BAD)
def test_bad_annotations(case, source, tmp_path):
  files, name, old, new, message = BAD[case]
  assert old in files[name]
  csv = write(tmp_path / "csv", files | {name: files[name].replace(old, new)})
  with pytest.raises(SystemExit) as stop:
    run(NAMES[case.split(":")[0]], source, csv, tmp_path / "data", *FILES)
  assert message in stop.value.code and f"{csv / name}: " in stop.value.code
  assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("dataset", NAMES)
def test_absent_files(dataset, tmp_path):
  files = {"epic100": EPIC100_FRAMES, "epic55": EPIC55_FRAMES, "egtea": EGTEA}[dataset]
  name, _, config = NAMES[dataset].partition("/")
  parser = argparse.ArgumentParser()
  MODULES[name].add_flags(parser)
  for name_of_file in files:
    csv = write(tmp_path / name_of_file, {other: text for other, text in files.items() if other != name_of_file})
    with pytest.raises(BadInput, match=f"has no .*{name_of_file}"):
      MODULES[name].annotated(csv, config, parser.parse_args([]))


def test_features_need_a_timing(source, tmp_path):
  csv = write(tmp_path / "csv", EGTEA)
  with pytest.raises(SystemExit, match="fps: not there. Give --fps"):
    run("egtea/split1", source, csv, tmp_path / "data")
  with pytest.raises(SystemExit, match="duration: not published, so no stride follows from it"):
    run("egtea/split1", source, csv, tmp_path / "data", "--fixed_length", "--fps=30")


def test_features_that_end_before_an_action(source, tmp_path):
  np.save(source / "P20-R03.npy", np.zeros((2, 3), "f4"))  # 1.5 seconds, where an action ends after 2.
  run("egtea/split1", source, write(tmp_path / "csv", EGTEA), tmp_path / "data", *FILES)
  np.save(source / "P20-R03.npy", np.zeros((1, 3), "f4"))
  with pytest.raises(SystemExit, match="line 3: segment 1 to 2 s lies outside the recording, 0 to 1 s"):
    run("egtea/split1", source, tmp_path / "csv", tmp_path / "data", *FILES, "--overwrite")


def frame(number, dim):
  """The made-up vector of a frame: its number, in each place more."""
  return number + np.arange(dim, dtype="f4") / 8


def write_lmdb(path, videos, dim, first=1, leave_out=()):
  """RULSTM's layout; `videos` is a dict of name -> number of frames."""
  with (
    pytest.importorskip("lmdb").open(str(path), map_size=1 << 24) as database,
    database.begin(write=True) as transaction,
  ):
    for name, last in videos.items():
      for number in sorted(set(range(first, last + 1)) - set(leave_out)):
        transaction.put(f"{name}_frame_{number:010d}.jpg".encode(), frame(number, dim).tobytes())
  return path


# P20-R0 sorts right before P20-R03's frames, Q after all.
EGTEA_FRAMES = {"P07-R01-PastaSalad": 331, "P20-R0": 7, "P20-R03": 61, "Q": 3}


def run_lmdb(tmp_path, *flags):
  csv = write(tmp_path / "csv", EGTEA)
  build.main(["egtea/split1", f"--source={csv}", f"--data_dir={tmp_path / 'data'}", "--dtype=float32", *flags])
  return store.open_dataset(tmp_path / "data", "egtea/split1", "train")


def test_lmdb_a_quarter_of_a_second_apart(tmp_path):
  train = run_lmdb(tmp_path, f"--lmdb={write_lmdb(tmp_path / 'rgb', EGTEA_FRAMES, 3)}", "--extractor=tsn_rgb")
  contract = train.contract
  assert (contract.fps, contract.feat_stride, contract.num_frames, contract.dim) == (30, 7.5, 1, 3)
  assert contract.extractor == "tsn_rgb"
  numbers = [1, 8, 16, 23, 31, 38, 46, 53, 61]  # 1 + floor(7.5 i)
  np.testing.assert_array_equal(train[1]["features"], [frame(number, 3) for number in numbers])
  assert train[0]["features"][-1, 0] == 331 and len(train[0]["features"]) == 45
  assert train[1]["duration"] == 9 * 7.5 / 30
  assert train[1]["segment_ids"] == ("8",)


@pytest.mark.parametrize("every, numbers", [(1, [1, 31, 61]), (0.1, range(1, 62, 3)), (1 / 30, range(1, 62))])
def test_lmdb_at_other_strides(every, numbers, tmp_path):
  path = write_lmdb(tmp_path / "rgb", EGTEA_FRAMES, 2) / "data.mdb"  # The file does as well as its folder.
  train = run_lmdb(tmp_path, f"--lmdb={path}", f"--every={every}")
  np.testing.assert_array_equal(train[1]["features"][:, 0], list(numbers))


def test_lmdbs_are_joined_up_to_the_last_frame_of_both(tmp_path):
  rgb = write_lmdb(tmp_path / "rgb", EGTEA_FRAMES, 3)
  flow = write_lmdb(tmp_path / "flow", EGTEA_FRAMES | {"P20-R03": 60}, 2)
  train = run_lmdb(tmp_path, f"--lmdb={rgb}", f"--lmdb={flow}")
  assert train.contract.dim == 5
  assert train[1]["features"][:, 0].tolist() == train[1]["features"][:, 3].tolist() == [1, 8, 16, 23, 31, 38, 46, 53]
  np.testing.assert_array_equal(train[1]["features"][2], [*frame(16, 3), *frame(16, 2)])


def test_bad_lmdbs(tmp_path):
  good = write_lmdb(tmp_path / "good", EGTEA_FRAMES, 3)

  def message(path, *flags):
    with pytest.raises(SystemExit) as stop:
      run_lmdb(tmp_path, f"--lmdb={path}", *flags)
    return stop.value.code

  gap = write_lmdb(tmp_path / "gap", EGTEA_FRAMES, 3, leave_out=(16, 17))
  assert "gap: P07-R01-PastaSalad: frame 16 is missing (P07-R01-PastaSalad_frame_0000000016.jpg). Use a" in message(gap)
  lacking = write_lmdb(tmp_path / "lacking", {name: 331 for name in EGTEA_FRAMES if name != "P20-R03"}, 3)
  assert "lacking: P20-R03: no frame of it, such as P20-R03_frame_0000000001.jpg" in message(lacking)
  short = write_lmdb(tmp_path / "short", EGTEA_FRAMES | {"P07-R01-PastaSalad": 300}, 3)
  assert "P07-R01-PastaSalad: ends at frame 331 in" in message(good, f"--lmdb={short}")
  other = write_lmdb(tmp_path / "other", {"P01_01": 5}, 3)
  assert "no first frame of an annotated video, such as P07-R01-PastaSalad_frame_0000000001.jpg" in message(other)
  halves = write_lmdb(tmp_path / "halves", {"P07-R01-PastaSalad": 331}, 3)
  write_lmdb(halves, {"P20-R03": 61}, 4)
  assert "features: dim 4, while the other files have 3" in message(halves)
  with pytest.importorskip("lmdb").open(str(good)) as database, database.begin(write=True) as transaction:
    transaction.put(b"P20-R03_frame_0000000008.jpg", b"12345")
  assert "good: P20-R03: frame 8 holds 5 bytes, no vector of float32" in message(good)
  assert "absent: --lmdb: no such file or folder" in message(tmp_path / "absent")
  (tmp_path / "text").write_text("Not found")
  assert "text: --lmdb: not readable as LMDB" in message(tmp_path / "text")


def test_flags_that_contradict_each_other(tmp_path, source):
  for flag in ("--fps=25", "--fixed_length", f"--join={source}"):
    with pytest.raises(SystemExit, match=f"{flag.split('=')[0]}: given with --lmdb. Leave it out"):
      run_lmdb(tmp_path, "--lmdb=rgb", flag)
  for every in (0.01, "nan", "inf"):
    with pytest.raises(SystemExit, match="--every: .* s is not a frame or more"):
      run_lmdb(tmp_path, "--lmdb=rgb", f"--every={every}")
  with pytest.raises(SystemExit, match="--every: given without --lmdb"):
    run_lmdb(tmp_path, "--every=0.5")


def test_absent_lmdb_package_is_named(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, "lmdb", None)
  with pytest.raises(SystemExit, match=r"LMDB needs lmdb, which is not installed. pip install 'jaxvid\[lmdb\]'"):
    run_lmdb(tmp_path, "--lmdb=rgb")


def test_stats(source, tmp_path, capsys):
  csv = write(tmp_path / "csv", EGTEA)
  stats.main(["egtea/split1", f"--annotations={csv}"])  # Durations are those of the last actions: 32 / 3 and 2 s.
  assert "durations are not published" in capsys.readouterr().out
  stats.main(["egtea/split1", f"--annotations={csv}", f"--features={source}", *FILES])
  assert "100.00% of the steps" in capsys.readouterr().out


def counts(found):
  """(videos, segments, named segments) of each split."""
  recordings = {split: [read() for read in named.values()] for split, named in found.recordings.items()}
  ids = {split: {item.id for each in listed for item in each.annotations} for split, listed in recordings.items()}
  return {
    split: (len(listed), sum(len(each.annotations) for each in listed), len(ids[split]))
    for split, listed in recordings.items()
  }


def published(name, folder, monkeypatch, tmp_path, lengths, *flags):
  """(train, test, annotations) of the published annotations and made-up features, two a second, of some videos.

  `lengths` is a dict of video -> seconds.
  """
  module = MODULES[name.partition("/")[0]]
  read, found = module.annotated, []
  monkeypatch.setattr(module, "annotated", lambda *arguments: found.append(read(*arguments)) or found[0])
  for video, seconds in lengths.items():
    np.save(tmp_path / f"{video}.npy", np.ones((int(seconds * 2), 2), "f4"))
  source = golden.shared(folder)
  timing = ["--fps=30", "--feat_stride=15", "--num_frames=15", "--skip_bad"]
  splits = run(name, tmp_path, source, tmp_path / "data", *timing, *flags)
  return splits["train"], splits["test"], found[0]


def test_epic100_as_published(monkeypatch, tmp_path):
  frames = dict(line.split(",") for line in golden.shared("data/epic100/video_lengths.csv").read_text().split())
  lengths = {video: int(frames[video]) / 30 for video in ("P01_01", "P01_11", "P18_01")}
  train, test, found = published("epic100_anticipation", "data/epic100", monkeypatch, tmp_path, lengths)
  assert counts(found) == {"training": (495, 67_217, 67_217), "validation": (138, 9_668, 9_668)}
  assert len(train.class_names) == 3_806
  metadata = train.metadata["anticipation"]
  assert len(metadata["verbs"]) == 97 and len(metadata["nouns"]) == 300 and len(metadata["action_noun"]) == 3_806
  subsets = {name: len(set(subset["ids"])) for name, subset in metadata["subsets"].items()}
  assert subsets == {"unseen": 1_065, "tail_verb": 1_760, "tail_noun": 1_900, "tail_action": 3_105}
  assert len(train) == 1 and len(test) == 2
  # The lines of training.csv and validation.csv that name these videos.
  for record in [*listed(train), *listed(test)]:
    file = golden.shared(f"data/epic100/{'training' if record['id'] == 'P01_01' else 'validation'}.csv")
    rows = [line.split(",") for line in file.read_text().splitlines() if line.split(",")[1] == record["id"]]
    assert list(record["segment_ids"]) == [row[0] for row in rows]
    np.testing.assert_allclose(record["segments"], [[int(row[2]) / 30, int(row[3]) / 30] for row in rows])
    np.testing.assert_array_equal(record["labels"], [int(row[6]) for row in rows])
    assert [metadata["action_verb"][label] for label in record["labels"]] == [int(row[4]) for row in rows]
  unseen = set(metadata["subsets"]["unseen"]["ids"])
  assert set(test[1]["segment_ids"]) <= unseen and not unseen & set(test[0]["segment_ids"])


def test_epic55_as_published(monkeypatch, tmp_path):
  lengths = {"P01_02": 600.0, "P01_01": 1700.0}
  train, test, found = published("epic55", "data/epic55", monkeypatch, tmp_path, lengths, "--many_shot_actions=both")
  assert counts(found) == {"training": (232, 23_493, 23_493), "validation": (40, 4_979, 4_979)}
  assert len(train.class_names) == 2_513
  metadata = train.metadata["anticipation"]
  assert {part: len(ids) for part, ids in metadata["many_shot"].items()} == {"verb": 26, "noun": 71, "action": 819}
  assert [metadata["verbs"][k] for k in (0, 1, 6, 94)] == ["take", "put", "mix", "verb 94"]
  assert train[0]["id"] == "P01_02" and test[0]["segment_ids"][:3] == ("0", "1", "2")
  np.testing.assert_allclose(test[0]["segments"][0], [0.14, 3.37])
  assert metadata["action_verb"][test[0]["labels"][0]] == 2 and metadata["action_noun"][test[0]["labels"][0]] == 8


@pytest.mark.parametrize(
  "split, train_segments, test_segments", [(1, 8_299, 2_022), (2, 8_299, 2_022), (3, 8_300, 2_021)]
)
def test_egtea_as_published(split, train_segments, test_segments, monkeypatch, tmp_path):
  lengths = {"P07-R01-PastaSalad": 3000.0}
  train, test, found = published(f"egtea/split{split}", "data/egtea", monkeypatch, tmp_path, lengths)
  found = {name: numbers[1:] for name, numbers in counts(found).items()}
  assert found == {"training": (train_segments,) * 2, "validation": (test_segments,) * 2}
  metadata = train.metadata["anticipation"]
  assert len(train.class_names) == 106 and len(metadata["verbs"]) == 19 and len(metadata["nouns"]) == 51
  assert train[0]["id"] == test[0]["id"] and not set(train[0]["segment_ids"]) & set(test[0]["segment_ids"])
