"""Weights that others published, as ours: rules from their names to ours.

A task's file names the file here that knows the public names of its networks' parameters (WEIGHTS). Such a file has
  STATE_DICT: of a checkpoint that holds two state dicts, the one that is meant where none is named: "ema" or "raw"
  sizes(model, tensors): (number of classes, length of a feature vector or None) of a public state dict
  variable_shapes(model, num_classes, dim, build): the network's variables as shapes; build(model, num_classes) makes it
  import_model(model, tensors, shapes): our variables, {"params": ..., other collections}, from a public state dict
  export_model(model, variables): the public state dict of our variables
where `model` is the section config.model.
"""
