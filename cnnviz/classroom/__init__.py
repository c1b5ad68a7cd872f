"""The lecture in a room full of people: who follows whom (``rooms.py``), and what they are asked
(``questions.py``).

Neither is imported here: a room needs no torch, and is asked for before torch is there.
"""

CHAPTERS = {"seeing": "Seeing", "learning": "Learning", "inside": "Inside", "wild": "In the wild"}
"""Folder of pages, and module of questions -> title, of the chapters that have questions."""
