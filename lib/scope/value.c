#include "scope/value.h"

#include <string.h>

#include "avro/span.h"
#include "base/num.h"

static const enum lt_avro_type avro_types[] = {
    [LT_WIRE_INT] = LT_AVRO_INT,         [LT_WIRE_LONG] = LT_AVRO_LONG,
    [LT_WIRE_BOOLEAN] = LT_AVRO_BOOLEAN, [LT_WIRE_FLOAT] = LT_AVRO_FLOAT,
    [LT_WIRE_DOUBLE] = LT_AVRO_DOUBLE,   [LT_WIRE_DECIMAL] = LT_AVRO_BYTES,
    [LT_WIRE_DATE] = LT_AVRO_INT,        [LT_WIRE_TIMESTAMP] = LT_AVRO_LONG,
    [LT_WIRE_LOCAL_TIME] = LT_AVRO_LONG, [LT_WIRE_UUID] = LT_AVRO_STRING,
    [LT_WIRE_BYTES] = LT_AVRO_BYTES,     [LT_WIRE_TEXT] = LT_AVRO_STRING,
};

int scope_field_type(const struct lt_avro_schema *schema,
                     size_t field,
                     struct lt_type *ret,
                     struct lt_error *reterr)
{
    const char *name = lt_avro_field_name(schema, field);
    const char *declared = lt_avro_field_prop(schema, field, "lt.type");
    struct lt_type type;
    if (!declared)
        return lt_fail(reterr, LT_ERR_REJECT, "filter", 0, "field '%s' has no lt.type", name);
    if (lt_type_parse(declared, &type, reterr) < 0)
        return lt_fail_context(reterr, "field '%s'", name);
    if (lt_avro_field_type(schema, field, NULL) != avro_types[type.wire])
        return lt_fail(reterr, LT_ERR_REJECT, "filter", 0,
                       "field '%s': its Avro type is not that of %s", name, type.sql);
    *ret = type;
    return 0;
}

static enum scope_class class_of(const struct lt_type *type)
{
    switch (type->wire) {
    case LT_WIRE_INT:
    case LT_WIRE_LONG:
    case LT_WIRE_BOOLEAN:
    case LT_WIRE_DATE:
    case LT_WIRE_TIMESTAMP:
    case LT_WIRE_LOCAL_TIME:
        return SCOPE_NUMBER;
    case LT_WIRE_DECIMAL:
        return SCOPE_DECIMAL;
    case LT_WIRE_UUID:
        return SCOPE_TEXT;
    case LT_WIRE_TEXT: /* one numeric value has many texts there */
        return strncmp(type->sql, "numeric", strlen("numeric")) == 0 ? SCOPE_NONE : SCOPE_TEXT;
    case LT_WIRE_FLOAT:
    case LT_WIRE_DOUBLE:
    case LT_WIRE_BYTES:
        return SCOPE_NONE;
    }
    return SCOPE_NONE;
}

static bool is_blank_padded(const struct lt_type *type)
{
    return strncmp(type->sql, "character(", strlen("character(")) == 0 &&
           type->sql[strlen(type->sql) - 1] == ')';
}

void scope_column_set_type(struct scope_column *column, const struct lt_type *type)
{
    column->type = *type;
    column->class = class_of(type);
    column->trim = is_blank_padded(type);
    column->order = (column->class == SCOPE_NUMBER && type->wire != LT_WIRE_BOOLEAN) ||
                    column->class == SCOPE_DECIMAL;
}

static struct lt_bytes trim_blanks(struct lt_bytes text)
{
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}

int scope_value_read(const struct scope_column *column,
                     struct lt_bytes avro,
                     struct scope_value *ret)
{
    *ret = (struct scope_value){0};
    if (column->type.wire == LT_WIRE_BOOLEAN) {
        if (avro.len != 1)
            return -1;
        ret->number = avro.data[0];
        return 0;
    }
    if (column->class == SCOPE_NUMBER)
        return lt_avro_get_long(avro, &ret->number);
    if (lt_avro_get_bytes(avro, &ret->bytes) < 0)
        return -1;
    if (column->trim)
        ret->bytes = trim_blanks(ret->bytes);
    return column->class == SCOPE_DECIMAL && ret->bytes.len == 0 ? -1 : 0;
}

/* Without leading bytes that only repeat the sign. */
static struct lt_bytes shortest(struct lt_bytes number)
{
    while (number.len > 1 && number.data[0] == (number.data[1] & 0x80 ? 0xff : 0x00)) {
        number.data++;
        number.len--;
    }
    return number;
}

/* Two's complement of any length: signs first, then length, then bytes. */
static int compare_decimals(struct lt_bytes a, struct lt_bytes b)
{
    a = shortest(a);
    b = shortest(b);
    int sign_a = a.data[0] & 0x80 ? -1 : 1, sign_b = b.data[0] & 0x80 ? -1 : 1;
    if (sign_a != sign_b)
        return sign_a;
    if (a.len != b.len)
        return a.len > b.len ? sign_a : -sign_a;
    return memcmp(a.data, b.data, a.len);
}

int scope_value_compare(enum scope_class class, struct scope_value a, struct scope_value b)
{
    if (class == SCOPE_NUMBER)
        return (a.number > b.number) - (a.number < b.number);
    if (class == SCOPE_DECIMAL)
        return compare_decimals(a.bytes, b.bytes);
    return lt_bytes_compare(a.bytes, b.bytes);
}

struct lt_bytes scope_value_bytes(enum scope_class class, struct scope_value value, uint8_t buf[8])
{
    if (class == SCOPE_DECIMAL)
        return shortest(value.bytes);
    if (class == SCOPE_TEXT)
        return value.bytes;
    lt_put_u64be(buf, (uint64_t)value.number);
    return lt_bytes(buf, 8);
}
