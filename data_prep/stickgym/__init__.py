"""The parts of stickgym: a gymnast of sticks, what it can do, and how that becomes video.

World axes, in metres: x along the apparatus, y up, z towards the camera. Angles are in radians.
"""
