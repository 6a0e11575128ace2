"""stickgym: a made-up gymnast on bar, beam and floor, in real video files, whose classes no single frame tells apart.

Twelve classes, four on each apparatus (`stickgym/motion.py` says what they are and which pairs differ in what). There
are clips of one action, and untrimmed routines of several actions in which the next depends on earlier ones
(`stickgym/grammar.py`). Everything follows from a seed.

    jaxvid build stickgym --data_dir=data

draws the clips as mp4 files, into DATA_DIR/stickgym_videos or --source, and makes a dataset of them; videos that are
there already are not drawn again. `jaxvid routines` draws the routines.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.stickgym import clips, render

DATASET = Dataset(
  name="stickgym",
  version=render.VERSION,
  kind="clips",
  doc=__doc__,
  reader=clips.read,
  splits=render.SPLITS,
  flags=clips.FLAGS,
  needs_source=False,
  encode=None,  # The videos are small already.
)
