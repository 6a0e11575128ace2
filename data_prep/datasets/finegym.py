"""FineGym: elements of gymnastics, as finegym/gym99 or finegym/gym288.

--source is the folder of the published lists: gym99_train_element_v1.1.txt (--lists=v1.0 for the older one),
gym99_val_element.txt and gym99_categories.txt, and the same of gym288. An element VIDEO_E_002184_002237_A_0035_0036
lies in VIDEO from second 2184 + 35 on. --videos is the folder of the videos, at any depth: cut elements, named by their
whole id with or without E_ and A_, or whole videos, VIDEO.mp4, from which they are cut. An id holds whole seconds, so
that a cut by it takes all that may belong to the element; --annotations=finegym_annotation_info_v1.1.json has the times
as they were annotated. Videos that are gone from the web are many: --skip_bad counts them in manifest.json.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import finegym

DATASET = Dataset(
  name="finegym",
  version="1.0.0",
  kind="clips",
  doc=__doc__,
  reader=finegym.read,
  configs=tuple(finegym.NUM_CLASSES),
  splits=("train", "val"),
  aliases={"test": ("val",)},
  flags={
    "--lists": dict(
      choices=("v1.0", "v1.1"), default="v1.1", help="version of the training list; default: %(default)s"
    ),
    "--videos": dict(metavar="DIR", help="default: --source"),
    "--annotations": dict(metavar="FILE.json", help="the annotated times; default: those in the ids"),
  },
)
