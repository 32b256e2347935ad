"""A value that only out-of-scope fields hold, and the search for it wherever it must not be:
raw segments of every topic but the feeds, logs, core files, command lines and environments of our
programs, and the targets (DX-8)."""

import os

VALUE = "CanaryQ7x29KpLz81"
NEEDLE = VALUE.encode()


def search(world):
    """Where it was found, one text each."""
    found = []
    for path in files(world):
        if in_file(path):
            found.append("canary in " + path)
    for program in world.programs.values():
        found += in_process(program)
    return found + in_targets(world)


def files(world):
    for root, _, names in os.walk(world.directory):
        if root.startswith(world.path("source")) or os.sep + "feed." in root + os.sep:
            continue
        if root.startswith(world.path("target")):
            continue  # searched through SQL and by its files below
        for name in names:
            yield os.path.join(root, name)
    for root, _, names in os.walk(world.path("target", "data")):
        for name in names:
            yield os.path.join(root, name)


def in_file(path):
    """Reads in pieces that overlap, so that no border hides a hit."""
    try:
        with open(path, "rb") as file:
            rest = b""
            while True:
                piece = file.read(1 << 20)
                if not piece:
                    return False
                if NEEDLE in rest + piece:
                    return True
                rest = piece[-len(NEEDLE):]
    except (FileNotFoundError, PermissionError, OSError):
        return False


def in_process(program):
    found = []
    if program.running():
        for name in ("cmdline", "environ"):
            with open("/proc/%d/%s" % (program.process.pid, name), "rb") as file:
                if NEEDLE in file.read():
                    found.append("canary in %s of %s" % (name, program.name))
    return found


def in_targets(world):
    from world import USERS
    found = []
    for database in USERS.values():
        tables = world.clusters["target"].query(
            database, "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname LIKE 'lienthong%'")
        for (table,) in tables:
            hits = world.clusters["target"].query(
                database, "SELECT count(*) FROM %s t WHERE strpos(t::text, %%s) > 0" % table,
                (VALUE,))[0][0]
            if hits:
                found.append("canary in %s of %s" % (table, database))
    return found
