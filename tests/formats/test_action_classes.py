"""actions.csv of EPIC-Kitchens and of EGTEA Gaze+, and EPIC-Kitchens-55's files of verbs and nouns."""

import pytest

from jaxvid.formats import action_classes, epic55_csv
from jaxvid.formats.errors import FormatError


def write(folder, text):
  (folder / "actions.csv").write_text(text)
  return folder / "actions.csv"


def test_epic_kitchens(tmp_path):
  file = write(tmp_path, "id,verb,noun,action\n1,0,2,take cup\n0,1,0,put plate\n")
  actions = action_classes.read(file, 2, 3)
  assert (actions.names, actions.verbs, actions.nouns) == (["put plate", "take cup"], [1, 0], [0, 2])
  assert actions.by_pair == {(1, 0): 0, (0, 2): 1} == action_classes.ids(file)
  with pytest.raises(FormatError, match="line 2, noun: 2 is not one of 0 to 1"):
    action_classes.read(file, 2, 2)


def test_egtea(tmp_path):
  actions, verbs, nouns = action_classes.read_egtea(write(tmp_path, "1, 1_0, Open_cup\n0, 0_0, Take_cup\n"))
  assert (actions.names, verbs, nouns) == (["Take_cup", "Open_cup"], ["Take", "Open"], ["cup"])


@pytest.mark.parametrize(
  "row, message",
  [
    ("1, 1, Open_cup", "'1' and 'Open_cup' are not of two parts"),
    ("1, 1_0, Open_lid", "noun 0 is called 'lid' and 'cup'"),
    ("1, 2_0, Open_cup", "verbs: their ids are not every number from 0 on"),
    ("1, 0_0, Take_cup", "two have the name 'Take_cup'"),
  ],
)
def test_what_is_wrong_with_egteas(row, message, tmp_path):
  with pytest.raises(FormatError, match=message):
    action_classes.read_egtea(write(tmp_path, f"0, 0_0, Take_cup\n{row}\n"))


def test_epic_kitchens_55(tmp_path):
  classes = write(tmp_path, "verb_id,class_key\n1,put\n0,take\n")
  assert epic55_csv.class_names(classes, "verb", 2) == ["take", "put"]
  with pytest.raises(FormatError, match="verb_id: 2 classes, not 3"):
    epic55_csv.class_names(classes, "verb", 3)
  assert epic55_csv.many_shot(write(tmp_path, "noun_class,noun\n4,cup\n"), "noun", 5) == {4: "cup"}
