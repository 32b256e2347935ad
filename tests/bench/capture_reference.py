"""What capture must make of pgo_feed.c's replication stream, computed a second time and slowly,
with the encoding of reference.py."""

from reference import Chain, key_of, value_of


def row(i, version, padding):
    """Row i as PostgreSQL's texts."""
    amount = i * 7 % 100000000
    address = None
    if i % 17 > 0:
        address = "Số %d, đường Lê Lợi, phường Bến Nghé" % (i % 1000) + "x" * padding
    changed = "2026-11-%02d %02d:%02d:%02d.%03d+00" % (
        i // 86400000 % 28 + 1, i // 3600000 % 24, i // 60000 % 60, i // 1000 % 60, i % 1000)
    return (str(i), str(i * 7919 % 1000), "%d.%04d" % (amount // 10000, amount % 10000), changed,
            "Nguyễn Thị Hồng %d" % (i % 100000), address, "true" if i % 3 == 0 else "false",
            str(i * 1000003 + version))


def digest(rows, tables, padding):
    """Over (key, value, op) of all records in the order of the stream."""
    chain = Chain()
    for i in range(rows):
        values = row(i, 1, padding)
        chain.add(key_of(values), value_of(values),
                  b"insert" if i // tables % 2 == 0 else b"update")
    return chain.hex()
