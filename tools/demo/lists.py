"""The lists of administrative units before and after the reform of 1 July 2025, and the reform
as ordinary transactions in the provider's database."""

import csv
import os

DATA = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "data",
                    "administrative-units")

SCHEMA = """
CREATE TABLE public.provinces (
    code varchar(20) PRIMARY KEY,
    name varchar(255) NOT NULL,
    name_en varchar(255),
    full_name varchar(255) NOT NULL,
    full_name_en varchar(255),
    code_name varchar(255),
    administrative_unit_id integer,
    administrative_region_id integer);
CREATE TABLE public.wards (
    code varchar(20) PRIMARY KEY,
    name varchar(255) NOT NULL,
    name_en varchar(255),
    full_name varchar(255),
    full_name_en varchar(255),
    code_name varchar(255),
    province_code varchar(20),
    administrative_unit_id integer);
"""
COLUMNS = {
    "provinces": ["code", "name", "name_en", "full_name", "full_name_en", "code_name",
                  "administrative_unit_id", "administrative_region_id"],
    "wards": ["code", "name", "name_en", "full_name", "full_name_en", "code_name",
              "province_code", "administrative_unit_id"],
}


def read(state, table):
    """Rows of one list by code; an empty field is None."""
    with open(os.path.join(DATA, state, table + ".csv"), encoding="utf-8", newline="") as file:
        return {row["code"]: {k: v or None for k, v in row.items()}
                for row in csv.DictReader(file)}


def before():
    """(provinces, wards) of 2025-06; a ward gets its province through its district."""
    districts = read("2025-06", "districts")
    wards = read("2025-06", "wards")
    for ward in wards.values():
        ward["province_code"] = districts[ward.pop("district_code")]["province_code"]
    return read("2025-06", "provinces"), wards


def after():
    """(provinces, wards) of 2026-07; the new lists have no regions any more."""
    provinces = read("2026-07", "provinces")
    for province in provinces.values():
        province["administrative_region_id"] = None
    return provinces, read("2026-07", "wards")


def insert(cursor, table, rows):
    columns = COLUMNS[table]
    cursor.executemany(
        "INSERT INTO public.%s (%s) VALUES (%s)"
        % (table, ", ".join(columns), ", ".join(["%s"] * len(columns))),
        [[row[c] for c in columns] for row in rows])


def update(cursor, table, rows):
    columns = COLUMNS[table][1:]
    cursor.executemany(
        "UPDATE public.%s SET %s WHERE code = %%s"
        % (table, ", ".join(c + " = %s" for c in columns)),
        [[row[c] for c in columns] + [row["code"]] for row in rows])


def delete(cursor, table, codes):
    cursor.execute("DELETE FROM public.%s WHERE code = ANY(%%s)" % table, [list(codes)])


def heir(code, old_wards, new_wards, new_provinces):
    """The new province of an old one: itself, or where most of its wards went."""
    if code in new_provinces:
        return code
    went = [new_wards[w]["province_code"] for w, row in old_wards.items()
            if row["province_code"] == code and w in new_wards]
    return max(sorted(set(went)), key=went.count)


class Step:
    """One transaction of the reform: a new province, its own row and all its wards."""

    def __init__(self, province):
        self.province = province
        self.inserts, self.updates, self.deletes, self.gone = [], [], [], []

    def run(self, cursor, old_provinces):
        delete(cursor, "wards", self.deletes)
        update(cursor, "wards", self.updates)
        insert(cursor, "wards", self.inserts)
        write = update if self.province["code"] in old_provinces else insert
        write(cursor, "provinces", [self.province])
        delete(cursor, "provinces", self.gone)


def reform():
    """The steps from `before` to `after`, one for each of the 34 provinces, in order of code."""
    old_provinces, old_wards = before()
    new_provinces, new_wards = after()
    steps = {code: Step(row) for code, row in new_provinces.items()}
    heirs = {code: heir(code, old_wards, new_wards, new_provinces) for code in old_provinces}
    for code, row in new_wards.items():
        step = steps[row["province_code"]]
        (step.updates if code in old_wards else step.inserts).append(row)
    for code, row in old_wards.items():
        if code not in new_wards:
            steps[heirs[row["province_code"]]].deletes.append(code)
    for code in old_provinces:
        if code not in new_provinces:
            steps[heirs[code]].gone.append(code)
    return [steps[code] for code in sorted(steps)]


def facts():
    """What the reform does to the list of wards, counted from the files alone."""
    _, old = before()
    _, new = after()
    both = set(old) & set(new)
    moved = sorted(c for c in both if old[c]["province_code"] != new[c]["province_code"])
    return {
        "inserted": len(set(new) - set(old)),
        "deleted": len(set(old) - set(new)),
        "updated": len(both),
        "moved": len(moved),
        "quang_nam_to_da_nang": [new[c] for c in moved if old[c]["province_code"] == "49"
                                 and new[c]["province_code"] == "48"],
    }
