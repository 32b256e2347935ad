"""The backlogs that every system works off, on the same rows."""

import sample

UPDATED = 100  # rows a transaction


class Work:
    """One kind of backlog: the statement that makes it, and how its end looks in the copy."""

    def __init__(self, name, statement, end):
        self.name, self.statement, self.end = name, statement, end


def updates(first, rows):
    return ("DO $$ BEGIN FOR k IN %d..%d BY %d LOOP UPDATE public.bench SET total = total + 1,"
            " name = name || '!' WHERE id BETWEEN k AND least(k + %d, %d); COMMIT; END LOOP; END $$"
            % (first, first + rows - 1, UPDATED, UPDATED - 1, first + rows - 1))


def one_row(first, rows):
    return sample.one_by_one(first, first + rows - 1)


def big_insert(first, rows):
    return "INSERT INTO public.bench " + sample.rows(first + rows, first + 2 * rows - 1)


WORKS = (
    Work("one-row transactions", one_row, lambda first, rows: "id = %d" % (first + rows - 1)),
    Work("updates, 100 a transaction", updates,
         lambda first, rows: "id = %d AND name LIKE '%%!'" % (first + rows - 1)),
    Work("one big insert", big_insert, lambda first, rows: "id = %d" % (first + 2 * rows - 1)),
)
ROWS_A_ROUND = 2  # times the rows of a backlog: what a round leaves in the table
