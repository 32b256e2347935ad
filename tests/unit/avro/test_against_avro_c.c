/*
 * lib/avro against avro-c, on random schemas and values: what avro-c writes is walked, cut into the
 * same fields and projected to the same bytes; what the walk lets pass, avro-c reads whole.  The
 * seed of a failing round is printed; LT_SEED and LT_ROUNDS choose others.
 */
#include "avro/span.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cm.h"
#include "unit/avro/sample.h"

#define FIELDS_MAX 16

struct both {
    struct sample sample;
    struct lt_avro_schema *ours;
    avro_schema_t theirs;
    avro_value_iface_t *class;
    uint64_t seed; /* of this round */
};

static uint64_t setting(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : fallback;
}

static void check(bool good, const struct both *both, const char *what)
{
    if (!good)
        fail_msg("seed %llu: %s: %.*s", (unsigned long long)both->seed, what,
                 (int)both->sample.text.len, (const char *)both->sample.text.data);
}

static void both_start(struct both *both, uint64_t seed)
{
    struct lt_error err = {0};

    *both = (struct both){.seed = seed, .sample = {.seed = seed}};
    sample_schema(&both->sample, 3);
    const char *text = lt_buf_text(&both->sample.text);
    both->ours = lt_avro_schema_parse(text, both->sample.text.len, &err);
    check(both->ours != NULL, both, err.msg);
    check(avro_schema_from_json_length(text, both->sample.text.len, &both->theirs) == 0, both,
          avro_strerror());
    both->class = avro_generic_class_from_schema(both->theirs);
}

static void both_end(struct both *both)
{
    avro_value_iface_decref(both->class);
    avro_schema_decref(both->theirs);
    lt_avro_schema_unref(both->ours);
    lt_buf_fini(&both->sample.text);
}

static void random_value(struct both *both, avro_value_t *value, struct lt_buf *bytes)
{
    avro_generic_value_new(both->class, value);
    fill_value(&both->sample.seed, value, 5);
    lt_buf_clear(bytes);
    encode_value(value, bytes);
}

typedef void round_fn(struct both *both);

static void each_round(round_fn *round, uint64_t rounds)
{
    uint64_t first = setting("LT_SEED", 1), count = setting("LT_ROUNDS", rounds);

    for (uint64_t seed = first; seed < first + count; seed++) {
        struct both both;

        both_start(&both, seed * 7919);
        round(&both);
        both_end(&both);
    }
}

static void check_fields(struct both *both, avro_value_t *value, struct lt_bytes bytes)
{
    struct lt_span spans[FIELDS_MAX];
    struct lt_error err = {0};
    uint32_t at = 0;

    check(lt_avro_walk(both->ours, bytes, spans, &err) == 0, both, err.msg);
    for (size_t i = 0; i < lt_avro_field_count(both->ours); i++) {
        struct lt_buf field = {0};
        avro_value_t child;

        avro_value_get_by_index(value, i, &child, NULL);
        check(encode_value(&child, &field), both, avro_strerror());
        check(spans[i].start == at && spans[i].len == field.len &&
                  (field.len == 0 || memcmp(bytes.data + at, field.data, field.len) == 0),
              both, "a span is not its field");
        check(spans[i].value >= at && spans[i].value + spans[i].value_len == at + spans[i].len,
              both, "a value is not inside its field");
        at += spans[i].len;
        lt_buf_fini(&field);
    }
    check(at == bytes.len, both, "spans do not cover the record");
}

static void spans_round(struct both *both)
{
    struct lt_buf bytes = {0};
    avro_value_t value;

    for (int i = 0; i < 8; i++) {
        random_value(both, &value, &bytes);
        check_fields(both, &value, lt_buf_bytes(&bytes));
        check(lt_avro_walk(both->ours, lt_buf_bytes(&bytes), NULL, NULL) == 0, both,
              "refused without spans");
        avro_value_decref(&value);
    }
    lt_buf_fini(&bytes);
}

static void cuts_records_into_the_same_fields(void **state)
{
    (void)state;
    each_round(spans_round, 1000);
}

/* Whatever the walk lets pass must be read by avro-c to its last byte. */
static void check_reads(struct both *both, struct lt_bytes bytes)
{
    struct lt_buf again = {0};
    avro_value_t value;
    avro_reader_t reader = avro_reader_memory((const char *)bytes.data, (int64_t)bytes.len);

    avro_generic_value_new(both->class, &value);
    check(avro_value_read(reader, &value) == 0, both, avro_strerror());
    check(encode_value(&value, &again), both, avro_strerror());
    if (both->sample.has_blocks)
        check(again.len <= bytes.len, both, "avro-c read something else");
    else
        check(lt_bytes_equal(lt_buf_bytes(&again), bytes), both, "one value, two byte forms");
    avro_value_decref(&value);
    avro_reader_free(reader);
    lt_buf_fini(&again);
}

static void damage(struct both *both, struct lt_buf *bytes)
{
    if (bytes->len == 0)
        return;
    for (uint64_t i = 0; i <= sample_draw(&both->sample, 3); i++)
        bytes->data[sample_draw(&both->sample, bytes->len)] ^=
            (uint8_t)(1u << sample_draw(&both->sample, 8));
    if (sample_draw(&both->sample, 4) == 0)
        bytes->len = sample_draw(&both->sample, bytes->len);
}

static unsigned damaged_passed;

static void damaged_round(struct both *both)
{
    struct lt_buf bytes = {0};
    struct lt_span spans[FIELDS_MAX];
    avro_value_t value;

    for (int i = 0; i < 30; i++) {
        random_value(both, &value, &bytes);
        avro_value_decref(&value);
        damage(both, &bytes);
        /* A copy of its own, so that reading beyond the end is found. */
        LT_CLEANUP(lt_freep) uint8_t *copy = lt_alloc(LT_MAX(bytes.len, (size_t)1));
        if (bytes.len)
            memcpy(copy, bytes.data, bytes.len);
        int plain = lt_avro_walk(both->ours, lt_bytes(copy, bytes.len), NULL, NULL);
        int spanned = lt_avro_walk(both->ours, lt_bytes(copy, bytes.len), spans, NULL);
        check(plain == spanned, both, "with and without spans differ");
        if (plain == 0) {
            check_reads(both, lt_bytes(copy, bytes.len));
            damaged_passed++;
        }
    }
    lt_buf_fini(&bytes);
}

static void lets_pass_only_what_avro_c_reads(void **state)
{
    (void)state;
    damaged_passed = 0;
    each_round(damaged_round, 1000);
    assert_true(damaged_passed >= setting("LT_ROUNDS", 1000));
}

/* Reads `bytes` through avro-c's resolver into the projected schema and writes them again; false
 * when avro-c cannot: its resolver leaves a union without branch when that is an empty array. */
static bool
project_by_avro_c(struct both *both, struct lt_bytes bytes, struct lt_buf *text, struct lt_buf *out)
{
    avro_schema_t schema;
    avro_value_t value, resolved;

    check(avro_schema_from_json_length(lt_buf_text(text), text->len, &schema) == 0, both,
          avro_strerror());
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_value_iface_t *resolver = avro_resolved_writer_new(both->theirs, schema);
    check(resolver != NULL, both, avro_strerror());
    avro_generic_value_new(class, &value);
    avro_resolved_writer_new_value(resolver, &resolved);
    avro_resolved_writer_set_dest(&resolved, &value);
    avro_reader_t reader = avro_reader_memory((const char *)bytes.data, (int64_t)bytes.len);
    check(avro_value_read(reader, &resolved) == 0, both, avro_strerror());
    bool good = encode_value(&value, out);
    avro_reader_free(reader);
    avro_value_decref(&resolved);
    avro_value_decref(&value);
    avro_value_iface_decref(resolver);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    return good;
}

static unsigned projections_compared;

static void
check_projection(struct both *both, struct lt_bytes bytes, const char *const *fields, size_t count)
{
    struct lt_buf text = {0}, ours = {0}, theirs = {0};
    struct lt_span spans[FIELDS_MAX];
    struct lt_error err = {0};
    LT_CLEANUP(lt_projection_freep)
    struct lt_projection *projection = lt_projection_new(both->ours, fields, count, &err);

    check(projection && lt_avro_schema_project(both->ours, fields, count, &text, &err) == 0, both,
          err.msg);
    check(lt_avro_walk(both->ours, bytes, spans, NULL) == 0, both, "refused");
    lt_project(projection, bytes, spans, &ours);
    if (project_by_avro_c(both, bytes, &text, &theirs)) {
        check(lt_bytes_equal(lt_buf_bytes(&ours), lt_buf_bytes(&theirs)), both,
              "projections differ");
        projections_compared++;
    }
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *reader = lt_avro_schema_parse(lt_buf_text(&text), text.len, &err);
    check(reader && lt_avro_walk(reader, lt_buf_bytes(&ours), NULL, &err) == 0, both, err.msg);
    check(lt_avro_schema_can_read(reader, both->ours, &err) == 0, both, err.msg);
    lt_buf_fini(&text);
    lt_buf_fini(&ours);
    lt_buf_fini(&theirs);
}

static void projection_round(struct both *both)
{
    struct lt_buf bytes = {0};
    avro_value_t value;

    for (int i = 0; i < 4; i++) {
        const char *fields[FIELDS_MAX];
        size_t count = 0;

        for (size_t f = 0; f < lt_avro_field_count(both->ours); f++) {
            const char *name = lt_avro_field_name(both->ours, f);

            if (strcmp(name, "next") != 0 && (f == 0 || sample_draw(&both->sample, 2)))
                fields[count++] = name;
        }
        random_value(both, &value, &bytes);
        check_projection(both, lt_buf_bytes(&bytes), fields, count);
        avro_value_decref(&value);
    }
    lt_buf_fini(&bytes);
}

static void projects_to_the_same_bytes(void **state)
{
    (void)state;
    projections_compared = 0;
    each_round(projection_round, 500);
    assert_true(projections_compared >= 2 * setting("LT_ROUNDS", 500));
}

static void canonical_round(struct both *both)
{
    struct lt_buf first = {0}, second = {0};
    struct lt_error err = {0};
    avro_schema_t theirs;

    lt_avro_schema_canonical(both->ours, &first);
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *again = lt_avro_schema_parse(lt_buf_text(&first), first.len, &err);
    check(again != NULL, both, err.msg);
    lt_avro_schema_canonical(again, &second);
    check(lt_bytes_equal(lt_buf_bytes(&first), lt_buf_bytes(&second)), both, "no fixed point");
    check(avro_schema_from_json_length(lt_buf_text(&first), first.len, &theirs) == 0, both,
          avro_strerror());
    check(avro_schema_equal(both->theirs, theirs), both, "another schema for avro-c");
    check(lt_avro_schema_can_read(both->ours, again, &err) == 0, both, err.msg);
    avro_schema_decref(theirs);
    lt_buf_fini(&first);
    lt_buf_fini(&second);
}

static void keeps_the_schema_in_canonical_form(void **state)
{
    (void)state;
    each_round(canonical_round, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_records_into_the_same_fields),
        cmocka_unit_test(lets_pass_only_what_avro_c_reads),
        cmocka_unit_test(projects_to_the_same_bytes),
        cmocka_unit_test(keeps_the_schema_in_canonical_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
