/* Declared types: PostgreSQL's names and their aliases, with their modifiers, to one struct.  The
 * normalised name is what format_type() prints, so that a declaration can be compared with the
 * catalogue. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "change/type_priv.h"

/* What may stand in parentheses. */
enum modifier {
    MOD_NONE,
    MOD_LENGTH,        /* varchar(n) */
    MOD_LENGTH_OR_ONE, /* char(n), bit(n): 1 when absent */
    MOD_NUMERIC,       /* numeric(p), numeric(p,s) */
    MOD_SECONDS,       /* timestamp(0..6) */
    MOD_FLOAT,         /* float(1..53) */
};

struct name {
    const char *sql; /* as format_type() prints it; a zone follows the modifier there */
    enum lt_wire wire;
    enum modifier modifier;
    bool key_ok;
    const char *aliases[4];
};

#define TEXT(name, ...)                                                 \
    {                                                                   \
        .sql = (name), .wire = LT_WIRE_TEXT, .aliases = { __VA_ARGS__ } \
    }

static const struct name names[] = {
    {"smallint", LT_WIRE_INT, MOD_NONE, true, {"int2"}},
    {"integer", LT_WIRE_INT, MOD_NONE, true, {"int", "int4"}},
    {"bigint", LT_WIRE_LONG, MOD_NONE, true, {"int8"}},
    {"boolean", LT_WIRE_BOOLEAN, MOD_NONE, false, {"bool"}},
    {"real", LT_WIRE_FLOAT, MOD_NONE, false, {"float4"}},
    {"double precision", LT_WIRE_DOUBLE, MOD_NONE, false, {"float8"}},
    {"float", LT_WIRE_DOUBLE, MOD_FLOAT, false, {NULL}},
    {"numeric", LT_WIRE_TEXT, MOD_NUMERIC, true, {"decimal", "dec"}},
    {"date", LT_WIRE_DATE, MOD_NONE, true, {NULL}},
    {"timestamp with time zone", LT_WIRE_TIMESTAMP, MOD_SECONDS, false, {"timestamptz"}},
    {"timestamp without time zone", LT_WIRE_LOCAL_TIME, MOD_SECONDS, false, {"timestamp"}},
    {"time with time zone", LT_WIRE_TEXT, MOD_SECONDS, false, {"timetz"}},
    {"time without time zone", LT_WIRE_TEXT, MOD_SECONDS, false, {"time"}},
    {"interval", LT_WIRE_TEXT, MOD_SECONDS, false, {NULL}},
    {"uuid", LT_WIRE_UUID, MOD_NONE, true, {NULL}},
    {"bytea", LT_WIRE_BYTES, MOD_NONE, false, {NULL}},
    {"text", LT_WIRE_TEXT, MOD_NONE, true, {NULL}},
    {"character varying", LT_WIRE_TEXT, MOD_LENGTH, true, {"varchar", "char varying"}},
    {"character", LT_WIRE_TEXT, MOD_LENGTH_OR_ONE, false, {"char"}},
    {"bit", LT_WIRE_TEXT, MOD_LENGTH_OR_ONE, false, {NULL}},
    {"bit varying", LT_WIRE_TEXT, MOD_LENGTH, false, {"varbit"}},
    TEXT("bpchar"),
    TEXT("citext"),
    TEXT("json"),
    TEXT("jsonb"),
    TEXT("jsonpath"),
    TEXT("xml"),
    TEXT("hstore"),
    TEXT("ltree"),
    TEXT("inet"),
    TEXT("cidr"),
    TEXT("macaddr"),
    TEXT("macaddr8"),
    TEXT("oid"),
    TEXT("pg_lsn"),
    TEXT("tsvector"),
    TEXT("tsquery"),
    TEXT("point"),
    TEXT("line"),
    TEXT("lseg"),
    TEXT("box"),
    TEXT("path"),
    TEXT("polygon"),
    TEXT("circle"),
    TEXT("int4range"),
    TEXT("int8range"),
    TEXT("numrange"),
    TEXT("tsrange"),
    TEXT("tstzrange"),
    TEXT("daterange"),
    TEXT("int4multirange"),
    TEXT("int8multirange"),
    TEXT("nummultirange"),
    TEXT("tsmultirange"),
    TEXT("tstzmultirange"),
    TEXT("datemultirange"),
};

/* A declaration taken apart: "timestamp(3) with time zone[]". */
struct parts {
    char name[48]; /* lower case, single blanks, the words after the modifier included */
    bool tail;     /* there are such words */
    int64_t numbers[2];
    int count;
    bool array;
};

static const char *skip_blanks(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

/* Appends words of [a-z0-9_] to the name; returns where they end, NULL when there is no room. */
static const char *take_words(const char *at, char name[48])
{
    size_t len = strlen(name);
    for (at = skip_blanks(at); isalnum((unsigned char)*at) || *at == '_'; at = skip_blanks(at)) {
        if (len > 0 && len + 1 < 48)
            name[len++] = ' ';
        for (; isalnum((unsigned char)*at) || *at == '_'; at++) {
            if (len + 1 >= 48)
                return NULL;
            name[len++] = (char)tolower((unsigned char)*at);
        }
    }
    name[len] = '\0';
    return at;
}

static const char *take_number(const char *at, int64_t *ret)
{
    at = skip_blanks(at);
    size_t len = (size_t)(*at == '-');
    len += strspn(at + len, "0123456789");
    if (lt_parse_i64(at, len, ret) < 0)
        return NULL;
    return skip_blanks(at + len);
}

static const char *take_modifier(const char *at, struct parts *parts)
{
    if (*at != '(')
        return at;
    do {
        if (parts->count == 2)
            return NULL;
        at = take_number(at + 1, &parts->numbers[parts->count++]);
    } while (at && *at == ',');
    return at && *at == ')' ? at + 1 : NULL;
}

static const char *take_array(const char *at, struct parts *parts)
{
    for (at = skip_blanks(at); *at == '['; at = skip_blanks(at)) {
        at++;
        at += strspn(at, "0123456789");
        if (*at++ != ']')
            return NULL;
        parts->array = true;
    }
    return at;
}

static int take_apart(const char *text, struct parts *parts)
{
    *parts = (struct parts){0};
    const char *at = take_words(text, parts->name);
    if (!at || parts->name[0] == '\0')
        return -1;
    at = take_modifier(at, parts);
    size_t head = strlen(parts->name);
    at = at ? take_words(at, parts->name) : NULL;
    parts->tail = parts->count > 0 && strlen(parts->name) > head;
    at = at ? take_array(at, parts) : NULL;
    return at && *at == '\0' ? 0 : -1;
}

static const struct name *find_name(const char *text)
{
    for (size_t i = 0; i < LT_COUNT(names); i++) {
        if (strcmp(names[i].sql, text) == 0)
            return &names[i];
        for (size_t j = 0; j < LT_COUNT(names[i].aliases) && names[i].aliases[j]; j++)
            if (strcmp(names[i].aliases[j], text) == 0)
                return &names[i];
    }
    return NULL;
}

static bool in_range(const struct parts *parts, int64_t min, int64_t max)
{
    return parts->count == 1 && parts->numbers[0] >= min && parts->numbers[0] <= max;
}

/* numeric(p,s): a decimal where 0 <= s <= p, text otherwise. */
static bool set_numeric(struct parts *parts, struct lt_type *type)
{
    if (parts->count == 0)
        return true;
    int64_t precision = parts->numbers[0], scale = parts->count == 2 ? parts->numbers[1] : 0;
    if (precision < 1 || precision > 1000 || scale < -1000 || scale > 1000)
        return false;
    if (scale >= 0 && scale <= precision) {
        type->wire = LT_WIRE_DECIMAL;
        type->precision = (int)precision;
        type->scale = (int)scale;
    }
    parts->numbers[1] = scale;
    parts->count = 2;
    return true;
}

/* Checks the numbers in parentheses and fills in what PostgreSQL would; false: not allowed. */
static bool set_modifier(const struct name *name, struct parts *parts, struct lt_type *type)
{
    if (parts->tail && name->modifier != MOD_SECONDS)
        return false;
    switch (name->modifier) {
    case MOD_NONE:
        return parts->count == 0;
    case MOD_LENGTH_OR_ONE:
        if (parts->count == 0)
            parts->numbers[parts->count++] = 1;
        return in_range(parts, 1, 10485760);
    case MOD_LENGTH:
        return parts->count == 0 || in_range(parts, 1, 10485760);
    case MOD_SECONDS:
        return parts->count == 0 || in_range(parts, 0, 6);
    case MOD_NUMERIC:
        return set_numeric(parts, type);
    case MOD_FLOAT:
        if (parts->count > 0 && !in_range(parts, 1, 53))
            return false;
        type->wire = in_range(parts, 1, 24) ? LT_WIRE_FLOAT : LT_WIRE_DOUBLE;
        return true;
    }
    return false;
}

static void set_sql(const struct name *name, const struct parts *parts, struct lt_type *type)
{
    struct lt_buf sql = {0};
    if (name->modifier == MOD_FLOAT) {
        lt_buf_adds(&sql, type->wire == LT_WIRE_FLOAT ? "real" : "double precision");
    } else if (parts->count == 0) {
        lt_buf_adds(&sql, name->sql);
    } else {
        int head =
            name->modifier == MOD_SECONDS ? (int)strcspn(name->sql, " ") : (int)strlen(name->sql);
        lt_buf_addf(&sql, "%.*s(%d", head, name->sql, (int)parts->numbers[0]);
        if (parts->count == 2)
            lt_buf_addf(&sql, ",%d", (int)parts->numbers[1]);
        lt_buf_addf(&sql, ")%s", name->sql + head);
    }
    lt_buf_adds(&sql, parts->array ? "[]" : "");
    lt_assert(sql.len < sizeof type->sql);
    snprintf(type->sql, sizeof type->sql, "%s", lt_buf_text(&sql));
    lt_buf_fini(&sql);
}

static int unknown(const char *text, struct lt_error *reterr)
{
    if (strncmp(text, "money", 5) == 0)
        return lt_value_reject(reterr,
                               "type 'money' depends on a locale; use numeric(p,s) at the source");
    return lt_value_reject(
        reterr, "unknown type '%.60s' (outside the key any column may be declared as text)", text);
}

int lt_type_parse(const char *text, struct lt_type *ret, struct lt_error *reterr)
{
    struct parts parts;
    struct lt_type type = {0};
    if (take_apart(text, &parts) < 0)
        return lt_value_reject(reterr, "malformed type '%.60s'", text);
    const struct name *name = find_name(parts.name);
    if (!name)
        return unknown(text, reterr);
    type.wire = name->wire;
    type.key_ok = name->key_ok && !parts.array;
    if (!set_modifier(name, &parts, &type))
        return lt_value_reject(reterr, "type '%.60s': modifier not allowed or out of range", text);
    set_sql(name, &parts, &type);
    if (parts.array) {
        type.wire = LT_WIRE_TEXT;
        type.precision = type.scale = 0;
    }
    *ret = type;
    return 0;
}

bool lt_type_is_numeric(const struct lt_type *type)
{
    return type->wire == LT_WIRE_DECIMAL ||
           (type->key_ok && strncmp(type->sql, "numeric", strlen("numeric")) == 0);
}

void lt_type_avro(const struct lt_type *type, struct lt_buf *json)
{
    static const char *const texts[] = {
        [LT_WIRE_INT] = "\"int\"",
        [LT_WIRE_LONG] = "\"long\"",
        [LT_WIRE_BOOLEAN] = "\"boolean\"",
        [LT_WIRE_FLOAT] = "\"float\"",
        [LT_WIRE_DOUBLE] = "\"double\"",
        [LT_WIRE_DATE] = "{\"type\":\"int\",\"logicalType\":\"date\"}",
        [LT_WIRE_TIMESTAMP] = "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
        [LT_WIRE_LOCAL_TIME] = "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}",
        [LT_WIRE_UUID] = "{\"type\":\"string\",\"logicalType\":\"uuid\"}",
        [LT_WIRE_BYTES] = "\"bytes\"",
        [LT_WIRE_TEXT] = "\"string\"",
    };
    if (type->wire == LT_WIRE_DECIMAL)
        lt_buf_addf(
            json, "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":%d,\"scale\":%d}",
            type->precision, type->scale);
    else
        lt_buf_adds(json, texts[type->wire]);
}
