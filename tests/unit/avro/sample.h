/**
 * @file
 * Random schemas and, by avro-c, random values of them.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

#include <avro.h>

struct sample {
    uint64_t seed;
    struct lt_buf text;
    unsigned names;    /* named types so far: T0, T1 ... */
    unsigned complete; /* of these, names that are defined to their end */
    bool has_blocks;   /* an array or map is among them: one value, several byte forms */
};

static inline uint64_t sample_draw(struct sample *sample, uint64_t below)
{
    return lt_random_next(&sample->seed) % below;
}

static inline void sample_type(struct sample *sample, int depth);

static inline void sample_fixed(struct sample *sample)
{
    lt_buf_addf(&sample->text, "{\"type\":\"fixed\",\"name\":\"T%u\",\"size\":%u}", sample->names++,
                1 + (unsigned)sample_draw(sample, 20));
    sample->complete = sample->names;
}

static inline void sample_enum(struct sample *sample)
{
    unsigned symbols = 1 + (unsigned)sample_draw(sample, 100);

    lt_buf_addf(&sample->text, "{\"type\":\"enum\",\"name\":\"T%u\",\"symbols\":[",
                sample->names++);
    for (unsigned i = 0; i < symbols; i++)
        lt_buf_addf(&sample->text, "%s\"S%u\"", i ? "," : "", i);
    lt_buf_adds(&sample->text, "]}");
    sample->complete = sample->names;
}

static inline void sample_union(struct sample *sample, int depth)
{
    static const char *const plain[] = {"null",  "boolean", "int",   "long",
                                        "float", "double",  "bytes", "string"};
    unsigned first = (unsigned)sample_draw(sample, LT_COUNT(plain));
    unsigned count = (unsigned)sample_draw(sample, 4);

    /* Half of all: null and one more, as in real schemas. */
    lt_buf_adds(&sample->text, "[");
    if (sample_draw(sample, 2))
        first = count = 0;
    lt_buf_addf(&sample->text, "\"%s\"", plain[first]);
    for (unsigned i = 1; i <= count; i++)
        lt_buf_addf(&sample->text, ",\"%s\"", plain[(first + i) % LT_COUNT(plain)]);
    if (count == 0 || sample_draw(sample, 3) == 0) {
        lt_buf_addc(&sample->text, ',');
        if (depth > 0 && sample_draw(sample, 2)) {
            lt_buf_adds(&sample->text, "{\"type\":\"array\",\"items\":");
            sample_type(sample, depth - 1);
            lt_buf_addc(&sample->text, '}');
            sample->has_blocks = true;
        } else {
            sample_fixed(sample);
        }
    }
    lt_buf_addc(&sample->text, ']');
}

static inline void sample_collection(struct sample *sample, int depth)
{
    bool map = sample_draw(sample, 2);

    sample->has_blocks = true;
    lt_buf_addf(&sample->text, "{\"type\":\"%s\",\"%s\":", map ? "map" : "array",
                map ? "values" : "items");
    sample_type(sample, depth);
    lt_buf_addc(&sample->text, '}');
}

static inline void sample_schema(struct sample *sample, int depth)
{
    unsigned fields = 1 + (unsigned)sample_draw(sample, 9), self = sample->names++;

    lt_buf_addf(&sample->text, "{\"type\":\"record\",\"name\":\"T%u\",\"fields\":[", self);
    for (unsigned i = 0; i < fields; i++) {
        lt_buf_addf(&sample->text, "%s{\"name\":\"f%u\",\"type\":", i ? "," : "", i);
        sample_type(sample, depth);
        lt_buf_addc(&sample->text, '}');
    }
    if (sample_draw(sample, 5) == 0)
        lt_buf_addf(&sample->text, ",{\"name\":\"next\",\"type\":[\"null\",\"T%u\"]}", self);
    lt_buf_adds(&sample->text, "]}");
}

static inline void sample_type(struct sample *sample, int depth)
{
    static const char *const plain[] = {"null",  "boolean", "int",   "long",
                                        "float", "double",  "bytes", "string"};
    uint64_t draw = sample_draw(sample, 20);

    if (draw < 10 || (depth <= 0 && draw > 13)) {
        lt_buf_addf(&sample->text, "\"%s\"", plain[sample_draw(sample, LT_COUNT(plain))]);
    } else if (draw == 10) {
        sample_fixed(sample);
    } else if (draw == 11) {
        sample_enum(sample);
    } else if (draw < 16) {
        sample_union(sample, depth - 1);
    } else if (draw < 18) {
        sample_collection(sample, depth - 1);
    } else {
        sample_schema(sample, depth - 1);
    }
}

static inline void fill_value(uint64_t *seed, avro_value_t *value, int depth);

static inline void fill_number(uint64_t *seed, avro_value_t *value, avro_type_t type)
{
    uint64_t draw = lt_random_next(seed);
    int64_t number = (int64_t)lt_random_next(seed) >> draw % 64;

    if (type == AVRO_INT32)
        avro_value_set_int(value, (int32_t)number);
    else if (type == AVRO_INT64)
        avro_value_set_long(value, number);
    else if (type == AVRO_FLOAT)
        avro_value_set_float(value, (float)number);
    else
        avro_value_set_double(value, (double)number / 3);
}

static inline void fill_bytes(uint64_t *seed, avro_value_t *value, avro_type_t type)
{
    static const char *const texts[] = {"", "a", "Xã Hòa Liên", "\xf0\x9f\x87\xbb", "0123456789"};
    uint64_t draw = lt_random_next(seed);
    char bytes[200];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(draw >> i % 57);
    if (type == AVRO_BYTES) {
        avro_value_set_bytes(value, bytes, draw % sizeof(bytes));
    } else if (type == AVRO_STRING) {
        snprintf(bytes, sizeof(bytes), "%s%s", texts[draw % 5], texts[draw / 5 % 5]);
        avro_value_set_string(value, bytes);
    } else {
        avro_value_set_fixed(value, bytes,
                             (size_t)avro_schema_fixed_size(avro_value_get_schema(value)));
    }
}

static inline void fill_parts(uint64_t *seed, avro_value_t *value, avro_type_t type, int depth)
{
    uint64_t draw = lt_random_next(seed);
    avro_value_t child;
    size_t count = depth > 0 ? draw % 4 : 0;

    if (type == AVRO_RECORD)
        avro_value_get_size(value, &count);
    for (size_t i = 0; i < count; i++) {
        char key[24];

        snprintf(key, sizeof(key), "key%zu", i);
        if (type == AVRO_RECORD)
            avro_value_get_by_index(value, i, &child, NULL);
        else if (type == AVRO_ARRAY)
            avro_value_append(value, &child, NULL);
        else
            avro_value_add(value, key, &child, NULL, NULL);
        fill_value(seed, &child, depth - 1);
    }
}

/* Below depth 0 the first branch is taken, which ends recursion. */
static inline void fill_union(uint64_t *seed, avro_value_t *value, int depth)
{
    size_t branches = avro_schema_union_size(avro_value_get_schema(value));
    uint64_t draw = lt_random_next(seed);
    avro_value_t child;

    avro_value_set_branch(value, depth > 0 ? (int)(draw % branches) : 0, &child);
    fill_value(seed, &child, depth - 1);
}

static inline void fill_value(uint64_t *seed, avro_value_t *value, int depth)
{
    avro_type_t type = avro_value_get_type(value);
    uint64_t draw = lt_random_next(seed);

    switch (type) {
    case AVRO_NULL:
        avro_value_set_null(value);
        return;
    case AVRO_BOOLEAN:
        avro_value_set_boolean(value, (int)(draw % 2));
        return;
    case AVRO_ENUM:
        avro_value_set_enum(value, (int)(draw % (uint64_t)avro_schema_enum_number_of_symbols(
                                                    avro_value_get_schema(value))));
        return;
    case AVRO_INT32:
    case AVRO_INT64:
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        fill_number(seed, value, type);
        return;
    case AVRO_BYTES:
    case AVRO_STRING:
    case AVRO_FIXED:
        fill_bytes(seed, value, type);
        return;
    case AVRO_UNION:
        fill_union(seed, value, depth);
        return;
    default:
        fill_parts(seed, value, type, depth);
    }
}

/** Appends the Avro bytes of a value; false when avro-c cannot write it. */
static inline bool encode_value(avro_value_t *value, struct lt_buf *out)
{
    size_t size = 0;

    if (avro_value_sizeof(value, &size) != 0)
        return false;
    avro_writer_t writer =
        avro_writer_memory((char *)lt_buf_grow(out, size + 1), (int64_t)size + 1);
    bool good = avro_value_write(writer, value) == 0;
    avro_writer_free(writer);
    out->len += good ? size : 0;
    return good;
}
