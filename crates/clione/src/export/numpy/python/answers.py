"""What an exported network says, and whether it says what clione says."""

import csv
import sys

import numpy as np

CLASSES, CHECK_ANSWERS, TOLERANCE = [], [], 1e-9


def show(answers):
    """Writes answers as CSV: classes with their probabilities, or numbers; None leaves a gap."""
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["prediction", *(f"p({name})" for name in CLASSES)])
    for numbers in answers:
        if numbers is None:
            table.writerow([""] * (1 + len(CLASSES)))
            continue
        digits = [np.format_float_positional(value, trim="-") for value in numbers]
        table.writerow([CLASSES[np.argmax(numbers)], *digits] if CLASSES else digits)


def check_answers(found):
    """Fails unless answers are those that clione gave when it wrote this file."""
    expected = np.array(CHECK_ANSWERS)
    distance = np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)))
    if not distance <= TOLERANCE:
        sys.exit(f"answers are off by {distance:.1e}: at most {TOLERANCE:.0e} was expected")
    print(f"{len(found)} rows are answered as by clione, to within {distance:.1e}")
