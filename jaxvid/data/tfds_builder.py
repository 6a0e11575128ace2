"""The TFDS builder that all localization datasets share. Slow to import (tensorflow_datasets): only for writing."""

import types

import numpy as np
import tensorflow_datasets as tfds


class SequenceBuilder(tfds.core.GeneratorBasedBuilder):
  """Writes feature sequences and their segments as ArrayRecord shards, in the order given, without TensorFlow.

  Use `make_builder`: TFDS takes name, configurations and version from the class, so each dataset is a subclass.
  """

  url_infos = types.MappingProxyType({})  # Nothing is downloaded: there are no checksums to look for beside the code.

  def __init__(self, *, records_by_split, metadata, dtype, data_dir, config):
    """Args: see `make_builder`."""
    self._records_by_split = records_by_split
    self._metadata = metadata
    self._dtype = np.dtype(dtype)
    super().__init__(data_dir=data_dir, config=config, file_format="array_record")

  def _info(self):
    number = self._tensor((), np.float64)
    return tfds.core.DatasetInfo(
      builder=self,
      description=self._metadata["description"],
      features=tfds.features.FeaturesDict(
        {
          "id": tfds.features.Text(),
          "features": self._tensor((None, self._metadata["contract"]["dim"]), self._dtype),
          "segments": self._tensor((None, 2), np.float64),
          "labels": self._tensor((None,), np.int32),
          "fps": number,
          "feat_stride": number,
          "num_frames": number,
          "duration": number,
        }
      ),
      metadata=tfds.core.MetadataDict(self._metadata),
      disable_shuffling=True,
    )

  def _log_download_bytes(self):
    """Says nothing: TFDS would announce a download of unknown size."""

  def _log_download_done(self):
    """Says nothing: the dataset is still in its staging folder."""

  def _tensor(self, shape, dtype):
    # Not TFDS's default encoding: that rounds float64 to float32, and reads long sequences at less than half the speed.
    return tfds.features.Tensor(shape=shape, dtype=dtype, encoding="bytes")

  def _split_generators(self, dl_manager):
    del dl_manager  # Nothing is downloaded.
    return {split: self._generate_examples(records) for split, records in self._records_by_split.items()}

  def _generate_examples(self, records):
    # With shuffling disabled TFDS sorts by key: a counter keeps the order of the records.
    for index, record in enumerate(records()):
      yield (
        index,
        {
          "id": record.id,
          "features": np.asarray(record.features, self._dtype),
          "segments": np.asarray(record.segments, np.float64).reshape(-1, 2),
          "labels": np.asarray(record.labels, np.int32).reshape(-1),
          "fps": np.float64(record.fps),
          "feat_stride": np.float64(record.feat_stride),
          "num_frames": np.float64(record.num_frames),
          "duration": np.float64(record.duration),
        },
      )


def make_builder(data_dir, name, config, version, records_by_split, metadata, dtype):
  """A builder whose `download_and_prepare()` writes DATA_DIR/NAME/CONFIG/VERSION.

  Args:
    data_dir: folder of datasets.
    name, config, version: strings; the version is "major.minor.patch".
    records_by_split: TFDS split -> callable that gives an iterator of records (see `store.Record`).
    metadata: JSON-able dict with at least `description` and `contract`.
    dtype: of the features.
  """
  tfds.disable_progress_bar()  # It does not know how many records there are; builds show their own.
  with tfds.core.registered.skip_registration():
    builder = type(
      name,
      (SequenceBuilder,),
      {
        "name": name,
        "VERSION": tfds.core.Version(version),
        "BUILDER_CONFIGS": [tfds.core.BuilderConfig(name=config)],
        "__module__": __name__,
      },
    )
  return builder(records_by_split=records_by_split, metadata=metadata, dtype=dtype, data_dir=data_dir, config=config)
