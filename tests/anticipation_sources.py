"""Small CSV files in the published layouts of the datasets of anticipation, and a build of them."""

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build

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
FILES = ["--fps=30", "--feat_stride=15", "--num_frames=30"]


def write(folder, files):
  folder.mkdir(exist_ok=True)
  for name, text in files.items():
    (folder / name).write_text(text)
  return folder


def listed(split):
  return [split[index] for index in range(len(split))]


def run(name, source, annotations, data_dir, *flags):
  flags = [f"--source={source}", f"--annotations={annotations}", f"--data_dir={data_dir}", *flags]
  command.run(build.main, [name, *flags])
  return {split: store.open_dataset(data_dir, name, split) for split in ("train", "test")}
