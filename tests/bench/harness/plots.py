"""Small plots in SVG: bars for one case, lines for one series. Nothing but text is needed."""

import math
from xml.sax.saxutils import escape

COLOURS = ("#1f5fa8", "#d1662a", "#3a8f4d", "#8c4fa8", "#a8862a", "#5a5a5a", "#b23a48", "#2a9d9d", "#777777")
FONT = 'font-family="DejaVu Sans, Helvetica, Arial, sans-serif"'
WIDTH = 760


def text(x, y, words, size=12, anchor="start", colour="#222", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}" {more}>{escape(str(words))}</text>')


def line(x1, y1, x2, y2, colour="#ccc", width=1):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"/>')


def box(x, y, width, height, colour, opacity=1.0):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f'fill="{colour}" fill-opacity="{opacity}"/>')


def page(height, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" {FONT}>',
        box(0, 0, WIDTH, height, "#ffffff"), *parts, "</svg>\n"])


def nice(value):
    """A number as short as it can be said."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


class Axis:
    """Where a value lies between two ends, on a logarithmic scale."""

    def __init__(self, values, start, end, bases=(1, 2, 5)):
        positive = [value for value in values if value > 0] or [1]
        self.low, self.high = min(positive), max(positive)
        if self.low == self.high:
            self.low, self.high = self.low / 2, self.high * 2
        self.start, self.end, self.bases = start, end, bases

    def place(self, value):
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        first = math.floor(math.log10(self.low))
        last = math.ceil(math.log10(self.high))
        bases = self.bases if last - first <= 4 else (1,)
        every = [base * 10.0 ** power for power in range(first, last + 1) for base in bases]
        return [tick for tick in every if self.low * 0.999 <= tick <= self.high * 1.001]


def lines(title, x_label, y_label, series):
    """Both axes logarithmic; `series` is {name: [(x, middle, low, high), …]}."""
    left, right, top, bottom = 76, WIDTH - 24, 44, 340
    points = [point for one in series.values() for point in one]
    x_axis = Axis([point[0] for point in points], left, right)
    y_axis = Axis([value for point in points for value in point[2:]], bottom, top)
    parts = [text(WIDTH / 2, 24, title, 15, "middle")]
    for tick in x_axis.ticks():
        x = x_axis.place(tick)
        parts += [line(x, top, x, bottom, "#eee"), text(x, bottom + 18, nice(tick), 11, "middle")]
    for tick in y_axis.ticks():
        y = y_axis.place(tick)
        parts += [line(left, y, right, y, "#e4e4e4"), text(left - 8, y + 4, nice(tick), 11, "end")]
    parts += [line(left, bottom, right, bottom, "#888"), line(left, top, left, bottom, "#888"),
              text((left + right) / 2, bottom + 38, x_label, 12, "middle"),
              text(16, (top + bottom) / 2, y_label, 12, "middle",
                   more=f'transform="rotate(-90 16 {(top + bottom) / 2:.0f})"')]
    for number, (name, one) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(x_axis.place(x), y_axis.place(y), y_axis.place(low), y_axis.place(high))
                  for x, y, low, high in sorted(one)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y, low, high in places:
            parts += [line(x, low, x, high, colour),
                      f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>']
        row, column = divmod(number, 2)
        at = bottom + 62 + 18 * row
        parts += [line(left + 340 * column, at - 4, left + 340 * column + 22, at - 4, colour, 2),
                  text(left + 340 * column + 28, at, name)]
    return page(bottom + 62 + 18 * ((len(series) + 1) // 2), parts)


def bars(title, unit, rows):
    """One bar for each (name, user, kernel, low, high), the two parts apart; the line is the spread."""
    left, right, top, step = 230, WIDTH - 110, 62, 28
    longest = max([high for *_, high in rows] + [1e-9])
    scale = (right - left) / longest
    parts = [text(WIDTH / 2, 24, title, 15, "middle"),
             box(left, 38, 12, 10, COLOURS[0]), text(left + 18, 47, "user", 11),
             box(left + 70, 38, 12, 10, COLOURS[0], 0.45), text(left + 88, 47, "kernel", 11),
             text(right, 47, unit, 11, "end")]
    for number, (name, user, kernel, low, high) in enumerate(rows):
        y = top + step * number
        parts += [text(left - 8, y + 14, name, 12, "end"),
                  box(left, y, user * scale, 18, COLOURS[0]),
                  box(left + user * scale, y, kernel * scale, 18, COLOURS[0], 0.45),
                  line(left + low * scale, y + 9, left + high * scale, y + 9, "#222", 1.5),
                  text(left + max(high, user + kernel) * scale + 6, y + 14, nice(user + kernel), 11)]
    return page(top + step * len(rows) + 14, parts)
