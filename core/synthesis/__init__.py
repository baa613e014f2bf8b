"""CTGAN, written from the paper (arXiv:1907.00503). Import the modules; this package imports none of them."""
