"""HAPT (UCI; SBHAR in the literature): 30 people with a smartphone at the waist, 12 activities and transitions.

--source is the folder or the archive (.zip, .tar.xz, ...) as published: RawData/{acc,gyro}_expNN_userNN.txt,
RawData/labels.txt, activity_labels.txt, Train/subject_id_train.txt and Test/subject_id_test.txt, at the top or one
folder down. A record is one subject: all recordings joined in order, in windows of 50 samples (1 s) that overlap by
half, flattened axis by axis. "hapt" has the three accelerometer axes, 150 values a step; "hapt/acc_gyro" the
gyroscope's as well, 300. Splits: subject_01 to subject_30; "train" and "test" as published; fold_NN_train and
fold_NN_test, which leave subject NN out.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import hapt

DATASET = Dataset(
  name="hapt",
  version="1.0.0",
  kind="sequences",
  doc=__doc__,
  reader=hapt.read,
  configs=tuple(hapt.SENSORS),
  annotations="the folder or archive as published",
  feature_files=False,
)
