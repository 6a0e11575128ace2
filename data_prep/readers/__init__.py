"""How the layouts are read in which datasets are published, where those are their own."""
