from cnnviz.ui.tables import table_in_words


def test_a_table_is_markdown_and_keeps_bars_inside_its_cells() -> None:
    words = table_in_words([{"layer": "1", "r": "3×3"}, {"layer": "2", "r": "a|b"}])
    assert words.splitlines() == ["| layer | r |", "| --- | --- |", "| 1 | 3×3 |", "| 2 | a\\|b |"]


def test_a_table_without_rows_is_nothing() -> None:
    assert table_in_words([]) == ""
