"""Explanations: which past actions an anticipation model attends to, and how its predictions depend on them."""
