"""Conversion of published weights, by rules from public parameter names to ours.

The file of a task names the module here that has the rules of its networks (WEIGHTS). Such a module has
  STATE_DICT: "ema" or "raw", the default for checkpoints that hold both state dicts
  sizes(model, tensors): (number of classes, length of a feature vector or None) of a public state dict
  variable_shapes(model, num_classes, dim, build): shapes of the variables of the network build(model, num_classes)
  import_model(model, tensors, shapes): our variables, {"params": ..., other collections}, from a public state dict
  export_model(model, variables): the public state dict of our variables
where `model` is the section config.model.
"""
