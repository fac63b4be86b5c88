from tests.experiments.text_tabular.conftest import tickets, tickets_run

__all__ = ["tickets", "tickets_run"]
