"""`python -m bench`: a table of ratios to the floors of the same run; absolute times belong to the machine."""

import asyncio

from rich.console import Console
from rich.table import Table

from bench.paths import measure


def main() -> None:
    """Measure and print."""
    table = Table("path", "floor", "ours", "ratio")
    for figure in asyncio.run(measure()):
        table.add_row(figure.path, f"{figure.floor_us:.1f} us", f"{figure.ours_us:.1f} us", f"{figure.ratio:.2f}")
    Console().print(table)


main()
