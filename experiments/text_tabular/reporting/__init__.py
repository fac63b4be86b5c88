"""The parts of the page of a text-and-table run: predictions, figures, cards, importance."""
