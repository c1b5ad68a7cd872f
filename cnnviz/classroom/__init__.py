"""The lecture in a room full of people: who follows whom (``rooms.py``), and what they are asked
(``questions.py``).

Nothing is imported here: a room needs no torch, and is asked for before torch is there.
"""
