"""Router (IRM): weights over a pool's experts from the robot's state and a teacher's guidance.

Equations are MetaWorld-X's (section III.D-E); fusion with a world model's values is MetaWorld's.
"""
