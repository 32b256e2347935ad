#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avro/schema.h"
#include "steward/command.h"
#include "support/cm.h"
#include "support/control_world.h"

#define DAY (86400 * LT_SECOND)

/* A world that commands are planned against, and carried out in. */
struct bench {
    struct world world;
    struct lt_arena *arena;
    struct lt_plan plan;
    struct lt_fault fault;
    struct lt_error err;
    lt_time now;
};

static int setup(void **state)
{
    struct bench *bench = test_malloc(sizeof(*bench));
    *bench = (struct bench){.now = WORLD_NOW};
    world_init(&bench->world);
    bench->arena = lt_arena_new(65536);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    lt_plan_fini(&bench->plan);
    lt_arena_free(bench->arena);
    world_fini(&bench->world);
    test_free(bench);
    return 0;
}

static int plan(struct bench *bench, const char *text)
{
    static const struct lt_command_settings settings = {.default_window = 7 * DAY,
                                                        .certificate_period = 365 * DAY};
    const struct lt_reading reading = {
        .arena = bench->arena, .fault = &bench->fault, .err = &bench->err};
    struct lt_command command;
    bench->fault = (struct lt_fault){0};
    bench->err = (struct lt_error){0};
    lt_plan_fini(&bench->plan);
    lt_plan_init(&bench->plan, bench->world.fold, bench->arena, bench->now);
    if (lt_command_read(&reading, text, strlen(text), &command) < 0)
        return -1;
    const int rc = lt_plan_command(&bench->plan, &reading, &command, &settings);
    lt_command_fini(&command);
    return rc;
}

/* Puts what was planned into the fold, as the ledger would. */
static void carry_out(struct bench *bench)
{
    for (size_t i = 0; i < bench->plan.count; i++)
        world_put(&bench->world, bench->plan.items[i]->body_kind, bench->plan.items[i]->object,
                  &bench->plan.items[i]->body);
    world_beat(&bench->world, lt_fold_heartbeat_at(bench->world.fold) == LT_TIME_NONE
                                  ? WORLD_NOW
                                  : lt_fold_heartbeat_at(bench->world.fold) + 1);
    lt_plan_fini(&bench->plan);
}

static void run(struct bench *bench, const char *text)
{
    if (plan(bench, text) < 0)
        fail_msg("%s at %s %s", bench->err.msg, bench->fault.file, bench->fault.path);
    carry_out(bench);
}

static void
assert_refused(struct bench *bench, const char *text, const char *path, const char *error)
{
    if (plan(bench, text) == 0)
        fail_msg("taken: %s", text);
    if (bench->err.class != LT_ERR_REJECT || strcmp(bench->fault.path, path) != 0 ||
        !strstr(bench->err.msg, error))
        fail_msg("'%s' at %s, but '%s' at %s expected", bench->err.msg, bench->fault.path, error,
                 path);
}

/* {"command":"apply", ...} of declarations given as JSON texts. */
static const char *apply_text(struct bench *bench, const char *const *texts, size_t count)
{
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++) {
        char file[32];
        snprintf(file, sizeof(file), "%zu.json", i);
        json_array_append_new(items, json_pack("{s:s, s:s}", "file", file, "text", texts[i]));
    }
    json_t *command =
        json_pack("{s:s, s:s, s:o}", "command", "apply", "author", "test", "declarations", items);
    char *text = json_dumps(command, 0);
    json_decref(command);
    const char *out = lt_arena_dup(bench->arena, text, strlen(text));
    free(text);
    return out;
}

static const char *apply_one(struct bench *bench, const char *text)
{
    return apply_text(bench, &text, 1);
}

#define AGENCY(id)                                                                  \
    "{\"kind\":\"agency\",\"id\":\"" id "\",\"name\":\"A\",\"class\":\"ministry\"," \
    "\"contact\":\"c\"}"
#define APPLICATION(id, agency, role)                                                       \
    "{\"kind\":\"application\",\"id\":\"" id "\",\"agency\":\"" agency "\",\"name\":\"A\"," \
    "\"role\":\"" role "\"}"
#define CODE "{\"name\":\"code\",\"column\":\"code\",\"type\":\"varchar(20)\",\"required\":true}"
#define PROVINCE                                                                        \
    "{\"name\":\"province_code\",\"column\":\"province_code\",\"type\":\"varchar(2)\"," \
    "\"required\":false}"
#define NAME(type) \
    "{\"name\":\"name\",\"column\":\"name\",\"type\":\"" type "\",\"required\":false}"
#define POLICY(version, period) \
    "{\"version\":" version ",\"use_period\":\"" period "\",\"on_expiry\":\"hide\"}"
#define SERVICE_OF(id, provider, source, fields, policy)                                         \
    "{\"kind\":\"service\",\"id\":\"" id "\",\"provider\":\"" provider "\",\"source\":\"" source \
    "\",\"name\":\"S\",\"entity\":\"ward\",\"table\":\"public.wards\",\"fields\":[" fields       \
    "],\"key\":[\"code\"],\"scope_columns\":[\"province_code\"],\"published\":true,"             \
    "\"policy\":" policy "}"
#define SERVICE(fields, policy) SERVICE_OF("sv000001", "ap000001", "so000001", fields, policy)
#define GOOD_SERVICE            SERVICE(CODE "," PROVINCE "," NAME("integer"), POLICY("1", "72h"))
#define AGREEMENT_OF(id, user, signed, times, grants)                                             \
    "{\"kind\":\"agreement\",\"id\":\"" id "\",\"provider\":\"ag0001\",\"user\":\"" user          \
    "\",\"purpose\":\"p\",\"basis\":\"case\",\"signed\":" signed "," times ",\"grants\":[" grants \
                                                                 "]}"
#define TIMES             "\"valid_from\":\"2026-01-01T00:00:00Z\",\"connection_until\":null,\"use_until\":null"
#define AGREEMENT(grants) AGREEMENT_OF("ar000001", "ag0002", "true", TIMES, grants)
#define GRANT_OF(connection, application, service, fields, filter, period)        \
    "{\"connection\":\"" connection "\",\"application\":\"" application           \
    "\",\"service\":\"" service "\",\"fields\":[" fields "],\"filter\":\"" filter \
    "\",\"use_period\":\"" period "\"}"
#define ALL_FIELDS "\"code\",\"name\",\"province_code\""
#define GRANT \
    GRANT_OF("cn000001", "ap000002", "sv000001", ALL_FIELDS, "province_code = '48'", "72h")

static void found(struct bench *bench)
{
    static const char *const texts[] = {
        AGREEMENT(GRANT), /* the order of files does not matter */
        GOOD_SERVICE,
        APPLICATION("ap000001", "ag0001", "provider"),
        APPLICATION("ap000002", "ag0002", "user"),
        AGENCY("ag0001"),
        AGENCY("ag0002"),
    };
    run(bench, apply_text(bench, texts, LT_COUNT(texts)));
}

static const struct lt_connection *connection(struct bench *bench)
{
    return lt_fold_connection(bench->world.fold, "cn000001");
}

/* ---- apply ---- */

static void applies_everything_in_one_command(void **state)
{
    struct bench *bench = *state;
    found(bench);
    const struct lt_service *service = lt_fold_service(bench->world.fold, "sv000001");
    assert_int_equal(service->key_schema, 1000);
    assert_int_equal(service->value_schema, 1001);
    assert_int_equal(service->scope_schema, 1002);
    const struct lt_connection *cn = connection(bench);
    assert_int_equal(cn->scope_version, 1);
    assert_int_equal(cn->field_count, 3);
    assert_string_equal(cn->fields[1], "province_code"); /* in the service's order */
    assert_string_equal(cn->filter, "province_code = '48'");
    assert_int_equal(cn->value_schema, 1001); /* all fields: the same text, the same id */
    assert_int_equal(cn->ended_at, LT_NULL);
    assert_int_equal(lt_fold_application(bench->world.fold, "ap000002")->key_generation, 0);
}

static void derives_schemas_with_columns_and_types(void **state)
{
    struct bench *bench = *state;
    found(bench);
    assert_string_equal(
        lt_fold_schema(bench->world.fold, 1000)->text,
        "{\"type\":\"record\",\"name\":\"WardKey\",\"namespace\":\"vn.lienthong.sv000001\","
        "\"fields\":[{\"name\":\"code\",\"type\":\"string\",\"lt.column\":\"code\",\"lt.type\":"
        "\"character varying(20)\"}]}");
    const char *text = lt_fold_schema(bench->world.fold, 1002)->text;
    assert_string_equal(
        text,
        "{\"type\":\"record\",\"name\":\"WardScope\",\"namespace\":\"vn.lienthong.sv000001\","
        "\"fields\":[{\"name\":\"province_code\",\"type\":[\"null\",\"string\"],\"default\":null,"
        "\"lt.column\":\"province_code\",\"lt.type\":\"character varying(2)\"}]}");
    struct lt_avro_schema *value =
        lt_avro_schema_parse(lt_fold_schema(bench->world.fold, 1001)->text,
                             strlen(lt_fold_schema(bench->world.fold, 1001)->text), NULL);
    assert_non_null(value);
    assert_int_equal(lt_avro_field_count(value), 3);
    bool nullable;
    assert_int_equal(lt_avro_field_type(value, 2, &nullable), LT_AVRO_INT);
    assert_true(nullable);
    lt_avro_schema_unref(value);
}

static void applying_twice_changes_nothing(void **state)
{
    struct bench *bench = *state;
    found(bench);
    static const char *const texts[] = {AGENCY("ag0001"), GOOD_SERVICE, AGREEMENT(GRANT)};
    assert_int_equal(plan(bench, apply_text(bench, texts, LT_COUNT(texts))), 0);
    assert_int_equal(bench->plan.count, 0);
}

static void names_the_file_of_the_fault(void **state)
{
    struct bench *bench = *state;
    static const char *const texts[] = {AGENCY("ag0001"),
                                        APPLICATION("ap000001", "ag0009", "provider")};
    assert_refused(bench, apply_text(bench, texts, 2), "$.agency", "agency 'ag0009' is unknown");
    assert_string_equal(bench->fault.file, "1.json");
    static const char *const twice[] = {AGENCY("ag0001"), AGENCY("ag0001")};
    assert_refused(bench, apply_text(bench, twice, 2), "$.id", "declared in 0.json too");
}

static void refuses_services_that_do_not_fit(void **state)
{
    struct bench *bench = *state;
    found(bench);
    assert_refused(bench,
                   apply_one(bench, SERVICE_OF("sv000002", "ap000009", "so000002",
                                               CODE "," PROVINCE, POLICY("1", "1h"))),
                   "$.provider", "application 'ap000009' is unknown");
    assert_refused(bench,
                   apply_one(bench, SERVICE_OF("sv000002", "ap000002", "so000002",
                                               CODE "," PROVINCE, POLICY("1", "1h"))),
                   "$.provider", "not a provider");
    run(bench, apply_one(bench, APPLICATION("ap000003", "ag0001", "provider")));
    assert_refused(bench,
                   apply_one(bench, SERVICE_OF("sv000002", "ap000003", "so000001",
                                               CODE "," PROVINCE, POLICY("1", "1h"))),
                   "$.source", "belongs to another provider");
}

/* What a service is made of is fixed; fields are added, never dropped (D3.2). */
static void refuses_a_service_declared_again_in_another_shape(void **state)
{
    struct bench *bench = *state;
    found(bench);
    assert_refused(bench, apply_one(bench, SERVICE(CODE "," PROVINCE, POLICY("1", "72h"))),
                   "$.fields", "declared column 'name' was dropped");
    assert_refused(
        bench, apply_one(bench, SERVICE(CODE "," PROVINCE "," NAME("text"), POLICY("1", "72h"))),
        "$.fields", "the new version cannot read the old");
    assert_refused(
        bench,
        apply_one(bench, SERVICE_OF("sv000001", "ap000001", "so000009",
                                    CODE "," PROVINCE "," NAME("integer"), POLICY("1", "72h"))),
        "$.source", "was 'so000001': it is fixed");
    assert_refused(bench,
                   apply_one(bench, SERVICE(CODE "," PROVINCE "," NAME(
                                                "integer") ",{\"name\":\"area\",\"column\":"
                                                           "\"area\",\"type\":\"bigint\","
                                                           "\"required\":true}",
                                            POLICY("1", "72h"))),
                   "$.fields", "cannot read the old");
}

static void takes_an_added_field_without_touching_connections(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, apply_one(bench, SERVICE(CODE "," PROVINCE
                                             "," NAME("integer") ",{\"name\":\"area\",\"column\":"
                                                                 "\"area\",\"type\":\"bigint\","
                                                                 "\"required\":false}",
                                        POLICY("1", "72h"))));
    assert_int_equal(lt_fold_service(bench->world.fold, "sv000001")->field_count, 4);
    assert_int_equal(connection(bench)->scope_version, 1);
    assert_int_equal(connection(bench)->value_schema, 1001);
    assert_int_not_equal(lt_fold_service(bench->world.fold, "sv000001")->value_schema, 1001);
}

static void a_widened_type_is_a_new_scope(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, apply_one(bench, SERVICE(CODE "," PROVINCE "," NAME("bigint"), POLICY("1", "72h"))));
    assert_int_equal(connection(bench)->scope_version, 2);
    assert_int_not_equal(connection(bench)->value_schema, 1001);
}

/* D22: versions, not edits; D41.2b-10: a shorter period reaches copies already delivered. */
static void a_changed_policy_needs_a_version_and_reaches_connections(void **state)
{
    struct bench *bench = *state;
    found(bench);
    assert_refused(
        bench, apply_one(bench, SERVICE(CODE "," PROVINCE "," NAME("integer"), POLICY("1", "24h"))),
        "$.policy.version", "a changed policy needs a higher version");
    run(bench,
        apply_one(bench, SERVICE(CODE "," PROVINCE "," NAME("integer"), POLICY("2", "24h"))));
    assert_int_equal(connection(bench)->use_period, DAY);
    assert_int_equal(connection(bench)->scope_version, 1);
}

static void refuses_grants_that_do_not_fit(void **state)
{
    struct bench *bench = *state;
    found(bench);
    static const struct {
        const char *grant, *path, *error;
    } cases[] = {
        {GRANT_OF("cn000001", "ap000002", "sv000009", "\"code\"", "", "72h"), "$.grants[0].service",
         "'sv000009': unknown service"},
        {GRANT_OF("cn000001", "ap000009", "sv000001", "\"code\"", "", "72h"),
         "$.grants[0].application", "'ap000009': unknown application"},
        {GRANT_OF("cn000001", "ap000001", "sv000001", "\"code\"", "", "72h"),
         "$.grants[0].application", "not a user"},
        {GRANT_OF("cn000001", "ap000002", "sv000001", "\"code\",\"salary\"", "", "72h"),
         "$.grants[0].fields[1]", "'salary' is not a field"},
        {GRANT_OF("cn000001", "ap000002", "sv000001", "\"name\"", "", "72h"), "$.grants[0].fields",
         "key field 'code' is missing"},
        {GRANT_OF("cn000001", "ap000002", "sv000001", "\"code\"", "name = 1", "72h"),
         "$.grants[0].filter", "name"},
        {GRANT_OF("cn000001", "ap000002", "sv000001", "\"code\"", "province_code =", "72h"),
         "$.grants[0].filter", "at "},
        {GRANT_OF("cn000001", "ap000002", "sv000001", "\"code\"", "", "73h"),
         "$.grants[0].use_period", "longer than its policy allows"},
    };
    for (size_t i = 0; i < LT_COUNT(cases); i++) {
        LT_CLEANUP(lt_freep)
        char *text =
            lt_printf("{\"kind\":\"agreement\",\"id\":\"ar000001\",\"provider\":\"ag0001\","
                      "\"user\":\"ag0002\",\"purpose\":\"p\",\"basis\":\"case\","
                      "\"signed\":true," TIMES ",\"grants\":[%s]}",
                      cases[i].grant);
        assert_refused(bench, apply_one(bench, text), cases[i].path, cases[i].error);
    }
}

static void refuses_agreements_that_do_not_fit(void **state)
{
    struct bench *bench = *state;
    found(bench);
    assert_refused(bench,
                   apply_one(bench, AGREEMENT_OF("ar000002", "ag0009", "true", TIMES, GRANT)),
                   "$.user", "agency 'ag0009' is unknown");
    /* D37: signed before it takes effect. */
    assert_refused(bench,
                   apply_one(bench, AGREEMENT_OF("ar000002", "ag0002", "false", TIMES, GRANT)),
                   "$.signed", "signed by all parties first");
    assert_refused(bench,
                   apply_one(bench, AGREEMENT_OF("ar000002", "ag0002", "true", TIMES, GRANT)),
                   "$.grants[0].connection", "belongs to another agreement");
    assert_refused(bench,
                   apply_one(bench, AGREEMENT_OF("ar000002", "ag0002", "true", TIMES,
                                                 GRANT_OF("cn000002", "ap000002", "sv000001",
                                                          "\"code\"", "", "72h"))),
                   "$.grants[0].connection",
                   "'cn000001': joins this application and service already");
    run(bench, apply_one(bench, AGENCY("ag0003")));
    assert_refused(bench,
                   apply_one(bench, AGREEMENT_OF("ar000001", "ag0003", "true", TIMES, GRANT)),
                   "$.user", "the parties are fixed");
    run(bench, apply_one(bench, APPLICATION("ap000004", "ag0003", "user")));
    assert_refused(bench,
                   apply_one(bench, AGREEMENT(GRANT_OF("cn000002", "ap000004", "sv000001",
                                                       "\"code\"", "", "72h"))),
                   "$.grants", "connection 'cn000001' is in force and not named");
}

/* D39: an amendment is a new version of the scope; what stays the same stays. */
static void a_narrower_agreement_is_a_new_scope(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, apply_one(bench, AGREEMENT(GRANT_OF("cn000001", "ap000002", "sv000001",
                                                   "\"province_code\",\"code\"",
                                                   "province_code='48'", "72h"))));
    assert_int_equal(connection(bench)->scope_version, 2);
    assert_int_equal(connection(bench)->field_count, 2);
    assert_int_not_equal(connection(bench)->value_schema, 1001);
    run(bench, apply_one(bench, AGREEMENT(GRANT_OF("cn000001", "ap000002", "sv000001",
                                                   "\"code\",\"province_code\"",
                                                   "province_code  =  '48'", "24h"))));
    assert_int_equal(connection(bench)->scope_version, 2); /* another spelling, shorter use */
    assert_int_equal(connection(bench)->use_period, DAY);
}

/* ---- holds ---- */

#define HOLD(target, ground)                                               \
    "{\"command\":\"hold\",\"target\":\"" target "\",\"ground\":\"" ground \
    "\",\"reason\":\"r\",\"restore\":\"s\",\"expected_end\":null,\"author\":\"a\"}"
#define LIFT(hold) "{\"command\":\"lift\",\"hold\":\"" hold "\",\"author\":\"b\"}"

static void holds_get_ids_and_are_lifted_by_them(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, HOLD("cn000001", "43.2a"));
    run(bench, HOLD("sv000001", "43.1b"));
    assert_string_equal(lt_fold_hold(bench->world.fold, "ho000001")->target, "cn000001");
    assert_string_equal(lt_fold_hold(bench->world.fold, "ho000002")->ground, "43.1b");
    assert_int_equal(lt_fold_hold(bench->world.fold, "ho000001")->set_at, WORLD_NOW);
    run(bench, LIFT("ho000001"));
    assert_string_equal(lt_fold_hold(bench->world.fold, "ho000001")->lifted_by, "b");
    assert_int_equal(lt_fold_hold(bench->world.fold, "ho000002")->lifted_at, LT_NULL);
    assert_refused(bench, LIFT("ho000001"), "$.hold", "is lifted already");
    assert_refused(bench, LIFT("ho000009"), "$.hold", "is unknown");
    run(bench, HOLD("cn000001", "43.2a"));
    assert_non_null(lt_fold_hold(bench->world.fold, "ho000003")); /* no id twice */
}

static void refuses_holds_whose_ground_does_not_go_with_the_target(void **state)
{
    struct bench *bench = *state;
    found(bench);
    assert_refused(bench, HOLD("cn000001", "43.1a"), "$.ground", "suspends a whole service");
    assert_refused(bench, HOLD("sv000001", "43.2b"), "$.ground", "suspends one user");
    assert_refused(bench, HOLD("cn000009", "43.2a"), "$.target", "no known connection or service");
    assert_refused(bench, HOLD("cn000001", "44.1a"), "$.ground", "is not one of");
    assert_refused(bench,
                   "{\"command\":\"hold\",\"target\":\"cn000001\",\"ground\":\"43.2a\",\"reason\":"
                   "\"r\",\"restore\":\"\",\"author\":\"a\"}",
                   "$.restore", "article 43.5");
}

/* ---- amend, revoke, expire ---- */

/* architecture 5: the copy of an older scope closes when its rows may have been narrowed. */
static void an_amendment_says_since_when_rows_were_only_added(void **state)
{
    static const struct {
        const char *amendment;
        int64_t version, since;
    } steps[] = {
        {"\"filter\":\"province_code IN ('48', '49')\"", 2, 1},
        {"\"fields\":[\"code\"]", 3, 1},
        {"\"filter\":\"province_code = '49'\"", 4, 4},
        {"\"use_period\":\"1h\"", 4, 4},
        {"\"filter\":\"\"", 5, 4},
        {"\"filter\":\"province_code = '49'\"", 6, 6},
    };
    struct bench *bench = *state;
    found(bench);
    assert_int_equal(connection(bench)->rows_since, 1);
    for (size_t i = 0; i < LT_COUNT(steps); i++) {
        char command[256];
        snprintf(command, sizeof(command),
                 "{\"command\":\"amend\",\"connection\":\"cn000001\",%s,\"author\":\"a\"}",
                 steps[i].amendment);
        run(bench, command);
        assert_int_equal(connection(bench)->scope_version, steps[i].version);
        assert_int_equal(connection(bench)->rows_since, steps[i].since);
    }
}

static void amends_scope_and_period(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench,
        "{\"command\":\"amend\",\"connection\":\"cn000001\",\"fields\":[\"code\"],\"author\":"
        "\"a\"}");
    assert_int_equal(connection(bench)->field_count, 1);
    assert_int_equal(connection(bench)->scope_version, 2);
    assert_string_equal(connection(bench)->filter, "province_code = '48'");
    run(bench,
        "{\"command\":\"amend\",\"connection\":\"cn000001\",\"filter\":\"\",\"use_period\":\"1h\","
        "\"author\":\"a\"}");
    assert_int_equal(connection(bench)->scope_version, 3);
    assert_string_equal(connection(bench)->filter, "");
    assert_int_equal(connection(bench)->use_period, 3600 * LT_SECOND);
    assert_refused(bench, "{\"command\":\"amend\",\"connection\":\"cn000001\",\"author\":\"a\"}",
                   "$", "nothing to amend");
    assert_refused(bench,
                   "{\"command\":\"amend\",\"connection\":\"cn000001\",\"use_period\":\"100h\","
                   "\"author\":\"a\"}",
                   "$.use_period", "longer than the policy allows");
}

#define REVOKE(target, ground)                                                                \
    "{\"command\":\"revoke\",\"target\":\"" target "\",\"ground\":\"" ground "\",\"author\":" \
    "\"a\"}"

/* D44-final: no way back. */
static void a_terminated_connection_never_comes_back(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, REVOKE("cn000001", "44.1c"));
    assert_int_equal(connection(bench)->ended_at, WORLD_NOW);
    assert_string_equal(connection(bench)->ground, "44.1c");
    assert_refused(bench, apply_one(bench, AGREEMENT(GRANT)), "$.grants[0].connection",
                   "is terminated and never comes back");
    assert_refused(bench, REVOKE("cn000001", "44.1a"), "$.target", "is terminated");
    assert_refused(bench, HOLD("cn000001", "43.2a"), "$.target", "is terminated");
    assert_refused(bench,
                   "{\"command\":\"amend\",\"connection\":\"cn000001\",\"use_period\":\"1h\","
                   "\"author\":\"a\"}",
                   "$.connection", "is terminated");
}

static void the_end_of_an_agreement_ends_its_connections(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, REVOKE("ar000001", "44.1d-1"));
    assert_int_equal(lt_fold_agreement(bench->world.fold, "ar000001")->ended_at, WORLD_NOW);
    assert_int_equal(connection(bench)->ended_at, WORLD_NOW);
    assert_refused(bench, REVOKE("ar000001", "44.1d-1"), "$.target", "has ended");
    assert_refused(bench, apply_one(bench, AGREEMENT(GRANT)), "$.id", "has ended");
    assert_refused(bench, REVOKE("ar000001", "44.1d-2"), "$.ground", "is not one of");
}

static void what_runs_out_is_ended_with_its_own_ground(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, apply_one(bench, AGREEMENT_OF(
                                    "ar000001", "ag0002", "true",
                                    "\"valid_from\":\"2026-01-01T00:00:00Z\",\"connection_until\":"
                                    "\"2026-11-25T02:00:01Z\",\"use_until\":null",
                                    GRANT)));
    lt_plan_init(&bench->plan, bench->world.fold, bench->arena, WORLD_NOW + LT_SECOND - 1);
    lt_plan_expire(&bench->plan);
    assert_int_equal(bench->plan.count, 0);
    lt_plan_init(&bench->plan, bench->world.fold, bench->arena, WORLD_NOW + LT_SECOND);
    lt_plan_expire(&bench->plan);
    carry_out(bench);
    assert_string_equal(connection(bench)->ground, "44.1d-2");
    assert_int_equal(connection(bench)->ended_at, WORLD_NOW + LT_SECOND);
    lt_plan_init(&bench->plan, bench->world.fold, bench->arena, WORLD_NOW + DAY);
    lt_plan_expire(&bench->plan);
    assert_int_equal(bench->plan.count, 0);
}

static void refuses_to_extend_what_has_run_out(void **state)
{
    struct bench *bench = *state;
    found(bench);
    run(bench, apply_one(bench, AGREEMENT_OF(
                                    "ar000001", "ag0002", "true",
                                    "\"valid_from\":\"2026-01-01T00:00:00Z\",\"connection_until\":"
                                    "\"2026-11-25T02:00:01Z\",\"use_until\":null",
                                    GRANT)));
    bench->now = WORLD_NOW + LT_SECOND;
    assert_refused(bench, apply_one(bench, AGREEMENT(GRANT)), "$.id", "has ended");
}

/* ---- certificates, and commands in general ---- */

static void issuing_raises_the_key_generation(void **state)
{
    struct bench *bench = *state;
    found(bench);
    const char *issue = "{\"command\":\"issue\",\"application\":\"ap000002\",\"directory\":\"/d\","
                        "\"author\":\"a\"}";
    run(bench, issue);
    run(bench, issue);
    const struct lt_application *user = lt_fold_application(bench->world.fold, "ap000002");
    assert_int_equal(user->key_generation, 2);
    assert_int_equal(user->certificate_until, WORLD_NOW + 365 * DAY);
    run(bench, apply_one(bench, APPLICATION("ap000002", "ag0002", "user")));
    assert_int_equal(lt_fold_application(bench->world.fold, "ap000002")->key_generation, 2);
    assert_refused(bench,
                   "{\"command\":\"issue\",\"application\":\"ap000002\",\"directory\":\"d\","
                   "\"author\":\"a\"}",
                   "$.directory", "not an absolute path");
}

static void refuses_commands_it_does_not_know(void **state)
{
    struct bench *bench = *state;
    assert_refused(bench, "{\"command\":\"drop\",\"author\":\"a\"}", "$.command",
                   "unknown command");
    assert_refused(bench, "{\"author\":\"a\"}", "$.command", "is missing");
    assert_refused(bench,
                   "{\"command\":\"lift\",\"hold\":\"ho000001\",\"author\":\"a\",\"force\":true}",
                   "$.force", "unknown member 'force'");
    assert_refused(bench, "{\"command\":\"lift\",\"hold\":\"ho000001\"}", "$.author", "is missing");
    assert_refused(bench, "{\"command\":\"apply\",\"author\":\"a\",\"declarations\":[]}",
                   "$.declarations", "1 to 1000");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(applies_everything_in_one_command),
        TEST(derives_schemas_with_columns_and_types),
        TEST(applying_twice_changes_nothing),
        TEST(names_the_file_of_the_fault),
        TEST(refuses_services_that_do_not_fit),
        TEST(refuses_a_service_declared_again_in_another_shape),
        TEST(takes_an_added_field_without_touching_connections),
        TEST(a_widened_type_is_a_new_scope),
        TEST(a_changed_policy_needs_a_version_and_reaches_connections),
        TEST(refuses_grants_that_do_not_fit),
        TEST(refuses_agreements_that_do_not_fit),
        TEST(a_narrower_agreement_is_a_new_scope),
        TEST(holds_get_ids_and_are_lifted_by_them),
        TEST(refuses_holds_whose_ground_does_not_go_with_the_target),
        TEST(an_amendment_says_since_when_rows_were_only_added),
        TEST(amends_scope_and_period),
        TEST(a_terminated_connection_never_comes_back),
        TEST(the_end_of_an_agreement_ends_its_connections),
        TEST(what_runs_out_is_ended_with_its_own_ground),
        TEST(refuses_to_extend_what_has_run_out),
        TEST(issuing_raises_the_key_generation),
        TEST(refuses_commands_it_does_not_know),
    };
    return cmocka_run_group_tests_name("steward command", tests, NULL, NULL);
}
