"""What a person sees while the demo runs: a live board in a terminal, plain lines elsewhere."""

import shutil
import sys
import time
import unicodedata

BOLD, DIM, GREEN, YELLOW, RED, PLAIN = (
    "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m", "\033[0m")


def width(text):
    """Columns that the text takes; combining marks take none."""
    return sum(0 if unicodedata.combining(c) else 1 for c in text)


def pad(text, columns):
    return text + " " * max(0, columns - width(text))


class Board:
    """Lines of the story above, the state of every copy below."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.live = out.isatty()
        self.started = time.monotonic()
        self.drawn = 0
        self.copies = []

    def elapsed(self):
        return time.monotonic() - self.started

    def say(self, text, article=""):
        """One line of the story; the article of the decree it carries out stands behind it."""
        self.erase()
        mark = "[%5.1f s] " % self.elapsed()
        law = ("  (%s)" % article) if article else ""
        if self.live:
            self.out.write("%s%s%s%s%s%s%s\n" % (DIM, mark, PLAIN, text, DIM, law, PLAIN))
        else:
            self.out.write(mark + text + law + "\n")
        self.draw()

    def title(self, text):
        self.erase()
        self.out.write("\n%s%s%s\n" % (BOLD if self.live else "", text,
                                       PLAIN if self.live else ""))
        self.draw()

    def show(self, copies):
        """copies: (what, state, rows, stamp age in s or None, remark)"""
        self.copies = copies
        self.erase()
        self.draw()

    def erase(self):
        if self.live and self.drawn:
            self.out.write("\033[%dA\033[J" % self.drawn)
        self.drawn = 0

    def draw(self):
        if self.live and self.copies:
            columns = shutil.get_terminal_size().columns
            lines = [self.line(copy)[:columns + 20] for copy in self.copies]
            self.out.write("\n" + "\n".join(lines) + "\n")
            self.drawn = len(lines) + 1
        self.out.flush()

    @staticmethod
    def line(copy):
        what, state, rows, age, remark = copy
        colour = {"LIVE": GREEN, "HELD": RED}.get(state, YELLOW)
        stamp = "no stamp yet" if age is None else "synchronised %.1f s ago" % age
        return "  %s %s%s%s %6s rows  %s  %s%s%s" % (
            pad(what, 34), colour, pad(state, 6), PLAIN, "-" if rows is None else rows,
            pad(stamp, 24), DIM, remark, PLAIN)
