"""The states of the pages: one module a page, its fields in the order of the page. Importable without drawing
anything.
"""
