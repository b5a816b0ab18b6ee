"""Figures as people read them: three digits that say something, and a unit."""

NOTHING = "—"
_SECONDS = ((1e-6, "ns", 1e9), (1e-3, "µs", 1e6), (1.0, "ms", 1e3), (120.0, "s", 1.0))
_BYTES = ("B", "KB", "MB", "GB", "TB")
_PERIODS = (("s", 1), ("min", 60), ("h", 3_600), ("d", 86_400))
_LITTLE = 0.1
_THOUSANDS = ((1e9, "G"), (1e6, "M"), (1e4, "k"))


def written(number: float | str | None, unit: str, *, most: float | None = None) -> str:
    """Return a figure with its unit: seconds, bytes, share (of 1), per second, or a word that follows it.

    A word in a figure's place is returned as it is. `most` is the greatest of the figures that it stands among: all of
    them are of a second, or all of an hour.
    """
    if number is None or isinstance(number, str):
        return number or NOTHING
    if unit == "seconds":
        return _seconds(number)
    if unit == "bytes":
        return _bytes(number)
    if unit == "share":
        return f"{digits(number * 100)}%"
    if unit == "per second":
        return _rate(number, number if most is None else most)
    return f"{_count(number)} {unit}".strip()


def digits(number: float) -> str:
    """Return at most three significant digits, without zeros at the end."""
    if abs(number) >= 99.95:  # noqa: PLR2004  (rounds to three digits before the point)
        return f"{number:,.0f}"
    if abs(number) < 0.1:  # noqa: PLR2004
        text = f"{float(f'{number:.2g}'):.6f}"
    else:
        text = f"{number:.1f}" if abs(number) >= 9.995 else f"{number:.2f}"  # noqa: PLR2004
    return text.rstrip("0").rstrip(".")


def _seconds(number: float) -> str:
    if not number:
        return "0 ms"
    for bound, name, times in _SECONDS:
        if abs(number) < bound:
            return f"{digits(number * times)} {name}"
    minutes, seconds = divmod(round(number), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def _bytes(number: float) -> str:
    power = 0
    while abs(number) >= 1000 and power < len(_BYTES) - 1:  # noqa: PLR2004
        number, power = number / 1000, power + 1
    return f"{digits(number)} {_BYTES[power]}"


def _rate(number: float, most: float) -> str:
    """Of an hour or a day where little happens: 0.00058 in a second says nothing."""
    name, times = next((one for one in _PERIODS if abs(most) * one[1] >= _LITTLE or not most), _PERIODS[-1])
    return f"{_count(number * times)}/{name}"


def _count(number: float) -> str:
    for bound, letter in _THOUSANDS:
        if abs(number) >= bound:
            return f"{digits(number / {'G': 1e9, 'M': 1e6, 'k': 1e3}[letter])}{letter}"
    return digits(number)
