"""Tables of measures on a terminal."""

import io

from rich.console import Console

from utils.measures.table import fitting_tables

COLUMNS = ["model", "MAE", "Corr", "Acc_7", "Has0_acc_2", "Non0_acc_2", "MAE − seqlevel", "p, Holm"]
ROW = ["no_modality_dropout", *["0.853 ± 0.022"] * 5, "−0.026", "0.648"]


def printed(columns, row, width):
    console = Console(file=io.StringIO(), width=width)
    for table in fitting_tables(columns, [row], width):
        console.print(table)
    return console.file.getvalue()


def test_a_narrow_terminal_breaks_no_name_and_no_number():
    told = printed(COLUMNS, ROW, 80)
    for text in ("Has0_acc_2", "Non0_acc_2", "MAE −", "seqlevel", "p, Holm", "0.853", "± 0.022"):
        assert text in told
    assert told.count("no_modality_dropout") == 2  # in each of two tables
    assert max(map(len, told.splitlines())) <= 80


def test_columns_that_fit_keep_each_row_in_one_line():
    told = printed(COLUMNS, ROW, 140)
    assert told.count("0.853 ± 0.022") == 5
    assert len(told.splitlines()) == 5
