/*
 * The first byte chooses a schema, the rest is a record of it: refused, or its spans cover it and
 * avro-c reads it to its last byte.
 */
#include "avro/span.h"

#include <avro.h>
#include <stdint.h>
#include <string.h>

#define SPANS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const texts[] = {
    /* a row as the provider writes it */
    "{\"type\":\"record\",\"name\":\"Row\",\"fields\":["
    "{\"name\":\"code\",\"type\":\"string\"},{\"name\":\"level\",\"type\":[\"null\",\"int\"]},"
    "{\"name\":\"area\",\"type\":[\"null\",\"bytes\"]},{\"name\":\"at\",\"type\":\"long\"},"
    "{\"name\":\"active\",\"type\":[\"boolean\",\"null\"]},{\"name\":\"x\",\"type\":\"double\"},"
    "{\"name\":\"note\",\"type\":[\"null\",\"string\"]}]}",
    /* every type, nested */
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"n\",\"type\":\"null\"},{\"name\":\"f\",\"type\":\"float\"},"
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\",\"C\"]}},"
    "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}},"
    "{\"name\":\"u\",\"type\":[\"null\",\"int\",\"string\",{\"type\":\"array\",\"items\":\"E\"}]},"
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":[\"null\",\"long\"]}},"
    "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"S\","
    "\"fields\":[{\"name\":\"k\",\"type\":\"string\"},{\"name\":\"v\",\"type\":[\"bytes\",\"null\"]"
    "}"
    "]}}}]}",
    /* a list, a tree */
    "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
    "{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}",
    "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"sub\",\"type\":"
    "{\"type\":\"array\",\"items\":\"T\"}},{\"name\":\"by\",\"type\":{\"type\":\"map\","
    "\"values\":\"T\"}}]}",
    /* items without bytes */
    "{\"type\":\"record\",\"name\":\"Z\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\","
    "\"items\":\"null\"}},{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":\"null\"}}]}",
};

static struct {
    struct lt_avro_schema *ours;
    avro_value_iface_t *class;
} schemas[LT_COUNT(texts)];

static void load(void)
{
    for (size_t i = 0; i < LT_COUNT(texts); i++) {
        avro_schema_t theirs;

        schemas[i].ours = lt_avro_schema_parse(texts[i], strlen(texts[i]), NULL);
        lt_assert(schemas[i].ours);
        lt_assert(avro_schema_from_json_length(texts[i], strlen(texts[i]), &theirs) == 0);
        schemas[i].class = avro_generic_class_from_schema(theirs);
        avro_schema_decref(theirs);
    }
}

static void
check_spans(const struct lt_avro_schema *schema, const struct lt_span *spans, size_t size)
{
    uint32_t at = 0;

    for (size_t i = 0; i < lt_avro_field_count(schema); i++) {
        lt_assert(spans[i].start == at && spans[i].value >= at);
        at += spans[i].len;
        lt_assert(spans[i].value + spans[i].value_len == at);
        lt_assert(!spans[i].null || spans[i].value_len == 0);
    }
    lt_assert(at == size);
}

static void check_avro_c(avro_value_iface_t *class, const uint8_t *data, size_t size)
{
    avro_reader_t reader = avro_reader_memory((const char *)data, (int64_t)size);
    avro_value_t value;
    size_t again;

    avro_generic_value_new(class, &value);
    lt_assert(avro_value_read(reader, &value) == 0);
    lt_assert(avro_value_sizeof(&value, &again) == 0 && again <= size);
    avro_value_decref(&value);
    avro_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_span spans[SPANS_MAX];
    struct lt_error err = {0};

    if (!schemas[0].ours)
        load();
    if (size == 0)
        return 0;
    size_t choice = *data++ % LT_COUNT(texts);
    struct lt_bytes record = lt_bytes(data, --size);
    int good = lt_avro_walk(schemas[choice].ours, record, spans, &err);
    lt_assert(good == lt_avro_walk(schemas[choice].ours, record, NULL, NULL));
    if (good < 0) {
        lt_assert(err.class == LT_ERR_REJECT);
        return 0;
    }
    check_spans(schemas[choice].ours, spans, size);
    check_avro_c(schemas[choice].class, data, size);
    return 0;
}
