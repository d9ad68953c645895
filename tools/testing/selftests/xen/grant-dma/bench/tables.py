# SPDX-License-Identifier: GPL-2.0-only
"""Tables of figures: for reading, and for the kernel's documentation."""


def number(value):
    """Three digits that count, and no exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(rows):
    """A table whose columns line up in plain text too; the first row is the heading."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, ["-" * width for width in widths])
    return "".join(
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths)) + " |\n"
        for row in rows)


def csv_table(title, rows):
    """The same for the kernel's documentation."""
    heading, *rest = (", ".join(f'"{text}"' for text in row) for row in rows)
    return f".. csv-table:: {title}\n   :header: {heading}\n\n" + "".join(f"   {line}\n" for line in rest)
