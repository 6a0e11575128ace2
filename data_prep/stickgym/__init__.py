"""stickgym, a made-up dataset: a stick figure's body, its actions, and their rendering as video.

World axes, in metres: x along the apparatus, y up, z towards the camera. Angles are in radians.
"""
