#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "steward/declare.h"
#include "support/cm.h"

#define DAY (86400 * LT_SECOND)

static struct lt_arena *arena;
static struct lt_fault fault;
static struct lt_error err;

static int setup(void **state)
{
    (void)state;
    arena = lt_arena_new(4096);
    fault = (struct lt_fault){0};
    err = (struct lt_error){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    lt_arena_free(arena);
    return 0;
}

static int read_text(const char *text, struct lt_declaration *ret)
{
    const struct lt_reading reading = {.arena = arena, .fault = &fault, .err = &err};
    return lt_declaration_read(&reading, "x.json", text, strlen(text), 7 * DAY, ret);
}

/* A whole service with one member replaced: "name": value. */
static const char *const service_members[][2] = {
    {"kind", "\"service\""},
    {"id", "\"sv000001\""},
    {"provider", "\"ap000001\""},
    {"source", "\"so000001\""},
    {"name", "\"Xã, phường\""},
    {"entity", "\"ward\""},
    {"table", "\"public.wards\""},
    {"fields",
     "[{\"name\":\"code\",\"column\":\"code\",\"type\":\"varchar(20)\",\"required\":true},"
     "{\"name\":\"province_code\",\"column\":\"province_code\",\"type\":\"text\","
     "\"required\":false},"
     "{\"name\":\"area\",\"column\":\"diện tích\",\"type\":\"numeric(18,4)\",\"required\":false}]"},
    {"key", "[\"code\"]"},
    {"scope_columns", "[\"province_code\"]"},
    {"window", "\"2d\""},
    {"published", "true"},
    {"policy", "{\"version\":1,\"use_period\":\"72h\",\"on_expiry\":\"hide\"}"},
};

/* value NULL: the member is left out. */
static char *service_with(const char *member, const char *value)
{
    struct lt_buf text = {0};
    bool first = true;
    for (size_t i = 0; i < LT_COUNT(service_members); i++) {
        const bool replaced = member && strcmp(service_members[i][0], member) == 0;
        const char *what = replaced ? value : service_members[i][1];
        if (!what)
            continue;
        lt_buf_addf(&text, "%s\"%s\":%s", first ? "{" : ",", service_members[i][0], what);
        first = false;
    }
    lt_buf_adds(&text, "}");
    char *out = lt_strdup(lt_buf_text(&text));
    lt_buf_fini(&text);
    return out;
}

struct refusal {
    const char *member, *value; /* what is put in place of the good member */
    const char *path, *error;
};

static void assert_refused(const char *text, const char *path, const char *error)
{
    struct lt_declaration declaration;
    err = (struct lt_error){0};
    if (read_text(text, &declaration) == 0)
        fail_msg("taken: %s", text);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_string_equal(fault.file, "x.json");
    if (strcmp(fault.path, path) != 0 || !strstr(err.msg, error))
        fail_msg("'%s' at %s, but '%s' at %s expected for %s", err.msg, fault.path, error, path,
                 text);
}

static void refuse_each(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        LT_CLEANUP(lt_freep)
        char *text = service_with(refusals[i].member, refusals[i].value);
        assert_refused(text, refusals[i].path, refusals[i].error);
    }
}

static void reads_a_whole_service(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *text = service_with(NULL, NULL);
    struct lt_declaration declaration;
    assert_int_equal(read_text(text, &declaration), 0);
    assert_int_equal(declaration.kind, LT_CONTROL_SERVICE);
    assert_string_equal(declaration.id, "sv000001");
    const struct lt_service *service = &declaration.body.service;
    assert_string_equal(service->provider, "ap000001");
    assert_string_equal(service->name, "Xã, phường");
    assert_int_equal(service->field_count, 3);
    assert_string_equal(service->fields[2].column, "diện tích");
    assert_true(service->fields[0].required);
    assert_int_equal(service->window, 2 * DAY);
    assert_int_equal(service->policy->use_period, 3 * DAY);
    assert_int_equal(service->scope_column_count, 1);
}

static void takes_the_default_window(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *text = service_with("window", NULL);
    struct lt_declaration declaration;
    assert_int_equal(read_text(text, &declaration), 0);
    assert_int_equal(declaration.body.service.window, 7 * DAY);
}

static void refuses_what_is_no_strict_json(void **state)
{
    (void)state;
    assert_refused("", "$", "line 1");
    assert_refused("[]", "$", "not an object");
    assert_refused("{\"kind\":\"agency\"} x", "$", "line 1");
    assert_refused("{\"kind\":\"agency\",\"id\":\"ag0001\",\"id\":\"ag0002\"}", "$", "duplicate");
    assert_refused("{\"kind\":\"ag\xff\"}", "$", "line 1");
}

static void refuses_unknown_kinds_and_members(void **state)
{
    (void)state;
    assert_refused("{\"id\":\"ag0001\"}", "$.kind", "is missing");
    assert_refused("{\"kind\":\"topic\",\"id\":\"x\"}", "$.kind", "unknown kind 'topic'");
    assert_refused("{\"kind\":\"agency\",\"id\":\"ag0001\",\"name\":\"A\",\"class\":\"ministry\","
                   "\"contact\":\"c\",\"phone\":\"1\"}",
                   "$.phone", "unknown member 'phone'");
    assert_refused("{\"kind\":\"agency\",\"id\":\"ag0001\",\"name\":\"A\",\"class\":\"shop\","
                   "\"contact\":\"c\"}",
                   "$.class", "'shop' is not one of");
    assert_refused("{\"kind\":\"agency\",\"id\":\"ap000001\",\"name\":\"A\",\"class\":\"ministry\","
                   "\"contact\":\"c\"}",
                   "$.id", "ap000001");
    assert_refused("{\"kind\":\"agency\",\"id\":\"ag0001\",\"name\":\"\",\"class\":\"ministry\","
                   "\"contact\":\"c\"}",
                   "$.name", "is empty");
    assert_refused("{\"kind\":\"agency\",\"id\":\"ag0001\",\"name\":\"a\\u0007\",\"class\":"
                   "\"ministry\",\"contact\":\"c\"}",
                   "$.name", "control character");
}

static void refuses_a_service_part_by_part(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"provider", "\"ag0001\"", "$.provider", "ag0001"},
        {"provider", NULL, "$.provider", "is missing"},
        {"source", "\"so1\"", "$.source", "so1"},
        {"table", "\"wards\"", "$.table", "not of the form schema.table"},
        {"entity", "\"xã\"", "$.entity", "no Avro name"},
        {"window", "\"5s\"", "$.window", "between 10s and 400d"},
        {"window", "\"-1d\"", "$.window", "not a duration"},
        {"window", "7", "$.window", "not a duration"},
        {"published", "1", "$.published", "not true or false"},
        {"policy", "null", "$.policy", "article 22"},
        {"policy", NULL, "$.policy", "is missing"},
        {"policy", "{\"version\":0,\"use_period\":\"72h\",\"on_expiry\":\"hide\"}",
         "$.policy.version", "above zero"},
        {"policy", "{\"version\":1,\"use_period\":\"0s\",\"on_expiry\":\"hide\"}",
         "$.policy.use_period", "above zero and finite"},
        {"policy", "{\"version\":1,\"use_period\":null,\"on_expiry\":\"hide\"}",
         "$.policy.use_period", "not a duration"},
        {"policy", "{\"version\":1,\"use_period\":\"72h\",\"on_expiry\":\"show\"}",
         "$.policy.on_expiry", "'show' is not one of hide|fail"},
        {"policy", "{\"version\":1,\"use_period\":\"72h\",\"on_expiry\":\"hide\",\"fee\":1}",
         "$.policy.fee", "unknown member 'fee'"},
    };
    refuse_each(refusals, LT_COUNT(refusals));
}

#define FIELD(name, column, type, required)                             \
    "{\"name\":\"" name "\",\"column\":\"" column "\",\"type\":\"" type \
    "\",\"required\":" required "}"
#define CODE FIELD("code", "code", "varchar(20)", "true")

static void refuses_fields_by_name(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"fields", "[]", "$.fields", "1 to 500 fields"},
        {"fields", "{}", "$.fields", "not an array"},
        {"fields", "[1]", "$.fields[0]", "not an object"},
        {"fields", "[" CODE "," FIELD("tên", "ten", "text", "true") "]", "$.fields[1].name",
         "no Avro name"},
        {"fields", "[" CODE "," FIELD("code", "c2", "text", "true") "]", "$.fields[1].name",
         "field 'code' stands here twice"},
        {"fields", "[" CODE "," FIELD("c2", "code", "text", "true") "]", "$.fields[1].column",
         "column 'code' stands here twice"},
        {"fields", "[" CODE "," FIELD("area", "area", "foo", "true") "]", "$.fields[1].type",
         "foo"},
        {"fields", "[" CODE ",{\"name\":\"a\",\"column\":\"a\",\"type\":\"text\"}]",
         "$.fields[1].required", "is missing"},
        {"key", "[]", "$.key", "1 to 16"},
        {"key", "[\"id\"]", "$.key[0]", "'id' is not a declared field"},
        {"key", "[\"code\",\"code\"]", "$.key[1]", "twice"},
        {"key", "[\"province_code\"]", "$.key[0]", "must be required"},
        {"scope_columns", "[\"district\"]", "$.scope_columns[0]", "'district' is not a declared"},
    };
    refuse_each(refusals, LT_COUNT(refusals));
}

static void refuses_types_that_cannot_be_a_key(void **state)
{
    (void)state;
    static const char *const types[] = {"boolean",     "real",      "double precision",
                                        "timestamptz", "timestamp", "char(3)"};
    for (size_t i = 0; i < LT_COUNT(types); i++) {
        char fields[200];
        snprintf(
            fields, sizeof(fields),
            "[{\"name\":\"code\",\"column\":\"code\",\"type\":\"%s\",\"required\":true},"
            "{\"name\":\"province_code\",\"column\":\"p\",\"type\":\"text\",\"required\":true}]",
            types[i]);
        LT_CLEANUP(lt_freep) char *text = service_with("fields", fields);
        assert_refused(text, "$.key[0]", "cannot be a key");
    }
}

#define AGREEMENT(more, grants)                                                                \
    "{\"kind\":\"agreement\",\"id\":\"ar000012\",\"provider\":\"ag0001\",\"user\":\"ag0002\"," \
    "\"purpose\":\"p\",\"basis\":\"case\",\"signed\":true," more ",\"grants\":[" grants "]}"
#define TIMES "\"valid_from\":\"2026-01-01T00:00:00Z\",\"connection_until\":null,\"use_until\":null"
#define GRANT                                                                              \
    "{\"connection\":\"cn000981\",\"application\":\"ap000041\",\"service\":\"sv000001\","  \
    "\"fields\":[\"code\"],\"filter\":\"\",\"use_period\":\"72h\",\"on_expiry\":\"hide\"," \
    "\"max_per_day\":null}"

static void reads_a_whole_agreement(void **state)
{
    (void)state;
    struct lt_declaration declaration;
    assert_int_equal(read_text(AGREEMENT(TIMES, GRANT), &declaration), 0);
    assert_int_equal(declaration.body.agreement.number, 12);
    assert_int_equal(declaration.body.agreement.valid_from, (lt_time)1767225600 * LT_SECOND);
    assert_int_equal(declaration.body.agreement.connection_until, LT_NULL);
    assert_int_equal(declaration.grant_count, 1);
    assert_string_equal(declaration.grants[0].fields[0], "code");
    assert_int_equal(declaration.grants[0].max_per_day, LT_NULL);
}

static void refuses_an_agreement_part_by_part(void **state)
{
    (void)state;
    assert_refused(AGREEMENT(TIMES, ""), "$.grants", "1 to");
    assert_refused(AGREEMENT(TIMES, GRANT "," GRANT), "$.grants[1].connection", "twice");
    assert_refused(AGREEMENT("\"valid_from\":\"2026-02-31T00:00:00Z\",\"connection_until\":null,"
                             "\"use_until\":null",
                             GRANT),
                   "$.valid_from", "not a time");
    assert_refused(AGREEMENT("\"valid_from\":\"2026-01-01T00:00:00Z\",\"connection_until\":"
                             "\"2025-01-01T00:00:00Z\",\"use_until\":null",
                             GRANT),
                   "$.connection_until", "ends before it begins");
    /* D38.4: two separate periods, both stated. */
    assert_refused(
        AGREEMENT("\"valid_from\":\"2026-01-01T00:00:00Z\",\"connection_until\":null", GRANT),
        "$.use_until", "is missing");
    assert_refused(AGREEMENT(TIMES,
                             "{\"connection\":\"cn1\",\"application\":\"ap000041\",\"service\":"
                             "\"sv000001\",\"fields\":[\"code\"],\"filter\":\"\"}"),
                   "$.grants[0].connection", "cn1");
    assert_refused(AGREEMENT(TIMES, "{\"connection\":\"cn000001\",\"application\":\"ap000041\","
                                    "\"service\":\"sv000001\",\"fields\":[],\"filter\":\"\"}"),
                   "$.grants[0].fields", "1 to 500 texts");
    assert_refused("{\"kind\":\"agreement\",\"id\":\"ar000012\",\"provider\":\"ag0001\",\"user\":"
                   "\"ag0001\",\"purpose\":\"p\",\"basis\":\"case\",\"signed\":true," TIMES
                   ",\"grants\":[" GRANT "]}",
                   "$.user", "the same agency");
}

static void refuses_a_text_that_is_too_long(void **state)
{
    (void)state;
    char *text = lt_alloc(LT_READING_MAX_BYTES + 2);
    memset(text, ' ', LT_READING_MAX_BYTES + 1);
    assert_refused(text, "$", "longer than 1048576 bytes");
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_a_whole_service),
        TEST(takes_the_default_window),
        TEST(refuses_what_is_no_strict_json),
        TEST(refuses_unknown_kinds_and_members),
        TEST(refuses_a_service_part_by_part),
        TEST(refuses_fields_by_name),
        TEST(refuses_types_that_cannot_be_a_key),
        TEST(reads_a_whole_agreement),
        TEST(refuses_an_agreement_part_by_part),
        TEST(refuses_a_text_that_is_too_long),
    };
    return cmocka_run_group_tests_name("steward declare", tests, NULL, NULL);
}
